"""The image as users run it: a cluster of it, and one container alone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest
from chispa import assert_df_equality
from PIL import Image
from pyspark.sql import SparkSession

import processes
from builder import ENTRYPOINT, HEALTH, ROOT, USER, Builder, building, container
from influencers.config import Config, PathsConfig
from influencers.storage.store import Store
from jobs import communities, features, ingest
from outputs import SMALL, assert_report_shows

pytestmark = [
    pytest.mark.container,
    pytest.mark.skipif(sys.platform != "linux", reason="buildah runs on Linux"),
]

SECRET = "0123456789abcdef0123456789abcdef"
POSTS = 600
TABLES = ("posts", "post_features", "accounts", "hashtag_edges", "communities")


@dataclass(frozen=True)
class Built:
    """The image, and a folder for what its containers read and write."""

    builder: Builder
    image: str
    folder: Path

    def writable(self, name: str) -> Path:
        """A new folder that the image's user may write."""
        folder = self.folder / name
        folder.mkdir()
        os.chown(folder, USER, 0)
        return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    folder = tmp_path_factory.mktemp("container")
    for one in (folder, folder.parent, folder.parent.parent):  # pytest's are for its user alone
        one.chmod(0o755)
    with building() as builder:
        yield Built(builder, builder.image(), folder)


@pytest.fixture(scope="module")
def dataset(built: Built) -> Path:
    """A small generated `posts.csv`, made by the image itself."""
    out = built.writable("sample")
    options = ["--posts", str(POSTS), "--accounts", "60", "--images", "0", "--output", "/out"]
    with container(built.builder, built.image, volumes={out: "/out"}) as alone:
        done = alone.run("generate", *options)
    assert done.returncode == 0, done.stderr
    folder = built.writable("dataset")
    shutil.copy(out / "posts.csv", folder)
    return folder


@dataclass(frozen=True)
class Cluster:
    """A master, two workers and a history server, and what the next container needs to join."""

    url: str
    history: str
    volumes: dict[Path, str]
    out: Path
    events: Path
    logs: list[Path]

    def job(self, secret: str) -> dict[str, str]:
        """The environment of a job, as compose gives it."""
        options = (
            f"--master {self.url} --driver-memory 1g --executor-memory 1g "
            "--conf spark.cores.max=2 --conf spark.sql.shuffle.partitions=2 "
            "--conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1 "
            "--conf spark.eventLog.enabled=true --conf spark.eventLog.dir=file:///events"
        )
        env = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_SUBMIT_ARGS": options}
        return {"INFLUENCERS_SECRET": secret, **env}


@pytest.fixture(scope="module")
def cluster(built: Built, dataset: Path) -> Iterator[Cluster]:
    port, *pages = (free_port() for _ in range(5))
    url, host = f"spark://127.0.0.1:{port}", "127.0.0.1"
    out, events = built.writable("out"), built.writable("events")
    # The parts see the same folders by the same names.
    volumes = {dataset: "/data:ro", out: "/out", events: "/events"}
    secret = {"INFLUENCERS_SECRET": SECRET}
    logs: list[Path] = []
    with contextlib.ExitStack() as stack:

        def start(role: str, env: dict[str, str], at: dict[Path, str], *options: str) -> None:
            logs.append(built.folder / f"{role}-{len(logs)}.log")
            part = stack.enter_context(container(built.builder, built.image, env, at))
            stack.enter_context(part.daemon(role, *options, log=logs[-1]))

        names = {"SPARK_MASTER_HOST": host, "SPARK_MASTER_PORT": str(port)}
        page = {"SPARK_MASTER_WEBUI_PORT": str(pages[0])}
        start("master", {**secret, **names, **page, "SPARK_LOCAL_IP": host}, {})
        for number in (1, 2):
            size = {"SPARK_WORKER_CORES": "1", "SPARK_WORKER_MEMORY": "1g", "SPARK_MASTER": url}
            page = {"SPARK_WORKER_WEBUI_PORT": str(pages[number])}
            env = {**secret, **size, **page, "SPARK_LOCAL_IP": f"127.0.0.{number + 1}"}
            start("worker", env, volumes, "--host", env["SPARK_LOCAL_IP"])
        page = {"SPARK_HISTORY_PORT": str(pages[3])}
        start("history", {**page, "SPARK_LOCAL_IP": host}, {events: "/events"})
        yield Cluster(url, f"http://{host}:{pages[3]}", volumes, out, events, logs)


