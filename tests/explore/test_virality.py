from __future__ import annotations

import math
from functools import reduce
from typing import Any

import numpy as np
import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from explore_seeds import random_posts, shuffled, table
from influencers.buckets import bucket
from influencers.config import ModelsConfig
from influencers.explore.clock import Clock
from influencers.explore.rows import Rows
from influencers.explore.tables import ANALYSIS_VIRALITY
from influencers.explore.verdicts import DIFFERENT, Band, verdict
from influencers.explore.virality import (
    COMPARISONS,
    DELTA,
    FEATURES,
    NUMBERS,
    ODDS_RATIO,
    STEPS,
    VIRAL_LABELS,
    Steps,
    compared,
    measure,
    traits,
    verdicts,
    viral_labels,
    virality,
)
from influencers.storage.table import conform

TRUSTED = Clock()
BANDS = {DELTA: Band.of_delta(0.1), ODDS_RATIO: Band.of_odds_ratio(1.25)}
ROWS = random_posts(accounts=150, seed=21)


def analysed(posts: DataFrame, clock: Clock = TRUSTED, *, tasks: int = 2) -> DataFrame:
    """The analysis of posts that so many tasks count, some at a time."""
    spark, buckets = posts.sparkSession, 20
    counted = posts.withColumn("hour", clock.hour()).select(
        bucket("owner_id", count=buckets).alias("bucket"),
        *[label.alias(name) for name, label in viral_labels(posts, ModelsConfig()).items()],
        traits().alias("traits"),
    )
    rows = counted.toArrow()
    frames = [spark.createDataFrame([], STEPS)]
    for task in range(tasks):
        steps = Steps(buckets)
        own = rows.take(np.arange(task, len(rows), tasks))
        for start in range(0, len(own), 100):
            steps.add(Rows(own.slice(start, 100)))
        frames.append(spark.createDataFrame(steps.rows().to_pylist(), STEPS))
    together = reduce(DataFrame.unionByName, frames)
    return conform(virality(together, clock=clock, bands=BANDS), ANALYSIS_VIRALITY)


def pairwise(rows: list[dict[str, Any]], viral: set[str], value: Any) -> tuple[float, int, int]:
    """Cliff's delta or the odds ratio by its definition, and the sizes of the groups."""
    known = [row for row in rows if row["likes"] is not None and value(row) is not None]
    xs = np.array([value(row) for row in known if row["shortcode"] in viral], float)
    ys = np.array([value(row) for row in known if row["shortcode"] not in viral], float)
    if isinstance(value(known[0]), bool):
        (yes, no), (others_yes, others_no) = (
            (v.sum() + 0.5, (1 - v).sum() + 0.5) for v in (xs, ys)
        )
        return float((yes / no) / (others_yes / others_no)), len(xs), len(ys)
    return float(np.sign(xs[:, None] - ys[None, :]).mean()), len(xs), len(ys)


