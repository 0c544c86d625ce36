"""Canaries: secrets that are given to a run, and must not be found in anything it leaves."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from cluster import with_event_log
from influencers.redaction import redacted, without_secrets

ROOT = Path(__file__).resolve().parents[2]
# Distinct, so that a leak names its way out.
SPARK_SETTINGS = {
    "spark.hadoop.fs.s3a.secret.key": "canary-s3",
    "spark.hadoop.fs.azure.account.key.lake.dfs.core.windows.net": "canary-azure",
    "spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:postgresql://db/x?user=u&password=canary-jdbc",
    "spark.hadoop.proxy": "https://user:canary-proxy@proxy.example/",
    "spark.executorEnv.API_TOKEN": "canary-environment",
    "spark.driver.extraJavaOptions": "-Dstore.password=canary-java",
}
JOB_SETTINGS = {
    "models.mlflow_uri": "https://user:canary-mlflow@mlflow.example/?token=canary-query",
    "generate.image_base_url": "https://canary-bearer@images.example",
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s3a://AKID:sEcr/et@lake/x", "s3a://AKID:***@lake/x"),
        ("jdbc:mysql://u:p@h:3306/d", "jdbc:mysql://u:***@h:3306/d"),
        ("https://ghp_abc@github.com/x", "https://***@github.com/x"),
        ("https://h/p?X-Amz-Signature=ab12&page=2", "https://h/p?X-Amz-Signature=***&page=2"),
        ("https://h/p?sv=1&sig=a%2Fb", "https://h/p?sv=1&sig=***"),
        ("fs.s3a.secret.key=abc,x=1", "fs.s3a.secret.key=***,x=1"),
        ("password = 'abc' or so", "password = '***' or so"),
    ],
)
def test_secrets_are_hidden(text: str, shown: str) -> None:
    assert redacted(text) == shown
    assert redacted(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "abfss://container@account.dfs.core.windows.net/posts",
        "s3a://lake/posts/2026-11-25T10:00@x.csv",
        "hdfs://namenode:8020/posts",
        "https://example.com:8443/a@b/c?page=2&oe=5F",
        "mail someone@example.com about the keys=5 tokens and signatures",
        "spark://127.0.0.1:7077",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


@given(st.text(), st.text("abc123", min_size=1), st.text())
def test_a_password_in_an_address_never_stays(before: str, secret: str, after: str) -> None:
    assert f"zq{secret}@" not in redacted(f"{before} https://user:zq{secret}@host/ {after}")


def test_every_text_of_a_record_is_looked_at() -> None:
    record = {"a": ("https://u:p@h", 1, None), "b": {"c": ["x?token=p", True]}}
    assert without_secrets(record) == {
        "a": ["https://u:***@h", 1, None],
        "b": {"c": ["x?token=***", True]},
    }


def test_a_plan_hides_what_a_literal_holds(spark: SparkSession) -> None:
    frame = spark.range(1).where("concat(id, '') = 'https://user:canary-url@h password=canary-sql'")
    plan = frame._jdf.queryExecution().toString()
    assert "redacted" in plan
    assert "canary" not in plan


@dataclass(frozen=True)
class Left:
    """What a run has said, what it wrote, and Spark's event log of it."""

    said: str
    output: Path
    events: str


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    """A job in a process of its own, with secrets wherever one could be put."""
    folder = tmp_path_factory.mktemp("canaries")
    (folder / "edges.csv").write_text("src,dst,weight\na,b,1\nb,c,1\na,c,1\n")
    settings = {
        **SPARK_SETTINGS,
        "spark.master": "local[1]",
        "spark.driver.memory": "1g",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        **with_event_log(folder / "events"),
    }
    options = [word for pair in settings.items() for word in ("--conf", "=".join(pair))]
    arguments = ["--output", str(folder / "out"), "--edges", str(folder / "edges.csv")]
    sets = [word for pair in JOB_SETTINGS.items() for word in ("--set", "=".join(pair))]
    env = {name: one for name, one in os.environ.items() if not name.startswith(("SPARK", "PYSP"))}
    env |= {"INFLUENCERS_PYTHON": sys.executable, "SPARK_SUBMIT_ARGS": shlex.join(options)}
    env.setdefault("INFLUENCERS_JARS", str(ROOT / ".jars"))
    done = subprocess.run(
        [ROOT / "spark-submit.sh", "communities", *arguments, *sets],
        env=env, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    (log,) = (folder / "events").iterdir()
    yield Left(done.stdout + done.stderr, folder / "out", log.read_text())


def test_the_event_log_names_the_settings_and_hides_their_values(left: Left) -> None:
    for key in SPARK_SETTINGS:
        assert key in left.events
    assert "canary" not in left.events


def test_manifest_metrics_and_every_other_file_hide_them(left: Left) -> None:
    settings = json.loads((left.output / "manifest.json").read_text())["configuration"]
    assert settings["models.mlflow_uri"] == "https://user:***@mlflow.example/?token=***"
    written = [one for one in left.output.rglob("*") if one.is_file()]
    assert {"manifest.json", "metrics.json"} <= {one.name for one in written}
    assert [one for one in written if b"canary" in one.read_bytes()] == []


def test_nothing_of_them_is_said(left: Left) -> None:
    assert "communities" in left.said
    assert "canary" not in left.said
