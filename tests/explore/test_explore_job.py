from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from explore_seeds import account_rows, random_posts, table
from influencers import tables
from influencers.config import Config, PathsConfig
from influencers.explore.figures import FIGURES
from influencers.schemas import SCHEMAS
from jobs.explore import run

NAMES = ("follower_distribution", "engagement_vs_followers", "likes_distribution",
         "likes_vs_comments", "engagement_by_hashtags", "engagement_by_content_type")  # fmt: skip


def explored(spark: SparkSession, folder: Path, accounts: int) -> tuple[Config, dict]:
    """The job's run on random posts: where it wrote, and the numbers it returned."""
    config = replace(Config(), paths=PathsConfig(output=str(folder)))
    rows = random_posts(accounts, seed=8)
    posts = [
        {"shortcode": r["shortcode"], "owner_id": r["owner_id"], "hashtags": ["a"]} for r in rows
    ]
    for name, content in (
        ("posts", posts),
        ("post_features", rows),
        ("accounts", account_rows(rows)),
    ):
        tables.write(table(spark, name, content), config, name)
    return config, run(spark, config)


@pytest.mark.parametrize("accounts", [80, 0], ids=["posts", "no posts"])
def test_every_figure_and_analysis_is_written(
    spark: SparkSession, tmp_path: Path, accounts: int
) -> None:
    config, numbers = explored(spark, tmp_path, accounts)
    assert tuple(figure.name for figure in FIGURES) == NAMES
    pictures = {path.name for path in (tmp_path / "figures").iterdir() if path.suffix == ".png"}
    assert pictures == {f"{name}.png" for name in NAMES}
    for name in NAMES:
        assert (tmp_path / "figures" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    written = [name for name in SCHEMAS if name.startswith(("figure_", "analysis_"))]
    assert len(written) >= 10
    for name in written:
        rows = tables.read(spark, config, name).count()
        assert rows <= 500
        assert bool(rows) == (bool(accounts) or name in ("analysis_virality", "analysis_content"))
    assert set(numbers["explore"]["content"]) == {
        "content_type", "hashtag_count", "hashtag", "hour", "weekday",
    }  # fmt: skip
    assert set(numbers["explore"]["virality"]) == {"top_likes", "top_engagement_in_tier"}
