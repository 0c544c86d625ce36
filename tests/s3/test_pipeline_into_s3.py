"""The whole pipeline from a store of objects into one: tables, models, figures, report."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from pyspark.sql import SparkSession

from claim_races import dead_claim, outcomes
from cluster import submitted_locally, with_event_log
from influencers.catalog import TABLES
from influencers.config import Config, GenerateConfig, PathsConfig
from influencers.ingest.tables import POSTS
from influencers.storage.store import Store
from influencers.synthetic import generate
from object_store import BUCKET, ROOT, SECRET, ObjectStore, serving
from outputs import SMALL, assert_report_shows

pytestmark = pytest.mark.s3

SAMPLE_POSTS = 600
OUTPUT = f"s3a://{BUCKET}/out"
# Stages that are left out of this run.
OF_IMAGES = {"post_images", "images", "images_fetched", "duplicate_pairs", "duplicate_groups"}
SECONDS = 800.0


@dataclass(frozen=True)
class Ran:
    """A pipeline that has run, where it has written, and all that it and Spark have said."""

    store: ObjectStore
    copy: Path
    said: str


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with serving(tmp_path_factory.mktemp("s3") / "server.log") as running:
        yield running


@pytest.fixture(scope="module")
def ran(store: ObjectStore, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("pipeline")
    generate(folder / "sample", GenerateConfig(posts=SAMPLE_POSTS, accounts=60, images=0))
    store.put("in/posts.csv", (folder / "sample" / "posts.csv").read_bytes())
    events = folder / "events"
    settings = {**store.settings, **with_event_log(events)}
    arguments = ["--input", f"s3a://{BUCKET}/in/posts.csv", "--output", OUTPUT, *SMALL]
    with submitted_locally(folder / "run", "pipeline", arguments, settings) as job:
        job.succeed(SECONDS)
    store.download("out/", folder / "copy")
    logs = [job.log, *(one for one in events.rglob("*") if one.is_file())]
    return Ran(store, folder / "copy", "".join(log.read_text() for log in logs))


def test_every_table_is_there_and_holds_what_the_metrics_say(spark: SparkSession, ran: Ran) -> None:
    config = Config(paths=PathsConfig(output=str(ran.copy)))
    store = Store(spark, config)
    written = {name for name in TABLES if store.exists(name)}
    assert written == set(TABLES) - OF_IMAGES
    rows = json.loads((ran.copy / "metrics.json").read_text())["rows"]
    assert rows["read"] == rows["posts"] + rows["quarantined"] + rows["duplicates"] >= SAMPLE_POSTS
    for name, count in (("posts", rows["posts"]), ("quarantine", rows["quarantined"])):
        assert store.read(name).count() == count
    sources = store.read(POSTS).select("source_file").distinct().collect()
    assert [row.source_file for row in sources] == [f"s3a://{BUCKET}/in/posts.csv"]


def test_figures_report_and_models_are_there(ran: Ran) -> None:
    figures = sorted((ran.copy / "figures").glob("*.png"))
    assert len(figures) >= 6
    for figure in figures:
        with Image.open(io.BytesIO(figure.read_bytes())) as opened:
            opened.load()
    assert_report_shows(ran.copy, [one.stem for one in figures])
    assert list((ran.copy / "models").rglob("*.parquet"))
    manifest = json.loads((ran.copy / "manifest.json").read_text())
    assert manifest["tables"]["posts"] == 0
    assert [one["uri"] for one in manifest["inputs"]] == [f"s3a://{BUCKET}/in/posts.csv"]


def test_nothing_is_left_of_the_work(ran: Ran) -> None:
    left = [key for key in ran.store.keys("out/") if "_temporary" in key or "_run.json" in key]
    assert left == []
    assert "potentially unsafe" not in ran.said


def test_the_secret_key_is_nowhere(ran: Ran) -> None:
    assert "fs.s3a.secret.key" in ran.said  # the event log names the setting
    assert SECRET not in ran.said
    for key in ran.store.keys():
        assert SECRET.encode() not in ran.store.get(key), key


def test_a_second_run_adds_a_version(spark: SparkSession, ran: Ran, tmp_path: Path) -> None:
    arguments = ["--output", OUTPUT]
    with submitted_locally(tmp_path / "run", "features", arguments, ran.store.settings) as job:
        job.succeed(SECONDS)
    ran.store.download("out/", tmp_path / "copy")
    first, second = (
        Store(spark, Config(paths=PathsConfig(output=str(folder))))
        for folder in (ran.copy, tmp_path / "copy")
    )
    for name in ("post_features", "accounts"):
        assert second.version(name) == first.version(name) + 1
        assert first.read(name).exceptAll(second.read(name)).isEmpty()


def test_of_processes_that_race_for_a_dead_claim_one_wins(
    store: ObjectStore, tmp_path: Path
) -> None:
    rounds, claim = 8, dead_claim()
    for number in range(rounds):
        store.put(f"races/{number}/_run.json", claim.encode())
    jars = sorted((ROOT / ".jars").glob("*.jar"))
    settings = store.settings
    settings["spark.jars"] += "".join(f",{jar}" for jar in jars)
    outputs = [f"s3a://{BUCKET}/races/{number}" for number in range(rounds)]
    told = outcomes(outputs, tmp_path / "race", settings)
    assert [of_round.count("won") for of_round in told] == [1] * rounds
    assert [key for key in store.keys("races/") if not key.endswith("/")] == []


def test_of_many_that_create_an_object_at_once_one_does(store: ObjectStore, tmp_path: Path) -> None:
    jars = sorted((ROOT / ".jars").glob("*.jar"))
    settings = {**store.settings, "spark.master": "local[1]", "spark.ui.enabled": "false"}
    settings["spark.jars"] += "".join(f",{jar}" for jar in jars)
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    command = [sys.executable, str(ROOT / "tests" / "s3" / "racing.py"), tmp_path / "settings.json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "lib")}
    done = subprocess.run(
        [*command, f"s3a://{BUCKET}/race"], env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rounds = json.loads(done.stdout)
    assert [sum(winners) for winners in rounds] == [1] * len(rounds)
    for number, winners in enumerate(rounds):
        assert store.get(f"race/{number}").decode() == f"by {winners.index(True)}"
