"""metrics.json: the run in numbers, the same keys every time.

`rows` is of the records that the last run of `ingest` has read: read = posts + quarantined +
duplicates, where posts are its distinct posts, whether the table knew them or not; with accounts
that the output has forgotten, `forgotten` is the number of their records, and read has them too.
`tables` is what the tables hold, of all that was ever read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from pyspark.sql import SparkSession

from influencers.config import Config
from influencers.redaction import without_secrets
from influencers.run import manifest
from influencers.storage import files

Numbers = dict[str, Any]


def empty() -> Numbers:
    """Every key, without values: null is what no stage has measured yet."""
    return {
        "rows": {"read": None, "posts": None, "quarantined": None, "duplicates": None},
        "tables": {"posts": {"rows": None}, "quarantine": {"rows": None, "by_reason": {}}},
        "standing": None,
        "images": {"wanted": None, "due": None, "asked": None, "ok": None, "by_status": {}},
        "duplicates": {"images": None, "pairs": None, "groups": None},
        "hashtags": {
            "tags": None,
            "edges": None,
            "isolated": None,
            "ubiquitous": None,
            "cut": None,
        },
        "communities": {},
        "models": {},
        "seconds": {},
        "engines": {"spark": None, "delta": None, "graphframes": None},
    }


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> Numbers:
    """Both, key by key; where both have a value, the second's.

    >>> merged({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}, "b": 4})
    {'a': {'x': 1, 'y': 3}, 'b': 4}
    """
    result = dict(first)
    for key, value in second.items():
        held = result.get(key)
        both = isinstance(held, Mapping) and isinstance(value, Mapping)
        result[key] = merged(held, value) if both else value  # type: ignore[arg-type]
    return result


def location(config: Config) -> str:
    """Where the file lies."""
    return files.join(config.paths.output, "metrics.json")


def read(spark: SparkSession, config: Config) -> Numbers:
    """The numbers so far; all of them unknown before the first job."""
    if not files.exists(spark, location(config)):
        return empty()
    return merged(empty(), json.loads(files.read_text(spark, location(config))))


def start(spark: SparkSession, config: Config) -> None:
    """Begin a whole run: nothing measured but the engines."""
    _write(spark, config, merged(empty(), {"engines": manifest.engines(spark)}))


def update(spark: SparkSession, config: Config, numbers: Mapping[str, Any]) -> None:
    """Add a job's numbers; what it reports as a whole (a model, a section) is replaced."""
    known = read(spark, config)
    for name in numbers.get("models", {}):
        known["models"].pop(name, None)
    for section in numbers.keys() - {"models", "seconds"}:
        known[section] = empty().get(section, {})
    _write(spark, config, merged(known, {"engines": manifest.engines(spark), **numbers}))


def _write(spark: SparkSession, config: Config, known: Numbers) -> None:
    text = json.dumps(without_secrets(_plain(known)), indent=2, ensure_ascii=False, allow_nan=False)
    files.write_text(spark, location(config), text + "\n")


def _plain(value: Any) -> Any:
    """`value` for JSON: no NaN, floats short enough to read."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
