"""manifest.json: what it takes to run it again, and to know what was run."""

from __future__ import annotations

import itertools
import json
import platform
from collections.abc import Sequence
from datetime import datetime, timezone
from functools import partial
from typing import Any

import pyspark
from pyspark.sql import SparkSession

from influencers import __version__
from influencers.config import Config, flatten
from influencers.redaction import redacted, without_secrets
from influencers.run import session, side_by_side
from influencers.storage import files, hashes
from influencers.storage.input_files import FileStatus
from influencers.storage.store import Store


def location(config: Config) -> str:
    """Where the file lies."""
    return files.join(config.paths.output, "manifest.json")


def read(spark: SparkSession, config: Config) -> dict[str, Any]:
    """The manifest so far; empty before the first job."""
    if not files.exists(spark, location(config)):
        return {}
    manifest: dict[str, Any] = json.loads(files.read_text(spark, location(config)))
    return manifest


def update(spark: SparkSession, config: Config, job: str) -> None:
    """Record a job that has ended: versions, configuration, table versions."""
    manifest = read(spark, config)
    manifest["job"] = job
    manifest["ended_at"] = _now()
    manifest["versions"] = versions(spark)
    manifest["configuration"] = flatten(config)
    manifest.setdefault("inputs", [])
    store = Store(spark, config)
    written = store.written()
    asked = [partial(store.version, name) for name in written]
    manifest["tables"] = dict(zip(written, side_by_side.run_all(spark, asked), strict=True))
    _write(spark, config, manifest)


def update_inputs(spark: SparkSession, config: Config, listed: Sequence[FileStatus]) -> None:
    """Record the files that were read, each with size, time, hash, and when it was read.

    Files of earlier runs stay: the tables hold their posts, too. A file that is read again takes
    the place of its own entry. Hashing reads a file once more; beyond `ingest.hash_limit_mb` in
    all, files are listed without (null).
    """
    sizes = itertools.accumulate(file.size for file in listed)
    most = config.ingest.hash_limit_mb * 1_000_000
    within = [file for file, size in zip(listed, sizes, strict=True) if size <= most]
    known = hashes.sha256(spark, within)
    manifest = read(spark, config)
    inputs = {entry["uri"]: entry for entry in manifest.get("inputs", [])}
    now = _now()
    for file in listed:
        uri = redacted(file.uri)
        inputs[uri] = {
            "uri": uri,
            "bytes": file.size,
            "modified_ms": file.modified_ms,
            "sha256": known.get(file),
            "read_at": now,
        }
    _write(spark, config, {**manifest, "inputs": list(inputs.values())})


def versions(spark: SparkSession) -> dict[str, str]:
    """What ran: this application, its engines, Python and Java."""
    java = session.java_version(spark)
    return {
        "influencers": __version__,
        "python": platform.python_version(),
        "java": java,
        "pyspark": pyspark.__version__,
        **engines(spark),
    }


def engines(spark: SparkSession) -> dict[str, str]:
    """Spark, Delta and GraphFrames, as the session has them loaded."""
    names = [name.rsplit("/", 1)[-1] for name in session.loaded_jars(spark)]
    return {
        "spark": spark.version,
        "delta": _jar_version(names, "delta-spark"),
        "graphframes": _jar_version(names, "graphframes-spark") or _carrier(names),
    }


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _jar_version(names: Sequence[str], part: str) -> str:
    """`4.4.0` of `io.delta_delta-spark_4.2_2.13-4.4.0.jar`; empty if not loaded."""
    jars = [name.removesuffix(".jar") for name in names if part in name]
    return jars[0].rsplit("-", 1)[-1] if jars else ""


def _carrier(names: Sequence[str]) -> str:
    """GraphFrames inside another package, named as such."""
    version = _jar_version(names, "sedona-spark-shaded")
    return f"in sedona-spark-shaded {version}" if version else ""


def _write(spark: SparkSession, config: Config, manifest: dict[str, Any]) -> None:
    kept = without_secrets(manifest)
    text = json.dumps(kept, indent=2, ensure_ascii=False, default=str)
    files.write_text(spark, location(config), text + "\n")
