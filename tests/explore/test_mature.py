from __future__ import annotations

from datetime import timedelta

from pyspark.sql import SparkSession

from explore_seeds import START, account_rows, post_rows, table
from influencers.explore.mature import settled_posts


def test_only_posts_that_were_old_enough_at_the_crawl_remain(spark: SparkSession) -> None:
    waited = [(0, None), (1.9, None), (2, None), (5, 5.0), (9, 1.0)]  # days, age if known
    rows = post_rows(
        {"owner_id": 1, "created_at": START - timedelta(days=days), "post_age_days": age}
        for days, age in waited
    )
    posts = table(spark, "post_features", rows)
    accounts = table(spark, "accounts", account_rows(rows))
    settled = settled_posts(posts, accounts, days=2)
    assert settled.columns == posts.columns or set(settled.columns) == set(posts.columns)
    assert sorted(row["shortcode"] for row in settled.collect()) == ["p00002", "p00003"]
    assert settled_posts(posts, accounts, days=0).count() == 5
