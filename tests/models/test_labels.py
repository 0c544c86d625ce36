from __future__ import annotations

from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.config import ModelsConfig
from influencers.models import labels
from influencers.models.declaration import LABELS

CONFIG = ModelsConfig(influential_share=0.25, viral_share=0.1)


def learn(name: str, train: DataFrame) -> dict[str, Any]:
    return labels.learn([LABELS[name]], train, {"all": F.lit(True)}, CONFIG)["all"][name]


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
    learnt = learn("top_followers", frame)
    # Two of eight known accounts are a quarter; the third stands level with them.
    assert learnt == {"share": 0.25, "threshold": 300}
    check(frame, "top_followers", learnt, [0, 0, 1, 1, 0, None, 0, 0, 1])


def test_the_threshold_of_the_training_rows_holds_for_all_others(spark: SparkSession) -> None:
    train = spark.createDataFrame([(n,) for n in range(100)], "likes bigint")
    learnt = learn("top_likes", train)
    assert learnt == {"share": 0.1, "threshold": 90}
    test = spark.createDataFrame([(0, 90), (1, 89), (2, None)], "id int, likes bigint")
    check(test, "top_likes", learnt, [1, 0, None])


def test_every_tier_has_its_own_threshold(spark: SparkSession) -> None:
    rows = [(n / 1000, "nano") for n in range(1, 21)] + [(n / 10, "mid") for n in range(1, 11)]
    rows += [(0.5, "mega")] * 9 + [(None, "mid"), (0.2, None)]
    train = spark.createDataFrame(rows, "engagement_rate double, tier string")
    learnt = learn("top_engagement_in_tier", train)
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
    learnt = learn("beats_own_history", frame)
    check(frame, "beats_own_history", learnt, [1, 0, None, None, None, 1])


@pytest.mark.parametrize("name", ["top_likes", "top_engagement_in_tier"])
def test_without_a_known_value_no_row_has_a_label(spark: SparkSession, name: str) -> None:
    frame = spark.createDataFrame(
        [(0, None, None, "nano")], "id int, likes bigint, engagement_rate double, tier string"
    )
    learnt = learn(name, frame)
    check(frame, name, learnt, [None])


def test_labels_and_splits_are_learnt_together_as_alone(spark: SparkSession) -> None:
    rows = [(n, n / 1000, "nano" if n % 2 else "mid", float(n)) for n in range(200)]
    frame = spark.createDataFrame(
        rows, "likes bigint, engagement_rate double, tier string, history_median_likes double"
    )
    names = ["top_likes", "top_engagement_in_tier", "beats_own_history"]
    parts = {"low": F.col("likes") < 100, "all": F.lit(True)}
    found = labels.learn([LABELS[name] for name in names], frame, parts, CONFIG)
    for split, part in parts.items():
        assert found[split] == {name: learn(name, frame.where(part)) for name in names}
    assert found["low"]["top_likes"] == {"share": 0.1, "threshold": 90}
    assert found["all"]["top_likes"] == {"share": 0.1, "threshold": 180}
    assert set(found["all"]["top_engagement_in_tier"]["thresholds"]) == {"nano", "mid"}
