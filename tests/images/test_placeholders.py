"""Which bytes are a placeholder, and which are reposts of one image."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any, NamedTuple

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from image_options import POLICY
from influencers.images import keys, placeholders, shown, statuses
from influencers.images.http.client import Fetched
from influencers.images.measure.measures import COLUMNS
from influencers.images.placeholders import Rule
from influencers.images.schedule.retry import Later, next_step
from influencers.images.tables import IMAGES
from influencers.storage.table import conform

NOW = 1_700_000_000.0
MIRRORS = ("cdn.example",)
RULE = Rule(least=20, mirrors=MIRRORS)


class Post(NamedTuple):
    """A post, and what came for its image."""

    owner: int | None
    caption: str | None
    url: str
    sha256: str
    side: int = 300
    status: str = "ok"


def real(site: str, count: int, owners: int | None = None) -> list[Post]:
    """Images of all kinds; of so many accounts, or each of its own."""
    return [
        Post(n % (owners or count), f"c{n}", f"https://{site}/{n}_real.jpg", f"{site}{n}")
        for n in range(count)
    ]


def same(site: str, count: int, *, owners: int | None = None, **changes: Any) -> list[Post]:
    """The same bytes for that many files of that many accounts, each with its own caption."""
    return [
        Post(n % (owners or count), f"s{n}", f"https://{site}/{n}_same.jpg", "same")._replace(
            **changes
        )
        for n in range(count)
    ]


# By site: what came from it, and whether "same" is a placeholder there.
SITES: dict[str, tuple[list[Post], bool]] = {
    "all-accounts.example": (same("all-accounts.example", 20), True),
    "one-too-few.example": (same("one-too-few.example", 19), False),
    "some-accounts.example": (
        real("some-accounts.example", 500) + same("some-accounts.example", 25), True),
    # A viral repost: many accounts, and few of all that there are.
    "viral.example": (real("viral.example", 2600) + same("viral.example", 25), False),
    # The host broke off in the middle of few accounts.
    "few-accounts.example": (
        real("few-accounts.example", 60, 4) + same("few-accounts.example", 25, owners=4), True),
    "one-account.example": (
        real("one-account.example", 60, 1) + same("one-account.example", 30, owners=1), True),
    # One who posts the same notice now and then, among other images.
    "notices.example": (
        real("notices.example", 120, 1) + same("notices.example", 30, owners=1), False),
    # One who does nothing else, under one caption, or under none that is known.
    "spam.example": (same("spam.example", 50, owners=1, caption="buy"), False),
    "silent.example": (same("silent.example", 50, owners=1, caption=None), False),
    "unknown.example": (same("unknown.example", 30, owner=None), True),
    # One file with many signatures, or one address that many posts show.
    "signed.example": (
        [post._replace(url=f"https://signed.example/1_n.jpg?oh={n}&sig={n}")
         for n, post in enumerate(same("signed.example", 40))], False),
    "hotlinked.example": (
        same("hotlinked.example", 40, url="https://hotlinked.example/1_same.jpg"), False),
    "program.example": (
        [post._replace(url=f"https://program.example/image?id={n}")
         for n, post in enumerate(same("program.example", 20))], True),
    "dots.example": (same("dots.example", 3, side=16), True),
    "two-dots.example": (same("two-dots.example", 2, side=1), False),
    "small.example": (same("small.example", 12, side=17), False),
    # What was told before counts, so that the rest of it is told too.
    "told.example": (
        same("told.example", 15, status="placeholder") + [
            post._replace(url=post.url.replace("same", "late"), owner=100 + n)
            for n, post in enumerate(same("told.example", 5))], True),
}  # fmt: skip
# Hosts of one mirrored domain are one site, though none has enough by itself.
SITES["cdn.example"] = (
    [post._replace(url=f"https://edge{n}.cdn.example/{n}_same.jpg")
     for n, post in enumerate(same("cdn.example", 20))], True)  # fmt: skip


def tables(spark: SparkSession, posts: Iterable[Post]) -> tuple[DataFrame, DataFrame, DataFrame]:
    """The tables images, post_images and posts."""
    known = list(posts)
    entries = {
        post.url: {
            "url": post.url, "host": post.url.split("/")[2] + ":443", "status": post.status,
            "sha256": post.sha256, "attempts": 1, "brightness": 0.5, "phash": 7,
            "width": post.side if post.status == "ok" else None, "height": 1,
            "fetched_at": datetime.fromtimestamp(NOW - 60, timezone.utc), "bytes": 99,
        }
        for post in known
    }  # fmt: skip
    names = IMAGES.schema.fieldNames()
    images = spark.createDataFrame(
        [[entry.get(name) for name in names] for entry in entries.values()], IMAGES.schema
    ).withColumn("image_key", keys.image_key(F.col("url"), mirrors=MIRRORS))
    shown_by = [(f"S{n}", post.owner, post.caption, post.url) for n, post in enumerate(known)]
    of_posts = spark.createDataFrame(
        shown_by, "shortcode string, owner_id long, caption string, image_url string"
    )
    return images, shown.of_posts(of_posts, mirrors=MIRRORS), of_posts


def found(images: DataFrame, post_images: DataFrame, posts: DataFrame, rule: Rule) -> DataFrame:
    suspects = placeholders.suspects(images, rule)
    return placeholders.found(images, suspects, post_images, posts, rule)


@pytest.fixture(scope="module")
def all_sites(spark: SparkSession) -> tuple[DataFrame, ...]:
    posts = [post for posts, _ in SITES.values() for post in posts]
    return tuple(frame.coalesce(1).cache() for frame in tables(spark, posts))


@pytest.mark.parametrize("partitions", [1, 3])
def test_reposts_are_no_placeholders(all_sites: tuple[DataFrame, ...], partitions: int) -> None:
    images, post_images, posts = (frame.repartition(partitions) for frame in all_sites)
    rows = found(images, post_images, posts, RULE).collect()
    assert {row.sha256 for row in rows} == {"same"}
    assert {row.site for row in rows} == {site for site, (_, is_one) in SITES.items() if is_one}
    assert len(rows) == len({row.site for row in rows})


def test_nothing_is_a_placeholder_if_nothing_is_to_be(all_sites: tuple[DataFrame, ...]) -> None:
    assert placeholders.suspects(all_sites[0], Rule(0, MIRRORS)).isEmpty()


def test_images_that_are_placeholders_lose_what_was_measured(
    all_sites: tuple[DataFrame, ...],
) -> None:
    images = all_sites[0]
    told = found(*all_sites, RULE).where("site in ('told.example', 'dots.example')")
    entered = conform(placeholders.rows(images, told, RULE, POLICY, now=NOW), IMAGES)
    rows = entered.collect()
    assert len(rows) == 5 + 3  # those that were told before stay as they are
    before = {row.image_key: row for row in images.collect()}
    for row in rows:
        assert (row.status, row.sha256) == (statuses.PLACEHOLDER, "same")
        assert all(row[name] is None for name in COLUMNS)
        assert row.fetched_at.timestamp() == NOW
        assert row.next_attempt_at.timestamp() == NOW + 900
        old = before[row.image_key]
        for name in ("url", "host", "attempts", "bytes", "http_status"):
            assert row[name] == old[name]


def test_they_are_asked_for_again_when_any_soft_block_would_be(
    spark: SparkSession, all_sites: tuple[DataFrame, ...]
) -> None:
    images, told = all_sites[0].limit(0), None
    template = all_sites[0].where("url like '%dots.example/0_same%'").where("width = 16")
    for attempts in (0, 1, 2, 6, 7, 8, 9, 2000):
        images = images.unionByName(
            template.selectExpr(
                *(name for name in template.columns if name not in ("attempts", "image_key")),
                f"{attempts} as attempts", f"'{attempts}' as image_key",
            )
        )  # fmt: skip
    told = spark.createDataFrame([("dots.example", "same")], "site string, sha256 string")
    rows = placeholders.rows(images, told, RULE, POLICY, now=NOW).collect()
    assert len(rows) == 8
    soft = Fetched(statuses.PLACEHOLDER, transient=False)
    for row in rows:
        step = next_step(soft, 1, max(row.attempts, 1), NOW, POLICY, "k")
        assert step == Later(row.next_attempt_at.timestamp()), row.attempts


def test_the_most_frequent_ones_are_known_to_the_next_run(spark: SparkSession) -> None:
    posts = same("a.example", 3, status="placeholder", sha256="b")
    posts += same("b.example", 5, status="placeholder", sha256="c") + real("c.example", 5)
    assert placeholders.known(tables(spark, posts)[0]) == ["c", "b"]