@pytest.fixture(scope="module")
def job(built: Built, cluster: Cluster) -> str:
    """What the pipeline on the cluster said."""
    arguments = ["pipeline", "--input", "/data/posts.csv", "--output", "/out", *SMALL]
    with container(built.builder, built.image, cluster.job(SECRET), cluster.volumes) as app:
        done = app.run(*arguments)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def outside(spark: SparkSession, built: Built, dataset: Path) -> Config:
    """The same stages by this source tree, in this process."""
    paths = PathsConfig(input=(str(dataset / "posts.csv"),), output=str(built.folder / "outside"))
    config = Config(paths=paths)
    for stage in (ingest, features, communities):
        stage.run(spark, config)
    return config


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def assert_whole(out: Path) -> None:
    """Every post is accounted for; figures are images, and the report holds them."""
    rows = json.loads((out / "metrics.json").read_text())["rows"]
    assert rows["read"] == rows["posts"] + rows["quarantined"] + rows["duplicates"] >= POSTS
    figures = sorted((out / "figures").glob("*.png"))
    assert len(figures) >= 6
    for figure in figures:
        with Image.open(figure) as opened:
            opened.load()
            assert min(opened.size) > 200 and opened.convert("L").getextrema()[0] < 128
    assert_report_shows(out, [one.stem for one in figures])
    assert {one.stat().st_uid for one in out.rglob("*")} == {USER}


def test_the_dockerfile_has_no_known_flaw() -> None:
    hadolint = shutil.which("hadolint")
    assert hadolint, "hadolint is not installed"
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_compose_implementation_takes_the_compose_file_and_asks_for_a_secret() -> None:
    compose = ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
    assert shutil.which(compose[0]), "no compose implementation: install docker-compose"
    command = [*compose, "--file", str(ROOT / "docker-compose.yml"), "config"]
    env = {name: value for name, value in os.environ.items() if name != "INFLUENCERS_SECRET"}
    without = subprocess.run(command, env=env, capture_output=True, text=True)
    assert without.returncode != 0 and "set it to a secret" in without.stderr
    env["INFLUENCERS_SECRET"] = SECRET
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_the_image_says_of_itself(built: Built) -> None:
    told = json.loads(built.builder("inspect", "--type", "image", built.image))
    config = told["Docker"]["config"]
    assert config["User"] == str(USER)
    assert config["Entrypoint"] == list(ENTRYPOINT)
    assert config["Healthcheck"]["Test"] == ["CMD", *HEALTH]
    assert config["Labels"]["org.opencontainers.image.title"] == "influencers"


def test_one_container_alone_needs_no_network(built: Built, dataset: Path) -> None:
    """As the first version was run: a folder with the dataset, and one for what comes of it."""
    out = built.writable("visualization")
    volumes = {dataset: "/app/dataset:ro", out: "/app/visualization"}
    with container(built.builder, built.image, volumes=volumes) as alone:
        done = alone.run(network=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert_whole(out)


def test_a_job_on_a_master_and_two_workers_is_in_the_history(cluster: Cluster, job: str) -> None:
    assert_whole(cluster.out)
    said = [log.read_text() for log in cluster.logs]
    assert sum("Asked to launch executor" in one for one in said) == 2
    with urlopen(f"{cluster.history}/api/v1/applications", timeout=60) as answer:
        assert "influencers pipeline" in {one["name"] for one in json.load(answer)}
    kept = [one.read_text(errors="replace") for one in cluster.events.rglob("*") if one.is_file()]
    assert kept and not any(SECRET in text for text in [*said, *kept, job])


@pytest.mark.parametrize("name", TABLES)
def test_its_tables_are_those_of_a_run_outside(
    spark: SparkSession, cluster: Cluster, job: str, outside: Config, name: str
) -> None:
    given = Config(paths=PathsConfig(output=str(cluster.out)))
    one, other = (
        Store(spark, config).read(name).drop("source_file") for config in (given, outside)
    )
    assert_df_equality(one, other, ignore_row_order=True)


def test_the_secret_is_on_no_command_line(cluster: Cluster) -> None:
    commands = [one.command for one in processes.running().values()]
    daemons = [one for one in commands if "org.apache.spark.deploy." in one]
    assert len(daemons) >= 4
    # Apart from the builder's own, which gives it to the container as an engine would.
    assert not any(SECRET in one for one in commands if "buildah" not in one)


def test_who_does_not_know_the_secret_runs_nothing(built: Built, cluster: Cluster) -> None:
    env = cluster.job(SECRET[::-1])
    with container(built.builder, built.image, env, cluster.volumes) as app:
        done = app.run("features", "--output", "/out")
    assert done.returncode == 2
    # The builder adds lines of its own.
    assert "do both have the same secret" in done.stderr
    assert "Traceback" not in done.stderr
    assert "influencers features" not in cluster.logs[0].read_text()
