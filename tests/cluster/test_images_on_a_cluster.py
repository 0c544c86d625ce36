"""The images job on a standalone cluster of which parts die, stall and run twice."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from cluster import LINUX, Cluster, Running, event_log, running_cluster, with_event_log
from hostile_server import HostileServer
from image_bytes import noise, saved
from influencers.config import Config, PathsConfig
from influencers.images import keys
from influencers.images.tables import IMAGES
from influencers.ingest.tables import POSTS
from influencers.storage.store import Store
from processes import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.fault, LINUX]

IMAGE_COUNT = 150
RATE, CONNECTIONS = 30, 4
# What an answer takes: with it, both limits bind.
ANSWER_MS = 120
# What it takes for the images of one of two tasks, so that the other ends long before.
SLOW_MS = 400
# On a quiet machine a run takes a sixth of it.
SECONDS = 300.0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    # Whoever ends a run early leaves no cluster behind.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    with running_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running
    signal.signal(signal.SIGTERM, before)


@dataclass(frozen=True)
class Crawl:
    """A table of posts, the server that has their images, and what the job makes of them."""

    spark: SparkSession
    config: Config
    server: HostileServer

    def arguments(self, **settings: object) -> list[str]:
        host = self.server.host_key
        settings = {
            "allow_hosts": json.dumps([host]),
            "host_limits": json.dumps([f"{host}={RATE}/{CONNECTIONS}"]),
            **settings,
        }
        sets = [f"images.{name}={value}" for name, value in settings.items()]
        return ["--output", self.config.paths.output, *(w for s in sets for w in ("--set", s))]

    def asked(self) -> Counter[int]:
        """How often each image was asked for."""
        return Counter(int(one.query["n"]) for one in self.server.requests)

    def wait_for_requests(self, job: Running, count: int) -> None:
        job.wait_until(
            lambda: len(self.server.requests) >= count, SECONDS, f"request {count} to the server"
        )

    def entered(self, name: str = "images") -> list[int]:
        """The images in a table that are ok, one number a row."""
        table = Store(self.spark, self.config).read_if_exists(name)
        if table is None:
            return []
        rows = table.where("status = 'ok'").collect()
        return sorted(int(row.url.rpartition("=")[2]) for row in rows)

    def assert_complete(self) -> None:
        """One row for each image, all ok, all asked for."""
        assert Store(self.spark, self.config).read(IMAGES).count() == IMAGE_COUNT
        assert self.entered() == list(range(IMAGE_COUNT))
        assert sorted(self.asked()) == list(range(IMAGE_COUNT))

    def assert_rate_kept(self) -> None:
        # A start may be late by a quarter of a second, so that a window holds that much more.
        assert self.server.most_in(1.0) <= RATE * 1.25 + 1

    def post(self, paths: Sequence[str]) -> None:
        """Write the table of posts, one an image."""
        names = POSTS.schema.fieldNames()
        posts = [
            {"shortcode": f"S{n}", "owner_id": 1, "image_url": self.server.url(path)}
            for n, path in enumerate(paths)
        ]
        rows = [[post.get(name) for name in names] for post in posts]
        frame = self.spark.createDataFrame(rows, POSTS.schema)
        Store(self.spark, self.config).write(frame, POSTS)


@pytest.fixture
def crawl(spark: SparkSession, tmp_path: Path) -> Iterator[Crawl]:
    config = Config(paths=PathsConfig(output=str(tmp_path / "out")))
    with HostileServer(body=saved(noise(300, 200), "jpeg")) as server:
        crawl = Crawl(spark, config, server)
        crawl.post([f"/slow?ms={ANSWER_MS}&n={n}" for n in range(IMAGE_COUNT)])
        yield crawl


def test_a_killed_executor_costs_no_image_and_strains_no_host(
    cluster: Cluster, crawl: Crawl
) -> None:
    server = crawl.server
    with cluster.submit("images", crawl.arguments()) as job:
        crawl.wait_for_requests(job, 50)
        before = cluster.executors()
        assert len(before) == 2
        assert server.most_active <= CONNECTIONS
        os.kill(before[0], signal.SIGKILL)
        # The budget counts the connections of the dead as free, where the host has yet to see that
        # nobody listens any more: for the length of an answer it may have twice as many.
        time.sleep(1.0)
        assert server.most_active <= 2 * CONNECTIONS
        server.most_active = 0
        job.succeed(SECONDS)
    assert server.most_active <= CONNECTIONS
    crawl.assert_complete()
    crawl.assert_rate_kept()
    # What the dead one had fetched was lost with its task.
    assert IMAGE_COUNT < len(server.requests) < IMAGE_COUNT + 50 + 2 * CONNECTIONS


def test_speculative_copies_share_one_budget_and_make_one_row(
    cluster: Cluster, crawl: Crawl, tmp_path: Path
) -> None:
    crawl.post(one_slow_task(crawl))
    settings = {
        "spark.speculation": "true",
        "spark.speculation.interval": "100ms",
        "spark.speculation.quantile": "0.5",
        "spark.speculation.multiplier": "1.1",
        "spark.speculation.minTaskRuntime": "500ms",
        **with_event_log(tmp_path / "events"),
    }
    with cluster.submit("images", crawl.arguments(), settings) as job:
        # One task ends and leaves its worker to a copy of the other.
        copied = 10
        job.wait_until(
            lambda: sum(times > 1 for times in crawl.asked().values()) >= copied,
            SECONDS,
            f"{copied} images asked for twice",
        )
        assert crawl.server.most_active <= CONNECTIONS
        job.succeed(SECONDS)
    crawl.assert_complete()
    crawl.assert_rate_kept()
    # The one that comes second is killed: its connections count as free before the host sees it.
    assert crawl.server.most_active <= 2 * CONNECTIONS
    assert max(crawl.asked().values()) == 2
    attempts = fetching_attempts(tmp_path / "events")
    assert any(one["Speculative"] for one in attempts)


def test_after_the_death_of_the_driver_only_what_was_missing_is_asked(
    cluster: Cluster, crawl: Crawl
) -> None:
    arguments = crawl.arguments(commit_images=20)
    with cluster.submit("images", arguments) as job:
        crawl.wait_for_requests(job, 70)
        job.kill()
    # Its executors end by themselves, and ask nothing without the driver's budget.
    wait_until(lambda: not cluster.executors(), 30, "the end of the executors")
    kept = {*crawl.entered(), *crawl.entered("images_fetched")}
    assert 0 < len(kept) < 70
    first = crawl.asked()
    assert sum(first.values()) <= 70 + 2 * CONNECTIONS
    with cluster.submit("images", arguments) as job:
        job.succeed(SECONDS)
    again = crawl.asked() - first
    assert again == Counter({n: 1 for n in range(IMAGE_COUNT) if n not in kept})
    crawl.assert_complete()
    crawl.assert_rate_kept()


def one_slow_task(crawl: Crawl) -> list[str]:
    """The paths of images that Spark deals to two tasks, half each, one of which is slow.

    A task's share follows from the hashes of its images' keys: of several addresses of an image,
    the first that falls to the wanted task is taken.
    """
    paths = [
        (n, salt, f"/slow?ms={SLOW_MS if n % 2 else ANSWER_MS}&salt={salt}&n={n}")
        for n in range(IMAGE_COUNT)
        for salt in range(20)
    ]
    rows = [(n, salt, path, crawl.server.url(path)) for n, salt, path in paths]
    candidates = crawl.spark.createDataFrame(rows, "n int, salt int, path string, url string")
    task = F.pmod(F.hash(keys.image_key(F.col("url"), mirrors=())), F.lit(2))
    fitting = candidates.where(task == F.col("n") % 2)
    chosen = fitting.groupBy("n").agg(F.min_by("path", "salt").alias("path")).sort("n").collect()
    assert len(chosen) == IMAGE_COUNT
    return [row.path for row in chosen]


def fetching_attempts(folder: Path) -> list[dict[str, Any]]:
    """How Spark's event log describes the attempts at the tasks that fetch, copies included."""
    events = event_log(folder)
    stages = {
        event["Stage Info"]["Stage ID"]
        for event in events
        if event["Event"] == "SparkListenerStageSubmitted" and "MapInArrow" in json.dumps(event)
    }
    return [
        event["Task Info"]
        for event in events
        if event["Event"] == "SparkListenerTaskEnd" and event["Stage ID"] in stages
    ]
