"""The job reads and writes tables, and makes the same of them however rows lie."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from growth_rows import DAY, Crawl, Post, Seen, World, moment, random_world
from influencers.config import Config, load
from influencers.features.tables import ACCOUNTS
from influencers.features.tiers import TIERS
from influencers.growth.curves import Curves
from influencers.growth.performance import performance
from influencers.growth.tables import ACCOUNT_GROWTH, LIKE_CURVES, POST_PERFORMANCE
from influencers.ingest.tables import ACCOUNT_OBSERVATIONS, POST_OBSERVATIONS, POSTS
from influencers.measured.growth import Growth
from influencers.storage.store import Store
from influencers.storage.table import Table
from jobs import growth

TABLES = (ACCOUNT_GROWTH, LIKE_CURVES, POST_PERFORMANCE)
# By the place of the content type.
FLAGS = ((None, None), (False, False), (True, None), (False, True))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    few = ("min_peers=3", "min_curve_posts=2", "min_earlier=2", "min_expected=5")
    return load(None, [f"paths.output={tmp_path / 'out'}", *(f"growth.{one}" for one in few)])


@pytest.fixture(autouse=True)
def settings_as_before(spark: SparkSession) -> Iterator[None]:
    names = ("spark.sql.shuffle.partitions", "spark.sql.adaptive.coalescePartitions.enabled")
    before = {name: str(spark.conf.get(name)) for name in names}
    spark.conf.set(names[1], False)
    yield
    for name, value in before.items():
        spark.conf.set(name, value)


def world() -> World:
    """Random accounts, and one with a step among nine that stay as they are."""
    together = random_world(5, accounts=12, crawls=9)
    together.seen = [one for one in together.seen if one.shortcode != "gone"]
    for owner in range(50, 60):
        together.tiers[owner] = 1
        followers = (1_000, 1_300) if owner == 59 else (1_000, 1_000)
        together.crawls += [Crawl(owner, day * DAY, count) for day, count in enumerate(followers)]
        together.posts.append(Post(owner, f"{owner}", 0, 10, 13))
    return together


def frame(spark: SparkSession, table: Table, rows: Sequence[dict[str, Any]]) -> DataFrame:
    names = table.schema.fieldNames()
    return spark.createDataFrame(
        [tuple(row.get(name) for name in names) for row in rows], table.schema
    )


def written(spark: SparkSession, config: Config, world: World, *, seed: int, parts: int) -> Store:
    """The tables that the job reads, with their rows in some order and partitions."""
    chance = random.Random(seed)
    spark.conf.set("spark.sql.shuffle.partitions", parts)
    rows: dict[Table, list[dict[str, Any]]] = {
        POSTS: [
            {"shortcode": one.shortcode, "owner_id": one.owner, "created_at": moment(one.at),
             "likes": one.likes, "comments": 3, "is_video": FLAGS[one.kind][0],
             "multiple_images": FLAGS[one.kind][1]}
            for one in world.posts
        ],
        ACCOUNTS: [
            {"owner_id": owner, "tier": TIERS[tier - 1] if tier else None}
            for owner, tier in world.tiers.items()
        ],
        POST_OBSERVATIONS: [
            {"shortcode": one.shortcode, "owner_id": one.owner, "observed_at": moment(one.at),
             "likes": one.likes, "month": "2024-01"}
            for one in world.seen
        ],
        ACCOUNT_OBSERVATIONS: [
            {"owner_id": one.owner, "observed_at": moment(one.at), "followers": one.followers,
             "following": one.following, "followers_resolution": one.resolution,
             "month": "2024-01"}
            for one in world.crawls
        ],
    }  # fmt: skip
    store = Store(spark, config)
    for table, of_table in rows.items():
        if of_table:
            chance.shuffle(of_table)
            store.write(frame(spark, table, of_table), table, few=True)
    return store


def test_tables_do_not_depend_on_rows_and_partitions(
    spark: SparkSession, config: Config, tmp_path: Path
) -> None:
    known = world()
    store = written(spark, config, known, seed=1, parts=3)
    numbers = growth.run(spark, config).growth
    other = load(None, [f"paths.output={tmp_path / 'other'}"])
    # What tasks write themselves in one, Spark writes in the other.
    storage = replace(config.storage, direct=False)
    other = replace(config, paths=other.paths, storage=storage)
    again = written(spark, other, known, seed=2, parts=1)
    assert growth.run(spark, other).growth == numbers
    for table in TABLES:
        assert_df_equality(store.read(table), again.read(table), ignore_row_order=True)

    found = {row["owner_id"]: row for row in store.read(ACCOUNT_GROWTH).collect()}
    step = found[59]
    assert (step["kind"], step["followers_to"], step["days"]) == ("step", 1_300, 1.0)
    assert found[50]["kind"] == "usual"
    assert (step["posts_between"], step["engagement_rate_before"]) == (0, 0.013)
    rows = {row["shortcode"]: row for row in store.read(POST_PERFORMANCE).collect()}
    curves = Curves.of(store.read(LIKE_CURVES).toArrow())
    expected = performance(known.crawled(), curves, config.growth).to_pylist()
    assert len(rows) == len(expected) == len(known.posts)
    for row in expected:
        one = rows[row["shortcode"]]
        for name in ("expected", "score", "basis", "earlier_posts", "likes", "content_type"):
            assert one[name] == row[name]
    assert numbers is not None
    assert numbers.posts == len(rows) and sum(numbers.by_kind.values()) <= numbers.intervals
    assert numbers.by_kind["step"] >= 1 and numbers.accounts > 10
    assert numbers.missing == sum(row["missing_since"] is not None for row in rows.values())
    assert sum(numbers.scored_by_basis.values()) == sum(
        row["score"] is not None for row in rows.values()
    )
    assert numbers.curves > 0 and numbers.curve_observations > 0


def test_without_posts_there_is_nothing(spark: SparkSession, config: Config) -> None:
    store = Store(spark, config)
    for table in (POSTS, ACCOUNTS):
        store.write(spark.createDataFrame([], table.schema), table)
    numbers = growth.run(spark, config).growth
    assert numbers == Growth()
    assert all(store.read(table).isEmpty() for table in TABLES)


def test_a_single_crawl_has_performance_alone(
    spark: SparkSession, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    known = World({1: 1})
    for number in range(4):
        known.posts.append(Post(1, f"p{number}", number * 10 * DAY, 20))
    store = written(spark, config, known, seed=1, parts=2)
    line = "growth: one crawl so far: growth and like curves need a second"
    numbers = growth.run(spark, config).growth
    assert line in capsys.readouterr().err
    assert numbers is not None and numbers.scored_by_basis == {"mature": 1}

    known.crawls.append(Crawl(1, 50 * DAY, 100))
    known.seen = [Seen(1, one.shortcode, 50 * DAY, one.likes) for one in known.posts]
    written(spark, config, known, seed=1, parts=2)
    numbers = growth.run(spark, config).growth
    assert line in capsys.readouterr().err
    assert numbers is not None and (numbers.accounts, numbers.intervals, numbers.curves) == (
        0,
        0,
        0,
    )
    assert store.read(ACCOUNT_GROWTH).isEmpty() and store.read(LIKE_CURVES).isEmpty()
    rows = {row["shortcode"]: row for row in store.read(POST_PERFORMANCE).collect()}
    assert [rows[f"p{number}"]["score"] for number in range(4)] == [None, None, 1.0, None]
    assert rows["p2"]["last_seen_at"] == rows["p2"]["observed_at"] is not None
