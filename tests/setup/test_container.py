"""What a container runs, what it trusts, and whether it is well."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import container
import health
import pods
import submit_options
from machine import MendableError

ROOT = Path(__file__).resolve().parents[2]
SECRET = "0123456789abcdef"


def test_the_secret_leaves_the_environment_for_a_file_of_this_user_alone() -> None:
    env = {"INFLUENCERS_SECRET": SECRET, "KEPT": "1"}
    settings = container.cluster_settings(env)
    assert env == {"KEPT": "1"}
    assert settings["spark.authenticate"] == "true"
    assert settings["spark.authenticate.secret"] == SECRET
    assert settings["spark.network.crypto.enabled"] == "true"
    assert settings["spark.io.encryption.enabled"] == "true"
    assert settings["spark.master.rest.enabled"] == "false"
    folder = container.write_settings(settings)
    assert folder.stat().st_mode & 0o077 == 0
    assert f"spark.authenticate.secret {SECRET}\n" in (folder / "spark-defaults.conf").read_text()


def test_a_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    env = {"INFLUENCERS_SECRET_FILE": str(tmp_path / "secret")}
    assert container.cluster_settings(env)["spark.authenticate.secret"] == SECRET
    with pytest.raises(MendableError, match="cannot be read"):
        container.cluster_settings({"INFLUENCERS_SECRET_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize("secret", ["short", "with spaces in it", "line\nbreak" * 3, "é" * 20])
def test_what_is_no_secret_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(MendableError) as refused:
        container.cluster_settings({"INFLUENCERS_SECRET": secret})
    assert secret not in str(refused.value)


def test_without_a_secret_no_daemon_starts() -> None:
    env = {name: value for name, value in os.environ.items() if "SECRET" not in name}
    done = subprocess.run(
        [sys.executable, str(ROOT / "launch" / "container.py"), "master"],
        env=env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("container: INFLUENCERS_SECRET is not set")
    assert done.stderr.count("\n") == 1


def test_without_arguments_the_mounted_dataset_is_read(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    out.mkdir()
    arguments = ["pipeline", "--output", str(out)]
    assert container.the_usual((data,), (out,)) == arguments
    data.mkdir()
    assert container.the_usual((data,), (out,)) == arguments  # nothing is mounted there
    (data / "posts.csv").write_text("x")
    expected = ["pipeline", "--input", str(data), "--output", str(out)]
    assert container.the_usual((tmp_path / "no", data), (tmp_path / "none", out)) == expected


def test_memory_is_offered_as_the_limit_allows() -> None:
    container.check_memory("2g", 4096)
    for limit in (2200, 4096, 65536):
        container.check_memory(f"{container.offered_mb(limit)}m", limit)
    with pytest.raises(MendableError, match=r"needs a container of 3788 MB .* raise its memory"):
        container.check_memory("2g", 3000)
    with pytest.raises(MendableError, match="write it like 2g"):
        container.check_memory("much", 4096)


def test_an_executors_command_on_kubernetes() -> None:
    env = {
        "SPARK_HOME": "/spark",
        "SPARK_EXECUTOR_MEMORY": "3g",
        "SPARK_JAVA_OPT_10": "-Dten=1",
        "SPARK_JAVA_OPT_2": "-Dtwo=1",
        "SPARK_DRIVER_URL": "spark://driver:1",
        "SPARK_EXECUTOR_ID": "4",
    }
    told = pods.executor_arguments(env)
    assert told[:4] == ["-Dtwo=1", "-Dten=1", "-Xms3g", "-Xmx3g"]
    assert told[-4:] == ["--driver-url", "spark://driver:1", "--executor-id", "4"]
    assert "/spark/jars/*" in told


def test_a_drivers_pod_gets_our_settings_code_and_jars_below_what_was_submitted(
    tmp_path: Path,
) -> None:
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "delta.jar").touch()
    submitted = tmp_path / "spark.properties"
    submitted.write_text(
        "spark.master=k8s://https\\://cluster\nspark.submit.deployMode=cluster\n"
        "spark.sql.parquet.compression.codec=snappy\n"
        "spark.jars=local\\:///opt/theirs.jar\n"
    )
    env = {
        "INFLUENCERS_PYTHON": sys.executable,
        "INFLUENCERS_JARS": str(tmp_path / "jars"),
        "SPARK_HOME": str(tmp_path / "spark"),
        "SPARK_DRIVER_BIND_ADDRESS": "10.0.0.7",
    }
    runner = ["--class", "org.apache.spark.deploy.PythonRunner"]
    job = ["local:///opt/influencers/jobs/pipeline.py", "--output", "s3a://lake/out"]
    arguments, added = pods.driver_command(
        env, ["--properties-file", str(submitted), *runner, *job]
    )
    given, rest = submit_options.split(arguments)
    options = submit_options.Options.parse(shlex.join(given))
    assert rest == job
    assert options.get("--properties-file") == str(submitted)
    assert options.get("--class") == runner[1]
    assert options.get("spark.submit.deployMode") == "client"
    assert options.get("spark.driver.bindAddress") == "10.0.0.7"
    ours = str(tmp_path / "jars" / "delta.jar")
    assert options.get("spark.jars") == f"{ours},local:///opt/theirs.jar"
    assert "influencers-" in (options.get("spark.submit.pyFiles") or "")
    assert "DeltaSparkSessionExtension" in (options.get("spark.sql.extensions") or "")
    # What was submitted stands.
    assert options.get("spark.sql.parquet.compression.codec") is None
    assert options.get("spark.master") is None
    assert added["PYSPARK_PYTHON"] == sys.executable
    assert added["PYTHONPATH"].split(":")[0].endswith("/lib")


class _Page(BaseHTTPRequestHandler):
    answer: object = {}

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(type(self).answer).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def page() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("role", "variable", "answer", "well"),
    [
        ("master", "SPARK_MASTER_WEBUI_PORT", {"status": "ALIVE"}, True),
        ("master", "SPARK_MASTER_WEBUI_PORT", {"status": "RECOVERING"}, False),
        ("worker", "SPARK_WORKER_WEBUI_PORT", {"masterwebuiurl": "http://m:8080"}, True),
        ("worker", "SPARK_WORKER_WEBUI_PORT", {"masterwebuiurl": ""}, False),
        ("history", "SPARK_HISTORY_PORT", {"spark": "4.2.1"}, True),
        ("history", "SPARK_HISTORY_PORT", {}, False),
    ],
)
def test_a_daemon_is_well_when_it_is_in_service(
    page: HTTPServer, role: str, variable: str, answer: object, well: bool
) -> None:
    _Page.answer = answer
    assert health.is_well(role, {variable: str(page.server_port)}) is well
    with pytest.raises(OSError):
        health.is_well(role, {variable: "1"})
    assert health.is_well("job", {})
