"""What is fetched, taken instead, or refused; the resolver is a stand-in process."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

import jar_check
import resolve_jars
from machine import MendableError

# Does what Spark's resolver does with --packages, from a folder of jars instead of the network.
RESOLVER = """#!{python}
import shutil, sys
from pathlib import Path
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
ivy = [v.split("=", 1)[1] for k, v in zip(sys.argv, sys.argv[1:]) if k == "--conf"][0]
repository, jars = Path({repository!r}), Path(ivy, "jars")
wanted = [c.split(":") for c in options["--packages"].split(",")]
names = ["{{}}_{{}}-{{}}.jar".format(*parts) for parts in wanted]
missing = [c for c, name in zip(wanted, names) if not (repository / name).exists()]
if missing:
    for parts in missing:
        print("\\t\\t:: unresolved dependency: {{}}#{{}};{{}}: not found".format(*parts))
    sys.exit(1)
jars.mkdir(parents=True)
for jar in repository.glob("*.jar"):
    if jar.name in names or jar.name.startswith("extra"):
        shutil.copy(jar, jars)
"""


class Repository:
    """Jars that can be fetched, and the toml that names some."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "repository"
        self.toml = folder / "jvm-packages.toml"
        self.into = folder / "jars"
        self.spark = folder / "spark"
        self.folder.mkdir()
        (self.spark / "bin").mkdir(parents=True)
        (self.spark / "jars").mkdir()
        submit = self.spark / "bin" / "spark-submit"
        submit.write_text(RESOLVER.format(python=sys.executable, repository=str(self.folder)))
        submit.chmod(0o755)

    def add(self, name: str) -> str:
        (self.folder / name).write_text(name)
        return hashlib.sha256(name.encode()).hexdigest()

    def name(self, delta: str = "", graphs: str = "", instead: str = "") -> None:
        self.toml.write_text(
            f'[packages.delta]\n"io.delta:delta:4" = "{delta}"\n'
            f'[packages.graphs]\n"io.graphs:graphs:1" = "{graphs}"\n'
            f'[instead.graphs]\n"org.carrier:carrier:2" = "{instead}"\n'
            '[resolver]\nexclude = ["com.*:*"]\n'
        )

    def resolve(self) -> list[str]:
        resolve_jars.resolve(self.toml, self.into, self.spark)
        return sorted(path.name for path in self.into.iterdir())


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.name(made.add("io.delta_delta-4.jar"), "", made.add("org.carrier_carrier-2.jar"))
    return made


