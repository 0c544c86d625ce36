"""Fetches what conf/jvm-packages.toml names into a folder, with Spark's own resolver.

A package is taken by its first coordinates, or by its `instead` where those are not to be had. Jars
that Spark ships itself are left out, every known checksum is checked, and `resolved.json` says what
is there, with a checksum for each: jar_check.py looks at every start whether they are still right.
Runs in the environment that has pyspark.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from machine import MendableError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECORD = "resolved.json"
PATIENCE_SECONDS = 900
# The cheapest thing for spark-submit to run once it has resolved: this prints Scala's version.
NOTHING = ["--class", "scala.util.Properties", "spark-internal"]

Packages = dict[str, dict[str, str]]


class UnresolvedError(Exception):
    """The resolver could not find some coordinates."""

    def __init__(self, coordinates: list[str]) -> None:
        """Keeps the coordinates that were not found."""
        super().__init__(", ".join(coordinates))
        self.coordinates = coordinates


def main() -> int:
    """Resolves into `--into`; one line on stderr and 2 for what the user can mend."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, required=True, help="jvm-packages.toml")
    parser.add_argument("--into", type=Path, required=True, help="folder for the jars")
    options = parser.parse_args()
    try:
        resolve(options.packages, options.into, spark_home())
    except MendableError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 2
    return 0


def spark_home() -> Path:
    """The folder of the installed pyspark."""
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise MendableError("pyspark is not installed: run make setup")
    return Path(spec.origin).parent


def resolve(source: Path, into: Path, spark: Path) -> None:
    """Puts the jars that `source` names into `into`, all of them or none.

    Raises:
        MendableError: a package or its `instead` cannot be fetched, or a checksum does not match.
    """
    named = tomllib.loads(source.read_text(encoding="utf-8"))
    instead: Packages = named.get("instead", {})
    into = into.resolve()
    into.mkdir(parents=True, exist_ok=True)
    for left in into.glob(".fetch-*"):  # by a set-up that was killed
        shutil.rmtree(left, ignore_errors=True)
    log = into / "resolver.log"
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=into) as ivy:
        taken: Packages = named["packages"]
        while True:
            try:
                fetch(_coordinates(taken), named["resolver"]["exclude"], spark, Path(ivy), log)
                break
            except UnresolvedError as unresolved:
                taken = replace_missing(taken, instead, unresolved.coordinates)
        jars = sorted(Path(ivy, "jars").glob("*.jar"))
        checksums = pinned(taken, named.get("brought", {}), into)
        wanted = {file_name(c) for c in _coordinates(taken)}
        kept = [jar for jar in jars if jar.name in wanted or not is_shipped(jar.name, spark)]
        record = {jar.name: verify(jar, checksums.get(jar.name, "")) for jar in kept}
        if missing := wanted - record.keys():
            raise MendableError(f"the resolver left out {min(missing)}: its output is in {log}")
        install(kept, into)
    key = hashlib.sha256(source.read_bytes()).hexdigest()
    write_record(into, {"source_sha256": key, "packages": taken, "jars": record})
    log.unlink(missing_ok=True)


def _coordinates(packages: Packages) -> list[str]:
    return [coordinates for jars in packages.values() for coordinates in jars]


def pinned(taken: Packages, brought: dict[str, str], into: Path) -> dict[str, str]:
    """The SHA-256 of jars by name, as far as they are known; empty where they are not.

    Of jars that the packages bring along, `brought` says it by coordinates. What neither says is
    what was fetched into the folder before.
    """
    try:
        before = json.loads((into / RECORD).read_text(encoding="utf-8"))["jars"]
    except (OSError, ValueError, KeyError):
        before = {}
    named = {c: checksum for jars in taken.values() for c, checksum in jars.items()} | brought
    stated = {file_name(coordinates): checksum for coordinates, checksum in named.items()}
    return {**before, **{name: one or before.get(name, "") for name, one in stated.items()}}


