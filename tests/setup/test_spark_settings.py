"""conf/spark-defaults.conf and conf/log4j2.properties name things that this Spark has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from influencers.run.session import read_defaults
from submit_options import read_properties

CONF = Path(__file__).resolve().parents[2] / "conf"
DEFAULTS = CONF / "spark-defaults.conf"


@pytest.mark.parametrize("key", sorted(read_properties(DEFAULTS)))
def test_every_setting_is_one_that_spark_knows(spark: SparkSession, key: str) -> None:
    entries = spark._jvm.org.apache.spark.internal.config.ConfigEntry  # type: ignore[union-attr]
    if key.startswith("spark.databricks.delta."):
        # Delta registers its settings under the key without its prefix, and refuses unknown ones.
        assert spark.conf.get(key)
        spark.sql("SELECT 1").write.format("delta").option("x", 1)
        return
    assert entries.findEntry(key) is not None


def test_every_setting_is_in_force(spark: SparkSession) -> None:
    # Those that the tests' session sets for small data.
    own = {"spark.databricks.delta.snapshotPartitions"}
    for key, value in read_properties(DEFAULTS).items():
        if key not in own:
            assert spark.conf.get(key) == value, key


def test_the_launcher_and_the_session_read_the_same() -> None:
    assert read_defaults(DEFAULTS) == read_properties(DEFAULTS)


def test_every_setting_has_a_reason_above_it() -> None:
    paragraphs = DEFAULTS.read_text().split("\n\n")
    assert all(paragraph.lstrip().startswith("#") for paragraph in paragraphs)


def test_every_quiet_logger_exists(spark: SparkSession) -> None:
    text = (CONF / "log4j2.properties").read_text()
    names = re.findall(r"^logger\.\w+\.name = (\S+)$", text, re.MULTILINE)
    assert names
    loader = spark._jvm.java.lang.Thread.currentThread().getContextClassLoader()  # type: ignore[union-attr]
    for name in names:
        path = name.replace(".", "/")
        found = loader.getResource(f"{path}.class") or loader.getResource(path)
        assert found is not None, name


def test_log_settings_are_in_force(spark: SparkSession) -> None:
    log4j = spark._jvm.org.apache.logging.log4j  # type: ignore[union-attr]
    context = log4j.LogManager.getContext(False)
    assert context.getConfiguration().getName() == "influencers"
    quiet = log4j.LogManager.getLogger("org.apache.spark.util.SparkStringUtils")
    assert quiet.getLevel().toString() == "ERROR"
