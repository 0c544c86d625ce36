"""The whole pipeline on a standalone cluster, submitted from outside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from cluster import LINUX, running_cluster, submitted_locally, with_event_log
from everything import CANARIES, files_with_a_canary
from influencers.config import load
from outputs import assert_same_metrics, assert_same_tables

pytestmark = [pytest.mark.cluster, LINUX]

SETTINGS = (
    "generate.posts=1200",
    "generate.accounts=100",
    "generate.images=20",
    # Executors write every table, as they do where these are large.
    "storage.driver_rows=0",
    "models.trees=4",
    "models.depth=4",
    'models.labels=["top_likes"]',
    "models.permutations=1",
)
# On a quiet machine a run takes a fifth of it.
SECONDS = 600.0

# Python runs a module of this name when it starts.
WITNESS = """\
import importlib.machinery, os, sys

class Witness:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in ("influencers", "jobs"):
            found = importlib.machinery.PathFinder.find_spec(name, path, target)
            with open({file!r}, "a") as file:
                file.write(f"{{name}} {{found and os.path.abspath(found.origin)}}\\n")

sys.meta_path.insert(0, Witness)
"""


def test_a_cluster_gives_the_tables_of_a_local_run(spark: SparkSession, tmp_path: Path) -> None:
    ours, theirs = (
        load(None, [*SETTINGS, f"paths.output={tmp_path / name}"]) for name in ("local", "cluster")
    )
    sets, secrets = (
        [word for one in some for word in ("--set", one)] for some in (SETTINGS, CANARIES)
    )
    with submitted_locally(
        tmp_path / "locally", "pipeline", ["--output", ours.paths.output, *sets, *secrets],
        {"spark.sql.shuffle.partitions": "3", **with_event_log(tmp_path / "events")},
    ) as job:  # fmt: skip
        job.succeed(SECONDS)
        assert "canary" not in job.log.read_text()
    (events,) = (tmp_path / "events").iterdir()
    assert "canary" not in events.read_text()
    assert files_with_a_canary(Path(ours.paths.output)) == set()
    imported = tmp_path / "imported.txt"
    (tmp_path / "witness").mkdir()
    (tmp_path / "witness" / "sitecustomize.py").write_text(WITNESS.format(file=str(imported)))
    with (
        running_cluster(tmp_path / "cluster-files") as cluster,
        cluster.submit(
            "pipeline", ["--output", theirs.paths.output, *sets],
            {
                "spark.sql.shuffle.partitions": "5",
                "spark.executorEnv.PYTHONPATH": str(tmp_path / "witness"),
            },
        ) as job,
    ):  # fmt: skip
        job.succeed(SECONDS)
    assert_same_tables(spark, theirs, ours)
    assert_same_metrics(theirs, ours)
    assert_code_came_by_zip(imported, cluster.folder)
    assert not list(Path(theirs.paths.output).glob("checkpoints*")), "checkpoints of graphs"
    assert Path(theirs.paths.output, "report.html").stat().st_size > 100_000


def assert_code_came_by_zip(imported: Path, folder: Path) -> None:
    """All that executors imported of ours came from the zip that Spark brought them."""
    places = dict(line.split(maxsplit=1) for line in imported.read_text().splitlines())
    # What runs in Python workers: reading, hashtags, images, hashes, reasons.
    assert {
        "influencers.ingest.csv_records",
        "influencers.ingest.hashtags",
        "influencers.images.fetch_task",
        "influencers.duplicates.kernel",
    } <= set(places)
    for name, place in places.items():
        assert Path(place).is_relative_to(folder / "work"), f"{name} from {place}"
        assert ".zip/influencers/" in place, f"{name} from {place}"
