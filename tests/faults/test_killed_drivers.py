"""The driver is killed while it writes; then the job runs again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pyspark.sql import SparkSession

from cluster import LINUX, submitted_locally
from everything import files_with
from influencers.config import Config
from influencers.features.tables import ACCOUNTS
from influencers.ingest.tables import POSTS
from influencers.storage.store import Store
from outputs import assert_same_tables, contents
from samples import Undisturbed, tables_of
from writes import SECONDS, Write, killed_in_write, killed_when

pytestmark = [pytest.mark.fault, LINUX]

# A run that has committed before the signal came is let go.
TRIES = 3
JOBS = (
    "ingest", "features", "growth", "images", "duplicates", "communities", "explore", "train",
)  # fmt: skip


@pytest.mark.parametrize("job", JOBS)
def test_a_driver_killed_in_any_tables_write_loses_nothing(
    spark: SparkSession, undisturbed: Undisturbed, tmp_path: Path, job: str
) -> None:
    config = undisturbed.before(job, tmp_path / "out")
    words = undisturbed.sample.arguments(job, config)
    for name in tables_of(job):
        # Of a table without rows, no data are written.
        if Store(spark, undisturbed.new).read(name).isEmpty():
            continue
        kill_in_write(spark, undisturbed, config, name, job=job, files=tmp_path / "files")
    with submitted_locally(tmp_path / "files", job, words) as run:
        run.succeed(SECONDS)
    assert_same_tables(spark, config, undisturbed.new, tables_of(job))
    left = {one.name for one in Path(config.paths.output).iterdir()}
    assert left == {one.name for one in Path(undisturbed.new.paths.output).iterdir()}


def kill_in_write(
    spark: SparkSession, undisturbed: Undisturbed, config: Config, name: str, *, job: str,
    files: Path,
) -> None:  # fmt: skip
    """Kill a run of the job in the table's write, which leaves the table as it was."""
    for _ in range(TRIES):
        write, before = Write(config, name), contents(spark, config, name)
        with submitted_locally(files, job, undisturbed.sample.arguments(job, config)) as run:
            in_time = killed_in_write(run, write)
        if in_time:
            assert contents(spark, config, name) == before, name
            return
        # It may be that nothing is left to write.
        undisturbed.give_old_table(name, Path(config.paths.output))
    pytest.fail(f"{TRIES} runs wrote {name} before they could be killed")


@pytest.mark.parametrize("job", ["ingest", "features"])
def test_a_driver_killed_between_a_table_and_the_manifest(
    spark: SparkSession, undisturbed: Undisturbed, tmp_path: Path, job: str
) -> None:
    config = undisturbed.before(job, tmp_path / "out")
    words = undisturbed.sample.arguments(job, config)
    manifest = Path(config.paths.output, "manifest.json")
    shutil.copy(Path(undisturbed.old.paths.output, "manifest.json"), manifest)
    before = manifest.read_bytes()
    last = Write(config, tables_of(job)[-1])
    with submitted_locally(tmp_path / "files", job, words) as run:
        assert killed_when(
            run, last.committed, lambda: manifest.read_bytes() != before, "the last table's version"
        )
    assert manifest.read_bytes() == before
    assert last.committed()
    with submitted_locally(tmp_path / "files", job, words) as run:
        run.succeed(SECONDS)
    assert_same_tables(spark, config, undisturbed.new, tables_of(job))
    said = json.loads(manifest.read_text())
    versions = {name: Store(spark, config).version(name) for name in said["tables"]}
    assert said["tables"] == versions
    if job == "ingest":
        read = [urlsplit(one["uri"]).path for one in said["inputs"]]
        assert read == [str(file) for file in undisturbed.sample.files]


def test_a_driver_killed_while_an_account_is_forgotten(
    spark: SparkSession, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    config = undisturbed.before("images", tmp_path / "out")
    store = Store(spark, config)
    posts = store.read(POSTS)
    owner, shortcode = posts.select("owner_id", "shortcode").sort("owner_id").head()
    words = ["--output", config.paths.output, "--owner", str(owner)]
    note = Path(config.paths.output, "_forget.json")
    with submitted_locally(tmp_path / "files", "forget", words) as run:
        assert killed_when(run, note.exists, lambda: not note.exists(), "the new tables")
    others = ["--output", config.paths.output]
    with submitted_locally(tmp_path / "files", "features", others) as run:
        run.fail(SECONDS, status=2, message="has not come to its end")
    with submitted_locally(tmp_path / "files", "forget", words) as run:
        run.succeed(SECONDS)
    assert not files_with(Path(config.paths.output), [shortcode], [owner])
    with submitted_locally(tmp_path / "files", "features", others) as run:
        run.succeed(SECONDS)
    assert store.read(ACCOUNTS).where(f"owner_id = {owner}").isEmpty()