def replace_missing(taken: Packages, instead: Packages, missing: list[str]) -> Packages:
    """The packages with each that has missing coordinates replaced by its `instead`.

    Raises:
        MendableError: there is nothing to take instead, or it is missing too.
    """
    lacking = [name for name, jars in taken.items() if set(missing) & jars.keys()]
    if not lacking:  # something that a package brings along is missing: only Delta brings none
        lacking = [name for name in taken if name in instead]
    hopeless = [name for name in lacking if taken[name] == instead.get(name, taken[name])]
    if hopeless or not lacking:
        wanted = next((c for name in hopeless for c in taken[name] if c in missing), missing[0])
        raise MendableError(
            f"cannot fetch {wanted}: no repository that has it was reached; check the network, "
            "or name a mirror in the environment variable DEFAULT_ARTIFACT_REPOSITORY"
        )
    for name in lacking:
        old, new = ", ".join(taken[name]), ", ".join(instead[name])
        print(f"set-up: {old} is not to be had here; taking {new} for {name}", flush=True)
    return {name: instead[name] if name in lacking else jars for name, jars in taken.items()}


def fetch(coordinates: list[str], exclude: list[str], spark: Path, ivy: Path, log: Path) -> None:
    """Lets spark-submit resolve the coordinates into `ivy`/jars, its output into `log`.

    Raises:
        UnresolvedError: some coordinates were not found.
        MendableError: it failed for another reason.
    """
    # A cluster's own defaults must not send this anywhere.
    command = [f"{spark}/bin/spark-submit", "--master", "local[1]", "--deploy-mode", "client"]
    command += ["--driver-memory", "512m", "--conf", f"spark.jars.ivy={ivy}"]
    command += ["--packages", ",".join(coordinates), "--exclude-packages", ",".join(exclude)]
    # Spark asks for this machine's address, which a container that is being built may not have.
    env = {**os.environ, "SPARK_HOME": str(spark), "SPARK_LOCAL_IP": "127.0.0.1"}
    env["SPARK_LOCAL_HOSTNAME"] = "localhost"
    with log.open("w", encoding="utf-8") as output:
        try:
            done = subprocess.run(
                [*command, *NOTHING],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                timeout=PATIENCE_SECONDS,
            )
        except subprocess.TimeoutExpired as late:
            raise MendableError(
                f"fetching JVM packages took more than {PATIENCE_SECONDS} s: check the network, "
                "or name a mirror in the environment variable DEFAULT_ARTIFACT_REPOSITORY; "
                f"the resolver's output is in {log}"
            ) from late
    text = log.read_text(encoding="utf-8", errors="replace")
    missing = re.findall(r"unresolved dependency: ([^#\s]+)#([^;\s]+);([^:\s]+)", text)
    # A jar whose description was found and whose download failed.
    missing += re.findall(r"::\s+([^#\s]+)#([^;\s]+);([^!\s]+)!\S+\.jar\s*$", text, re.MULTILINE)
    if missing:
        raise UnresolvedError(sorted({":".join(parts) for parts in missing}))
    if done.returncode:
        raise MendableError(f"Spark's resolver failed: its output is in {log}")


def file_name(coordinates: str) -> str:
    """The resolver's name for the jar of `group:artifact:version`."""
    group, artifact, version = coordinates.split(":")
    return f"{group}_{artifact}-{version}.jar"


def is_shipped(name: str, spark: Path) -> bool:
    """Whether Spark has a jar of the same artifact, of whatever version."""
    artifact = re.split(r"-\d", name.split("_", 1)[-1].removesuffix(".jar"))[0]
    return any(re.split(r"-\d", jar.stem)[0] == artifact for jar in (spark / "jars").glob("*.jar"))


def verify(jar: Path, wanted: str) -> str:
    """The SHA-256 of the jar, which must be `wanted` unless that is empty.

    Raises:
        MendableError: it is another.
    """
    got = hashlib.sha256(jar.read_bytes()).hexdigest()
    if wanted and got != wanted:
        raise MendableError(
            f"{jar.name} is not the jar that conf/jvm-packages.toml names, or that was here "
            f"before: its SHA-256 is {got}, not {wanted}; it was removed: fetch it again from a "
            "repository you trust"
        )
    if not wanted:
        print(f"set-up: no checksum is known for {jar.name}; recorded {got}", flush=True)
    return got


def install(jars: list[Path], into: Path) -> None:
    """Moves the jars into the folder and removes all others from it."""
    (into / RECORD).unlink(missing_ok=True)
    for jar in jars:
        os.replace(jar, into / jar.name)
    names = {jar.name for jar in jars}
    for old in into.glob("*.jar"):
        if old.name not in names:
            old.unlink()


def write_record(into: Path, record: dict[str, object]) -> None:
    """Writes resolved.json last and at once: where it is, the jars are whole."""
    draft = into / f"{RECORD}.new"
    draft.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    os.replace(draft, into / RECORD)


if __name__ == "__main__":
    sys.exit(main())
