"""deploy/kubernetes.yaml and docs/clusters.md agree with the code, with Spark and with each other.

No cluster is asked: whether Kubernetes takes the manifest is not known from here.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import SparkSession

import container
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


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")
