from __future__ import annotations

from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from influencers.config import ModelsConfig
from influencers.models import labels
from influencers.models.declaration import LABELS

CONFIG = ModelsConfig(influential_share=0.25, viral_share=0.1)


def check(
    frame: DataFrame, name: str, learnt: dict[str, Any], expected: list[float | None]
) -> None:
    found = frame.select("id", labels.labelled(LABELS[name], learnt).alias("label"))
    rows = [(place, None if one is None else float(one)) for place, one in enumerate(expected)]
    wanted = frame.sparkSession.createDataFrame(rows, found.schema)
    assert_df_equality(found, wanted, ignore_row_order=True)


def test_the_top_quarter_of_followers_is_influential(spark: SparkSession) -> None:
    values = [100, 200, 300, 300, 50, None, 70, 80, 300]
    frame = spark.createDataFrame(list(enumerate(values)), "id int, followers bigint")
    learnt = labels.learn(LABELS["top_followers"], frame, CONFIG)
    # Two of eight known accounts are a quarter; the third stands level with them.
    assert learnt == {"share": 0.25, "threshold": 300}
    check(frame, "top_followers", learnt, [0, 0, 1, 1, 0, None, 0, 0, 1])


def test_the_threshold_of_the_training_rows_holds_for_all_others(spark: SparkSession) -> None:
    train = spark.createDataFrame([(n,) for n in range(100)], "likes bigint")
    learnt = labels.learn(LABELS["top_likes"], train, CONFIG)
    assert learnt == {"share": 0.1, "threshold": 90}
    test = spark.createDataFrame([(0, 90), (1, 89), (2, None)], "id int, likes bigint")
    check(test, "top_likes", learnt, [1, 0, None])


def test_every_tier_has_its_own_threshold(spark: SparkSession) -> None:
    rows = [(n / 1000, "nano") for n in range(1, 21)] + [(n / 10, "mid") for n in range(1, 11)]
    rows += [(0.5, "mega")] * 9 + [(None, "mid"), (0.2, None)]
    train = spark.createDataFrame(rows, "engagement_rate double, tier string")
    learnt = labels.learn(LABELS["top_engagement_in_tier"], train, CONFIG)
    assert learnt == {"share": 0.1, "thresholds": {"mid": 1.0, "nano": 0.019}}
    test = spark.createDataFrame(
        [
            (0, 0.019, "nano"),
            (1, 0.0189999, "nano"),
            (2, 0.9, "mid"),
            (3, 1e300, "mid"),
            (4, 0.9, "mega"),
            (5, None, "nano"),
            (6, 0.9, None),
        ],
        "id int, engagement_rate double, tier string",
    )
    check(test, "top_engagement_in_tier", learnt, [1, 0, 0, 1, None, None, None])


def test_twice_the_own_median_beats_the_history(spark: SparkSession) -> None:
    rows = [(0, 20, 10.0), (1, 19, 10.0), (2, None, 10.0), (3, 20, None), (4, 20, 0.0), (5, 3, 1.5)]
    frame = spark.createDataFrame(rows, "id int, likes bigint, history_median_likes double")
    learnt = labels.learn(LABELS["beats_own_history"], frame, CONFIG)
    check(frame, "beats_own_history", learnt, [1, 0, None, None, None, 1])


@pytest.mark.parametrize("name", ["top_likes", "top_engagement_in_tier"])
def test_without_a_known_value_no_row_has_a_label(spark: SparkSession, name: str) -> None:
    frame = spark.createDataFrame(
        [(0, None, None, "nano")], "id int, likes bigint, engagement_rate double, tier string"
    )
    learnt = labels.learn(LABELS[name], frame, CONFIG)
    check(frame, name, learnt, [None])
