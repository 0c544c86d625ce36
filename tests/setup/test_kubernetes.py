"""deploy/kubernetes.yaml and docs/clusters.md agree with the code, with Spark and with each other.

No cluster is asked: whether Kubernetes takes the manifest is not known from here.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyspark
import pytest
import yaml
from pyspark.sql import SparkSession

import container
import pods
import submit_options
from jobs import pipeline
from jobs.command_line import read_config

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "clusters.md").read_text(encoding="utf-8")
# Of the operator's v1beta2, those that are used.
SPEC = {
    "type", "pythonVersion", "mode", "sparkVersion", "image", "imagePullPolicy", "arguments",
    "mainApplicationFile", "restartPolicy", "sparkConf", "driver", "executor",
}  # fmt: skip
POD = {"cores", "memory", "memoryOverhead", "serviceAccount", "envFrom", "securityContext",
       "instances"}  # fmt: skip


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict[str, Any]]:
    text = (ROOT / "deploy" / "kubernetes.yaml").read_text(encoding="utf-8")
    return {one["kind"]: one for one in yaml.safe_load_all(text)}


@pytest.fixture(scope="module")
def spec(manifest: dict[str, dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = manifest["SparkApplication"]["spec"]
    return found


def test_names_and_namespaces_agree(manifest: dict[str, dict[str, Any]]) -> None:
    assert {one["metadata"]["namespace"] for one in manifest.values()} == {"influencers"}
    account = manifest["ServiceAccount"]["metadata"]["name"]
    assert manifest["SparkApplication"]["spec"]["driver"]["serviceAccount"] == account
    assert manifest["RoleBinding"]["subjects"][0]["name"] == account
    assert manifest["RoleBinding"]["roleRef"]["name"] == manifest["Role"]["metadata"]["name"]


def test_keys_are_the_operators(spec: dict[str, Any]) -> None:
    assert set(spec) == SPEC
    assert set(spec["driver"]) | set(spec["executor"]) == POD


def test_the_job_is_in_the_image_and_takes_its_arguments(spec: dict[str, Any]) -> None:
    workdir = "local:///opt/influencers/"
    assert spec["mainApplicationFile"].startswith(workdir)
    assert (ROOT / spec["mainApplicationFile"].removeprefix(workdir)).is_file()
    assert f"WORKDIR {workdir.removeprefix('local://').rstrip('/')}\n" in dockerfile()
    config = read_config(pipeline.JOB, spec["arguments"])
    assert config.paths.output == "s3a://lake/influencers"
    for pod in (spec["driver"], spec["executor"]):
        assert pod["securityContext"]["runAsUser"] == 185
    assert "USER 185\n" in dockerfile()


def test_version_and_memory_are_ours(spec: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"pyspark=={spec['sparkVersion']}" in project["dependencies"]
    for pod in (spec["driver"], spec["executor"]):
        beside = container.megabytes(pod["memoryOverhead"])
        assert beside >= container.BESIDE_HEAP * container.megabytes(pod["memory"])


def test_spark_knows_every_setting(spark: SparkSession, spec: dict[str, Any]) -> None:
    jvm: Any = spark._jvm
    # Naming one of their entries has Spark register them all.
    jvm.org.apache.spark.deploy.k8s.Config.CONTAINER_IMAGE()
    entries = jvm.org.apache.spark.internal.config.ConfigEntry
    named = {*spec["sparkConf"], *re.findall(r"\bspark\.[a-z][\w.]*\w", GUIDE)}
    # What is passed on to Hadoop and Delta, names for each secret, classes, and what Spark reads
    # without declaring it.
    others = re.compile(
        r"spark\.(hadoop|delta|jars|deploy|local\.dir|network\.crypto\.cipher)\b|"
        r"spark\.kubernetes\.(driver|executor)\.secretKeyRef"
    )
    settings = {name for name in named if not others.match(name)}
    assert len(settings) > 15
    assert {name for name in settings if entries.findEntry(name) is None} == set()


@dataclass(frozen=True)
class Asked:
    """What a submission wants of Kubernetes: the driver's container, and Spark's settings."""

    container: dict[str, Any]
    properties: str


@pytest.fixture(scope="module")
def asked() -> Asked:
    """The guide's own command, sent to a server that takes whatever it is given."""
    told: list[dict[str, Any]] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.append(body)
            body["metadata"] |= {"uid": "1", "resourceVersion": "1"}
            answer = json.dumps(body).encode()
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_PATCH = do_POST

        def log_message(self, *_: object) -> None:
            pass

    (command,) = [block for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
                  if "k8s://" in block]  # fmt: skip
    spark = Path(pyspark.__file__).parent
    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        here = f"k8s://http://127.0.0.1:{server.server_port}"
        command = command.replace("\\\n", " ").replace("k8s://https://API:6443", here)
        words = shlex.split(command)
        words[:1] = [
            str(spark / "bin" / "spark-submit"),
            "--conf", "spark.kubernetes.submission.waitAppCompletion=false",
        ]  # fmt: skip
        env = {name: it for name, it in os.environ.items() if not name.startswith("SPARK")}
        env |= {"SPARK_HOME": str(spark), "SPARK_LOCAL_IP": "127.0.0.1"}
        done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=300)
        server.shutdown()
        thread.join()
    assert done.returncode == 0, done.stderr
    (pod,) = (one for one in told if one["kind"] == "Pod")
    (settings,) = (one for one in told if one["kind"] == "ConfigMap")
    return Asked(pod["spec"]["containers"][0], settings["data"]["spark.properties"])


def test_the_guides_command_asks_for_what_the_image_runs(asked: Asked, tmp_path: Path) -> None:
    role, *arguments = asked.container["args"]
    assert role in container.ROLES
    properties = tmp_path / "spark.properties"
    properties.write_text(asked.properties)
    at = arguments.index("--properties-file") + 1
    arguments[at] = str(properties)
    env = {"SPARK_HOME": "/spark", "INFLUENCERS_PYTHON": sys.executable}
    words, _ = pods.driver_command(env, arguments)
    given, job = submit_options.split(words)
    assert job[0] == "local:///opt/influencers/jobs/pipeline.py"
    assert read_config(pipeline.JOB, job[1:]).paths.output == "s3a://lake/influencers"
    options = submit_options.Options.parse(shlex.join(given))
    assert options.get("--class") == "org.apache.spark.deploy.PythonRunner"
    assert "DeltaSparkSessionExtension" in (options.get("spark.sql.extensions") or "")
    submitted = submit_options.read_properties(properties)
    assert submitted["spark.authenticate"] == "true"
    assert submitted["spark.master"].startswith("k8s://http://127.0.0.1:")


def test_keys_come_from_a_secret_of_kubernetes(asked: Asked) -> None:
    named = {one["name"]: one.get("valueFrom", {}) for one in asked.container["env"]}
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert named[key]["secretKeyRef"]["name"] == "lake"
        assert named[key]["secretKeyRef"]["key"] == key


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")
