"""Accounts, their posts and what crawls saw of both, as plain rows and as the pass gets them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import pyarrow as pa

from influencers.growth.crawled import Crawled
from influencers.growth.rows import ACCOUNT, POST, SEEN, TIER

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
HOUR, DAY = 3_600_000_000, 86_400_000_000
_SCHEMA = pa.schema(
    [
        ("owner_id", pa.int64()),
        ("shortcode", pa.string()),
        ("what", pa.int8()),
        *((name, pa.int64()) for name in ("at", "count", "other", "code")),
    ]
)


class Post(NamedTuple):
    """Times are microseconds; the kind is the place of the content type, 0 for unknown."""

    owner: int
    shortcode: str
    at: int
    likes: int | None = None
    engagement: int | None = None
    kind: int = 1


class Seen(NamedTuple):
    owner: int
    shortcode: str
    at: int
    likes: int | None = None


class Crawl(NamedTuple):
    owner: int
    at: int
    followers: int
    following: int | None = None
    resolution: int | None = None


@dataclass
class World:
    """Everything that is known; tiers by owner, 0 for unknown."""

    tiers: dict[int, int] = field(default_factory=dict)
    crawls: list[Crawl] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)

    def table(self) -> pa.Table:
        rows = [
            *((owner, None, TIER, None, None, None, tier) for owner, tier in self.tiers.items()),
            *((one.owner, None, ACCOUNT, one.at, one.followers, one.following, one.resolution)
              for one in self.crawls),
            *((one.owner, one.shortcode, POST, one.at, one.likes, one.engagement, one.kind)
              for one in self.posts),
            *((one.owner, one.shortcode, SEEN, one.at, one.likes, None, None)
              for one in self.seen),
        ]  # fmt: skip
        rows.sort(key=lambda row: (row[0], row[1] or "", row[2], row[3] or 0))
        columns = zip(*rows, strict=True)
        return pa.table([pa.array(column, kind) for column, kind in
                         zip(columns, _SCHEMA.types, strict=True)], schema=_SCHEMA)  # fmt: skip

    def crawled(self) -> Crawled:
        return Crawled.of(self.table())

    def of_post(self, post: Post) -> list[Seen]:
        """What was seen of a post once it was there, in time."""
        return sorted(
            (one for one in self.seen
             if (one.owner, one.shortcode) == (post.owner, post.shortcode) and one.at >= post.at),
            key=lambda one: one.at,
        )  # fmt: skip


def random_world(seed: int, *, accounts: int = 3, most: int = 12, crawls: int = 6) -> World:
    """Small accounts full of equal times, unknown counts, and posts that few crawls see."""
    chance = random.Random(seed)
    world = World()
    for owner in range(1, accounts + 1):
        world.tiers[owner] = chance.randrange(3)
        days = chance.choice((1, 20, 90))
        times = sorted({chance.randrange(days * 24) * HOUR for _ in range(crawls)})
        followers, following = chance.choice((0, 999, 50_000)), 400
        for at in times:
            followers = max(0, round(followers * chance.choice((1, 1.001, 1.2, 0.8))))
            following = max(0, following + chance.choice((0, 600, -500)))
            known = None if chance.random() < 0.1 else following
            resolution = chance.choice((None, None, 100))
            world.crawls.append(Crawl(owner, at, followers, known, resolution))
        _add_posts(world, chance, owner, times, most=most, days=days)
    # Of a post that is not there, or of another account's.
    world.seen += [Seen(1, "gone", DAY, 5), Seen(2, "1-0", DAY, 5)]
    return world


def _add_posts(
    world: World, chance: random.Random, owner: int, times: Sequence[int], *, most: int, days: int
) -> None:
    for number in range(chance.randint(1, most)):
        at = chance.choice((0, chance.randrange(days * 24) * HOUR, chance.randrange(days) * DAY))
        shortcode = f"{owner}-{number}"
        likes, steps = None, 0
        for time in times:
            if chance.random() < 0.7:
                steps += chance.choice((0, 10, 50, -5))
                likes = None if chance.random() < 0.15 else max(0, steps)
                world.seen.append(Seen(owner, shortcode, time, likes))
        final = likes if chance.random() < 0.8 else chance.choice((None, 7, 90))
        engaged = None if final is None else final + 3
        kind = chance.choice((0, 1, 1, 2))
        world.posts.append(Post(owner, shortcode, at, final, engaged, kind))


def moment(at: int) -> datetime:
    return START + timedelta(microseconds=at)
