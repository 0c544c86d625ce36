from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from influencers.config import FeaturesConfig
from influencers.features.tables import POST_FEATURES
from influencers.ingest.tables import POSTS
from influencers.models.declaration import INFLUENCE, VIRALITY
from influencers.models.rows.new_posts import features_of_new


def posts(spark: SparkSession, *rows: tuple[str, int, int, int | None]) -> DataFrame:
    """Posts of (shortcode, owner_id, day, likes)."""
    start = datetime(2017, 1, 1, tzinfo=timezone.utc)
    filled: list[dict[str, Any]] = [
        {
            "shortcode": shortcode,
            "owner_id": owner,
            "created_at": start + timedelta(days=day),
            "likes": likes,
            "followers": 1_000,
            "hashtags": [],
            "hashtags_as_written": [],
            "mentions": [],
        }
        for shortcode, owner, day, likes in rows
    ]
    names = POSTS.schema.fieldNames()
    return spark.createDataFrame(
        [tuple(row.get(name) for name in names) for row in filled], POSTS.schema
    )


def test_new_posts_have_the_history_that_is_known(spark: SparkSession) -> None:
    known = posts(spark, ("a", 1, 0, 10), ("b", 1, 2, 30), ("c", 2, 0, 5), ("n", 1, 4, 99))
    new = posts(spark, ("n", 1, 4, None), ("m", 1, 6, None), ("x", 3, 6, 7))
    found = features_of_new(new, known, model=VIRALITY, config=FeaturesConfig())
    assert found.columns == POST_FEATURES.schema.fieldNames()
    rows = {row["shortcode"]: row for row in found.collect()}
    assert set(rows) == {"n", "m", "x"}
    assert rows["n"]["history_median_likes"] == 20
    assert rows["n"]["days_since_last_post"] == 2
    # The crawl that is scored, not the one that was known: its likes are unknown.
    assert rows["m"]["history_posts"] == 3
    assert rows["m"]["history_last_likes"] == 30
    assert rows["x"]["history_posts"] == 0


def test_accounts_are_described_with_all_their_posts(spark: SparkSession) -> None:
    known = posts(spark, ("a", 1, 0, 10), ("c", 2, 0, 5))
    new = posts(spark, ("n", 1, 4, 30), ("x", 3, 6, 7))
    found = features_of_new(new, known, model=INFLUENCE, config=FeaturesConfig())
    assert {(row["owner_id"], row["posts"], row["mean_likes"]) for row in found.collect()} == {
        (1, 2, 20.0),
        (3, 1, 7.0),
    }


def test_nothing_needs_to_be_known_before(spark: SparkSession) -> None:
    new = posts(spark, ("n", 1, 4, 30))
    assert features_of_new(new, None, model=VIRALITY, config=FeaturesConfig()).count() == 1
