from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from explore_seeds import account_rows, random_posts, shuffled, table
from influencers.catalog import TABLES
from influencers.config import Config, load
from influencers.explore.analyses import explored
from influencers.explore.figures import FIGURES
from influencers.explore.tables import (
    FIGURE_ENGAGEMENT_BY_CONTENT_TYPE,
    FIGURE_ENGAGEMENT_VS_FOLLOWERS,
    FIGURE_LIKES_DISTRIBUTION,
)
from influencers.measured.explore import Explore
from influencers.run import persisted, side_by_side
from influencers.storage.store import Store
from jobs.explore import run

LARGEST = 2**63 - 1
NAMES = ("follower_distribution", "engagement_vs_followers", "likes_distribution",
         "likes_vs_comments", "engagement_by_hashtags", "engagement_by_content_type")  # fmt: skip


@pytest.mark.parametrize("partitions", [1, 7])
def test_tables_do_not_depend_on_rows_or_partitions(spark: SparkSession, partitions: int) -> None:
    """Those of one call on whole frames, in two partitions, and of others."""
    rows = random_posts(accounts=90, seed=14)
    seeds = {
        "posts": [{**row, "hashtags": ["a", "b"][: row["owner_id"] % 3]} for row in rows],
        "post_features": rows,
        "accounts": account_rows(rows),
    }
    names = TABLES["posts"].schema.names
    seeds["posts"] = [{k: v for k, v in row.items() if k in names} for row in seeds["posts"]]
    frames = [table(spark, name, content) for name, content in seeds.items()]
    config = load(None, ["explore.leader_min_posts=6", "explore.min_hashtag_accounts=5"])

    def tables(*frames: DataFrame) -> dict[str, list[str]]:
        with persisted.frames() as keep, side_by_side.started(spark) as start:
            found = explored(*frames, config, keep=keep, start=start)
            analyses = {name: rows.result() for name, rows in found.analyses.items()}
            return {
                name: sorted(map(repr, rows.to_pylist()))
                for name, rows in {**found.figures, **analyses}.items()
            }

    expected = tables(*frames)
    assert set(expected) == {name for name in TABLES if name.startswith(("figure_", "analysis_"))
                             and TABLES[name].job == "explore"}  # fmt: skip
    assert all(expected.values())
    assert tables(*(shuffled(frame, partitions) for frame in frames)) == expected


def written(
    spark: SparkSession, folder: Path, accounts: int, *, extreme: bool = False
) -> tuple[Config, Explore | None]:
    """The job's run on random posts: where it wrote, and the numbers it returned.

    Args:
        extreme: every tenth post gets the largest counts that there are.
    """
    # Random accounts have at most nine posts: leaders are among those with six.
    config = load(None, [f"paths.output={folder}", "explore.leader_min_posts=6"])
    rows = random_posts(accounts, seed=8)
    if extreme:
        for row in rows[::10]:
            followers = row["followers"] and LARGEST
            # Likes and comments together are beyond bigint, as `features` finds.
            row |= {"likes": LARGEST, "comments": LARGEST, "followers": followers,
                    "hashtag_count": 2**31 - 1, "caption_length": 2**31 - 1,
                    "engagement": None, "engagement_rate": None}  # fmt: skip
    posts = [
        {"shortcode": r["shortcode"], "owner_id": r["owner_id"], "hashtags": ["a"]} for r in rows
    ]
    for name, content in (
        ("posts", posts),
        ("post_features", rows),
        ("accounts", account_rows(rows)),
    ):
        Store(spark, config).write(table(spark, name, content), TABLES[name])
    return config, run(spark, config).explore


@pytest.mark.parametrize("accounts", [80, 0], ids=["posts", "no posts"])
def test_every_figure_and_analysis_is_written(
    spark: SparkSession, tmp_path: Path, accounts: int
) -> None:
    config, numbers = written(spark, tmp_path, accounts)
    assert numbers is not None
    assert tuple(figure.name for figure in FIGURES) == NAMES
    images = {path.name for path in (tmp_path / "figures").iterdir() if path.suffix == ".png"}
    assert images == {f"{name}.png" for name in NAMES}
    for name in NAMES:
        assert (tmp_path / "figures" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    names = [name for name in TABLES if name.startswith(("figure_", "analysis_"))]
    assert len(names) >= 10
    for name in names:
        rows = Store(spark, config).read(name).count()
        assert rows <= 500
        assert bool(rows) == (bool(accounts) or name in ("analysis_virality", "analysis_content"))
    traits = {
        "content_type", "has_location", "question", "hashtag_count", "hashtag", "hour", "weekday",
    }  # fmt: skip
    assert set(numbers.content) == traits
    outcomes = numbers.content_by_outcome
    assert set(outcomes) == {"engagement_rate", "comments", "comments_per_like"}
    assert {frozenset(line) for line in outcomes.values()} == {frozenset(traits)}
    assert outcomes["engagement_rate"] == numbers.content
    assert set(numbers.virality) == {"top_likes", "top_engagement_in_tier"}


def test_the_largest_counts_there_are_do_not_end_a_run(spark: SparkSession, tmp_path: Path) -> None:
    config, _ = written(spark, tmp_path, accounts=40, extreme=True)
    store = Store(spark, config)
    for name in NAMES:
        assert (tmp_path / "figures" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    cells = store.read(FIGURE_ENGAGEMENT_VS_FOLLOWERS).toPandas()
    unknown = cells.loc[cells["part"] == "engagement unknown", "posts"].sum()
    assert unknown > 0
    by_type = store.read(FIGURE_ENGAGEMENT_BY_CONTENT_TYPE).toPandas()
    assert by_type.loc[by_type["part"] == "engagement unknown", "posts"].sum() == unknown
    likes = store.read(FIGURE_LIKES_DISTRIBUTION).toPandas()
    assert likes["likes_to"].max() == float(LARGEST)