def test_official_jar_is_taken_first(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    checksum = repository.add("io.graphs_graphs-1.jar")
    assert repository.resolve() == [
        "io.delta_delta-4.jar",
        "io.graphs_graphs-1.jar",
        "resolved.json",
    ]
    record = json.loads((repository.into / "resolved.json").read_text())
    assert record["packages"]["graphs"] == {"io.graphs:graphs:1": ""}
    # An unknown checksum is recorded, and said.
    assert record["jars"]["io.graphs_graphs-1.jar"] == checksum
    assert f"no checksum is known for io.graphs_graphs-1.jar; recorded {checksum}" in (
        capsys.readouterr().out
    )


def test_carrier_is_taken_where_the_official_jar_is_not_to_be_had(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert repository.resolve() == [
        "io.delta_delta-4.jar",
        "org.carrier_carrier-2.jar",
        "resolved.json",
    ]
    said = capsys.readouterr().out
    assert "io.graphs:graphs:1 is not to be had here; taking org.carrier:carrier:2" in said


def test_package_without_another_source_is_one_line(repository: Repository) -> None:
    (repository.folder / "io.delta_delta-4.jar").unlink()
    with pytest.raises(MendableError, match=r"cannot fetch io\.delta:delta:4: no repository"):
        repository.resolve()
    assert not (repository.into / "resolved.json").exists()


def test_neither_official_nor_carrier_is_one_line(repository: Repository) -> None:
    (repository.folder / "org.carrier_carrier-2.jar").unlink()
    with pytest.raises(MendableError, match=r"cannot fetch org\.carrier:carrier:2"):
        repository.resolve()


def test_wrong_checksum_is_refused_and_nothing_is_kept(repository: Repository) -> None:
    (repository.folder / "io.delta_delta-4.jar").write_text("something else")
    with pytest.raises(MendableError, match=r"delta-4\.jar is not the jar that .* was removed"):
        repository.resolve()
    assert list(repository.into.rglob("*.jar")) == []


def test_a_jar_that_is_brought_along_is_checked_too(repository: Repository) -> None:
    checksum = repository.add("extra.group_needed-1.0.jar")
    toml = repository.toml.read_text()
    repository.toml.write_text(f'{toml}[brought]\n"extra.group:needed:1.0" = "{checksum}"\n')
    assert "extra.group_needed-1.0.jar" in repository.resolve()
    (repository.folder / "extra.group_needed-1.0.jar").write_text("something else")
    with pytest.raises(MendableError, match=r"needed-1\.0\.jar is not the jar that"):
        repository.resolve()


@pytest.mark.parametrize("name", ["io.graphs_graphs-1.jar", "extra.group_needed-1.0.jar"])
def test_a_jar_of_unknown_checksum_is_what_it_was_before(repository: Repository, name: str) -> None:
    for one in ("io.graphs_graphs-1.jar", "extra.group_needed-1.0.jar"):
        repository.add(one)
    before = repository.resolve()
    (repository.folder / name).write_text("something else")
    with pytest.raises(MendableError, match="or that was here before: its SHA-256 is"):
        repository.resolve()
    # The old ones are still there, and still right.
    record = json.loads((repository.into / "resolved.json").read_text())
    assert {path.name for path in repository.into.iterdir()} >= set(before)
    assert jar_check.altered(repository.into, record["jars"]) == []


def test_every_start_finds_what_is_not_as_it_was_fetched(repository: Repository) -> None:
    repository.add("io.graphs_graphs-1.jar")
    repository.add("extra.group_needed-1.0.jar")
    repository.resolve()
    known = json.loads((repository.into / "resolved.json").read_text())["jars"]
    assert all(len(checksum) == 64 for checksum in known.values())
    assert jar_check.altered(repository.into, known) == []
    for name in known:
        jar = repository.into / name
        text = jar.read_text()
        jar.write_text(text.upper())  # of the same size
        assert jar_check.altered(repository.into, known) == [name]
        jar.unlink()
        assert jar_check.altered(repository.into, known) == [name]
        jar.write_text(text)
        assert jar_check.altered(repository.into, known) == []
    (repository.into / "another.jar").write_text("not asked for")
    assert jar_check.altered(repository.into, known) == ["another.jar"]


def test_a_start_reads_no_jar_that_has_not_changed(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.resolve()
    known = json.loads((repository.into / "resolved.json").read_text())["jars"]
    read: list[str] = []
    real = jar_check.sha256
    monkeypatch.setattr(jar_check, "sha256", lambda jar: read.append(jar.name) or real(jar))
    for expected in (sorted(known), [], []):
        read.clear()
        assert jar_check.altered(repository.into, known) == []
        assert read == expected
    jar = repository.into / "io.delta_delta-4.jar"
    os.utime(jar)
    assert jar_check.altered(repository.into, known) == []
    assert read == [jar.name]


def test_jars_that_spark_ships_are_left_out(repository: Repository) -> None:
    repository.add("extra.group_jackson-core-2.13.5.jar")
    repository.add("extra.group_needed-1.0.jar")
    (repository.spark / "jars" / "jackson-core-2.21.2.jar").touch()
    kept = repository.resolve()
    assert "extra.group_needed-1.0.jar" in kept
    assert "extra.group_jackson-core-2.13.5.jar" not in kept


def test_jars_of_before_and_half_fetched_ones_are_removed(repository: Repository) -> None:
    (repository.into / ".fetch-killed" / "jars").mkdir(parents=True)
    (repository.into / "io.delta_delta-3.jar").write_text("old")
    names = repository.resolve()
    assert "io.delta_delta-3.jar" not in names
    assert ".fetch-killed" not in names


def test_record_goes_before_the_jars_change(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.resolve()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(resolve_jars.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        repository.resolve()
    assert not (repository.into / "resolved.json").exists()


def test_resolver_that_fails_otherwise_leaves_its_output(repository: Repository) -> None:
    submit = repository.spark / "bin" / "spark-submit"
    submit.write_text("#!/bin/sh\necho java crashed\nexit 1\n")
    with pytest.raises(MendableError, match=r"its output is in .*resolver\.log"):
        repository.resolve()
    assert (repository.into / "resolver.log").read_text() == "java crashed\n"


def test_what_an_official_jar_brings_along_may_be_missing(repository: Repository) -> None:
    taken = {"delta": {"io.delta:delta:4": ""}, "graphs": {"io.graphs:graphs:1": ""}}
    instead = {"graphs": {"org.carrier:carrier:2": ""}}
    replaced = resolve_jars.replace_missing(taken, instead, ["io.graphs:fork-of-graphx:1"])
    assert replaced == {"delta": taken["delta"], "graphs": instead["graphs"]}


def test_project_names_every_checksum_but_that_of_the_official_graphframes() -> None:
    root = Path(__file__).resolve().parents[2]
    named = resolve_jars.tomllib.loads((root / "conf" / "jvm-packages.toml").read_text())
    unknown = [
        coordinates
        for kind in ("packages", "instead")
        for jars in named[kind].values()
        for coordinates, checksum in jars.items()
        if len(checksum) != 64
    ]
    assert unknown == ["io.graphframes:graphframes-spark4_2.13:0.9.2"]


def test_jars_of_this_checkout_are_what_the_project_names() -> None:
    root = Path(__file__).resolve().parents[2]
    if not (root / ".jars" / "resolved.json").exists():
        pytest.skip("INFLUENCERS_JARS is used instead of .jars")
    record = json.loads((root / ".jars" / "resolved.json").read_text())
    assert {jar.name for jar in (root / ".jars").glob("*.jar")} == record["jars"].keys()
    for name, checksum in record["jars"].items():
        assert hashlib.sha256((root / ".jars" / name).read_bytes()).hexdigest() == checksum