def test_effects_are_those_of_all_pairs(spark: SparkSession) -> None:
    posts = table(spark, "post_features", ROWS)
    frame = analysed(posts)
    found = {(row["label"], row["feature"]): row for row in frame.collect()}
    assert len(found) == 2 * len(FEATURES) == frame.count()
    known = sorted((row["likes"] for row in ROWS if row["likes"] is not None), reverse=True)
    threshold = known[math.ceil(len(known) / 10) - 1]
    viral = {row["shortcode"] for row in ROWS if (row["likes"] or 0) >= threshold}
    values = {
        "caption_length": lambda row: row["caption_length"],
        "emoji_count": lambda row: row["emoji_count"],
        "hashtag_count": lambda row: row["hashtag_count"],
        "question": lambda row: row["question"],
        "video": lambda row: row["content_type"] and row["content_type"] == "video",
        "has_location": lambda row: row["has_location"],
        "weekend": lambda row: row["day_of_week"] >= 6,
        "morning": lambda row: row["hour"] // 6 == 1,
    }
    compared_names: set[str] = set()
    for name, value in values.items():
        row = found["top_likes", name]
        effect, viral_posts, other_posts = pairwise(ROWS, viral, value)
        assert row["effect"] == pytest.approx(effect, abs=1e-12), name
        assert (row["viral_posts"], row["other_posts"]) == (viral_posts, other_posts)
        numeric = name in ("caption_length", "emoji_count", "hashtag_count")
        assert row["measure"] == ("Cliff's delta" if numeric else "odds ratio")
        if row["low"] is None:
            assert row["verdict"] == "too few accounts: no verdict"
        else:
            assert row["low"] < row["effect"] < row["high"]
            compared_names.add(name)
    assert compared_names >= {"caption_length", "hashtag_count", "has_location"}
    lengths = [row["caption_length"] for row in ROWS if row["shortcode"] in viral]
    middle = sorted(lengths)[(len(lengths) + 1) // 2 - 1]
    assert found["top_likes", "caption_length"]["typical_viral"] == middle
    asked = [row["question"] for row in ROWS if row["shortcode"] in viral]
    assert found["top_likes", "question"]["typical_viral"] == pytest.approx(np.mean(asked))
    # Nobody's history is known here, and no place is null.
    assert found["top_likes", "history_max_likes"]["verdict"] == "no data: no verdict"
    assert found["top_likes", "history_max_likes"]["effect"] is None


def test_shuffled_posts_have_the_same_effects(spark: SparkSession) -> None:
    posts = table(spark, "post_features", ROWS)
    again = analysed(shuffled(posts, 5), tasks=5)
    assert_df_equality(analysed(posts, tasks=1), again, ignore_row_order=True)


def test_times_without_an_hour_and_constants_get_no_verdict(spark: SparkSession) -> None:
    posts = table(spark, "post_features", ROWS).withColumn("content_type", F.lit("photo"))
    found = verdicts(analysed(posts, Clock(trusted=False)).toPandas())
    assert found.keys() == {"top_likes", "top_engagement_in_tier"}
    for label in found.values():
        assert set(label) == set(FEATURES)
        assert label["morning"] == label["night"] == "times are truncated: no verdict"
        assert label["video"] == label["carousel"] == "nothing to compare with: no verdict"


def test_no_posts_at_all_get_no_verdict(spark: SparkSession) -> None:
    empty = table(spark, "post_features", [])
    found = analysed(empty).collect()
    assert len(found) == 2 * len(FEATURES)
    assert {row["verdict"] for row in found} == {"no data: no verdict"}


def meaningless(rng: np.random.Generator) -> int:
    """How many claims a table makes of features that have nothing to do with virality.

    300 accounts in 64 buckets; accounts differ in how often they are viral and in every feature.
    """
    buckets = rng.integers(64, size=300)
    owners = np.repeat(np.arange(300), 1 + rng.geometric(1 / 15, size=300))
    claims = 0
    for _ in VIRAL_LABELS:
        chance = rng.beta(0.5, 4.5, size=300)[owners]
        viral = rng.random(len(owners)) < chance
        for feature in FEATURES:
            level = rng.normal(size=300)[owners]
            values = np.digitize(level + rng.normal(size=len(owners)), np.linspace(-3, 3, 20))
            if feature not in NUMBERS:
                values = (values > rng.choice([10, 12, 15])).astype(int)  # 50, 25 or 5 % of posts
            size = values.max() + 1
            matrices = [
                np.bincount(buckets[owners[among]] * size + values[among], minlength=64 * size)
                for among in (viral, ~viral)
            ]
            first, second = (matrix.reshape(64, size) for matrix in matrices)
            effect = compared(feature, first, second, np.arange(size, dtype=float))
            claims += verdict(effect, band=BANDS[measure(feature)]) in DIFFERENT
    return claims


def test_features_without_meaning_are_claimed_in_about_one_table_of_twenty() -> None:
    """More than 10 of 100 tables would be a matter of luck in 1 of 100 tries."""
    assert COMPARISONS == 54
    rng = np.random.default_rng(11)
    claiming = sum(meaningless(rng) > 0 for _ in range(100))
    assert claiming <= 10
