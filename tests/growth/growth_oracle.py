"""What the kernels compute, by slow loops over plain rows, as docs/tables.md words it."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from growth_rows import DAY, HOUR, Crawl, Post, Seen, World
from influencers.config.growth import GrowthConfig

Knots = Sequence[tuple[float, float]]


def median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def intervals(world: World, settings: GrowthConfig) -> list[tuple[object, ...]]:
    """Owner, ends, posts between, both rates, and whether there was a hit."""
    found: list[tuple[object, ...]] = []
    for owner in sorted(world.tiers):
        kept: list[Crawl] = []
        for crawl in sorted((one for one in world.crawls if one.owner == owner),
                            key=lambda one: one.at):  # fmt: skip
            if not kept or crawl.at - kept[-1].at >= settings.interval_hours * HOUR:
                kept.append(crawl)
        posts = sorted((one for one in world.posts if one.owner == owner),
                       key=lambda one: (one.at, one.shortcode))  # fmt: skip
        usual = median([one.likes for one in posts if one.likes is not None])
        for first, second in itertools.pairwise(kept):
            between = [one for one in posts if first.at < one.at <= second.at]
            before = [one for one in posts if one.at <= first.at][-settings.rate_posts :]
            after = [one for one in posts if one.at > second.at][: settings.rate_posts]
            lately = first.at - settings.hit_days * 24 * HOUR
            has_hit = any(
                one.likes is not None and usual is not None
                and one.likes > settings.hit_times * usual
                for one in posts if lately < one.at <= second.at
            )  # fmt: skip
            found.append((owner, first.at, second.at, len(between),
                          rate(before, first.followers), rate(after, second.followers),
                          has_hit))  # fmt: skip
    return found


def rate(posts: Sequence[Post], followers: int) -> float | None:
    if not followers:
        return None
    return median([one.engagement / followers for one in posts if one.engagement is not None])


def share(curves: Sequence[Knots], age: float) -> float | None:
    """The share of the final likes at an age in hours, by the first curve that knows."""
    return next((part for knots in curves if (part := _share(knots, age)) is not None), None)


def _share(knots: Knots, age: float) -> float | None:
    """The share at an age, by a rising curve in logarithms."""
    points = [(math.log(hours), math.log(part)) for hours, part in [*knots, (720.0, 1.0)]]
    x = math.log(age) if age > 0 else -math.inf
    if x >= points[-1][0]:
        return 1.0
    if x < points[0][0]:
        if x < points[0][0] - math.log(2):
            return None
        lower, upper = points[0], points[1]
    else:
        lower, upper = next(
            pair for pair in itertools.pairwise(points) if pair[0][0] <= x <= pair[1][0]
        )
    slope = (upper[1] - lower[1]) / (upper[0] - lower[0])
    return math.exp(lower[1] + slope * (x - lower[0]))


def at_age(seen: Sequence[tuple[int, int]], age: int) -> float | None:
    """Likes of (age, likes) between two observations; None outside them."""
    for (low, first), (high, second) in zip(seen, [*seen[1:], seen[-1]], strict=True):
        if low == age:
            return first
        if low < age < high:
            start, end, x = (math.log(max(one, 1)) for one in (low, high, age))
            return first + (second - first) * (x - start) / (end - start)
        if high == age:
            return second
    return None


Row = tuple[float | None, float | None, str | None, int]


def performance(
    world: World, curve: Callable[[int, int], Sequence[Knots]], settings: GrowthConfig
) -> dict[str, Row]:
    """By shortcode: expected, score, basis and the number of earlier posts.

    Args:
        world: accounts and posts.
        curve: the curves of a tier and a content type, that of the tier first.
        settings: which posts are compared.
    """
    return {post.shortcode: _performance(world, post, curve, settings) for post in world.posts}


def _performance(
    world: World, post: Post, curve: Callable[[int, int], Sequence[Knots]], settings: GrowthConfig
) -> Row:
    own = [one for one in world.posts if one.owner == post.owner]
    knots = curve(world.tiers[post.owner], post.kind)
    seen = world.of_post(post)
    age = seen[-1].at - post.at if seen else None
    settled = max(one.at for one in own) - post.at >= settings.settled_days * DAY
    is_final = settled and (age is None or not knots)
    of_kind = [one for one in own if one.kind == post.kind and one.likes is not None]
    before = sorted((one for one in of_kind if one.at < post.at),
                    key=lambda one: (one.at, one.shortcode))  # fmt: skip
    values: list[tuple[float, str]] = []
    for earlier in before[-settings.performance_posts :]:
        found = _brought(earlier, world.of_post(earlier), age, is_final, knots, settings)
        if found is not None:
            values.append(found)
    if len(values) < settings.min_earlier:
        return None, None, None, len(values)
    likes = sorted(value for value, _ in values)
    kept = likes[len(likes) // 4 : len(likes) - len(likes) // 4]
    expected = 0.0
    for value in kept:
        expected += value
    expected /= len(kept)
    names = [basis for _, basis in values]
    basis = max(("own", "curve", "mature"), key=names.count)
    score = None
    if post.likes is not None and expected >= settings.min_expected:
        more = post.likes >= expected
        score = post.likes / expected if more else -expected / max(post.likes, 1)
    return expected, score, basis, len(values)


def _brought(
    earlier: Post,
    seen: Sequence[Seen],
    age: int | None,
    is_final: bool,
    knots: Sequence[Knots],
    settings: GrowthConfig,
) -> tuple[float, str] | None:
    assert earlier.likes is not None
    mature = settings.mature_days * DAY
    if is_final:
        return earlier.likes, "mature"
    if age is None:
        return None
    if age >= mature and seen and seen[-1].at - earlier.at >= mature:
        return earlier.likes, "mature"
    known = [(one.at - earlier.at, one.likes) for one in seen if one.likes is not None]
    if not known:
        return None
    own = at_age(known, age)
    if own is not None:
        return own, "own"
    parts = knots and (share(knots, age / HOUR), share(knots, known[-1][0] / HOUR))
    if not parts or None in parts:
        return None
    return known[-1][1] * (parts[0] / parts[1]), "curve"


def missing(world: World, settings: GrowthConfig) -> dict[str, int]:
    """Since when a post is missing, of those that are."""
    found: dict[str, int] = {}
    for owner in world.tiers:
        posts = {one.shortcode: one for one in world.posts if one.owner == owner}
        seen = sorted((one for post in posts.values() for one in world.of_post(post)),
                      key=lambda one: one.at)  # fmt: skip
        crawls: list[tuple[int, set[str]]] = []
        for one in seen:
            if not crawls or one.at - crawls[-1][0] > settings.crawl_minutes * HOUR / 60:
                crawls.append((one.at, set()))
            crawls[-1][1].add(one.shortcode)
        for number, (at, there) in enumerate(crawls):
            times = sorted(posts[one].at for one in there)
            if len(times) < settings.crawl_posts:
                continue
            span = {name for name, post in posts.items() if times[3] <= post.at <= times[-1]}
            ever = set().union(*(others for _, others in crawls[: number + 1]))
            known = {name for name in span & ever if name not in found}
            if len(span & there) >= settings.coverage * len(known):
                later = set().union(*(others for _, others in crawls[number:]))
                found |= dict.fromkeys(known - later, at)
    return found


def unfollowed(
    times: Sequence[int], counts: Sequence[int | None], settings: GrowthConfig
) -> list[int]:
    """Where accounts followed have fallen by much of what they had risen by."""
    found: list[int] = []
    begin = 0
    for place, count in enumerate(counts):
        lately = [
            one for one in range(begin, place)
            if counts[one] is not None and times[place] - times[one] <= settings.follow_days * DAY
        ]  # fmt: skip
        for high in lately:
            low = min(counts[one] for one in lately if one <= high)
            rise = counts[high] - low
            fall = count is not None and counts[high] - count
            if count is not None and rise >= settings.follow_rise and (
                fall >= settings.unfollow_share * rise
            ):  # fmt: skip
                found.append(place)
                begin = place
                break
    return found


def kinds(
    rows: Sequence[dict[str, Any]], z: Sequence[float], settings: GrowthConfig
) -> list[str | None]:
    """The kinds of intervals, with the columns that the kernel gives them."""
    owners = sorted({row["owner_id"] for row in rows})
    found: list[str | None] = []
    for owner in owners:
        own = [(row, score) for row, score in zip(rows, z, strict=True)
               if row["owner_id"] == owner]  # fmt: skip
        found += _kinds([row for row, _ in own], [score for _, score in own], settings)
    return found


def _kinds(
    rows: Sequence[dict[str, Any]], z: Sequence[float], settings: GrowthConfig
) -> list[str | None]:
    times = [rows[0]["from_at"], *(row["to_at"] for row in rows)]
    following = [rows[0]["following_from"], *(row["following_to"] for row in rows)]
    fallen = unfollowed(times, following, settings)
    found: list[str | None] = []
    lost: set[int] = set()
    for place, (row, score) in enumerate(zip(rows, z, strict=True)):
        before, after = row["followers_from"], row["followers_to"]
        change = math.log(after / before) if before and after else math.nan
        if math.isnan(score) or abs(after - before) < (row["resolution"] or 0):
            found.append(None)
        elif score > settings.step_z and change >= settings.step_log_growth:
            found.append("hit" if row["has_hit"] else "step")
        elif place in lost:
            found.append("give_back")
        elif place + 1 in fallen:
            found.append("follow_unfollow")
        elif score < -settings.step_z and change <= -settings.step_log_growth:
            found.append("drop")
        else:
            found.append("usual")
        if found[-1] == "step":
            soon = [later for later in range(place + 1, len(rows))
                    if rows[later]["to_at"] - row["to_at"] <= settings.give_back_days * DAY
                    and after - rows[later]["followers_to"]
                    >= settings.give_back_share * (after - before)]  # fmt: skip
            lost |= set(soon[:1])
    return found


def curve_rows(world: World, settings: GrowthConfig) -> dict[tuple[int, int, int], dict[str, Any]]:
    """By tier, 0 for all, content type and lowest age: what like_curves has."""
    edges = (1, 2, 4, 8, 16, 24, 48, 96, 192, 384, 720)
    cells: dict[tuple[int, int, int], list[tuple[str, float, float]]] = {}
    for post in world.posts:
        seen = world.of_post(post)
        tier = world.tiers[post.owner]
        if not seen or seen[-1].at - post.at < settings.mature_days * DAY or not seen[-1].likes:
            continue
        for one in seen[:-1]:
            hours = (one.at - post.at) / HOUR
            if one.likes is None or not 1 <= hours < 720 or not tier or not post.kind:
                continue
            edge = max(edge for edge in edges if edge <= hours)
            part = min(round(1000 * one.likes / seen[-1].likes), 1500) / 1000
            age = 2 ** (round(64 * math.log2(hours)) / 64)
            for of in (0, tier):
                cells.setdefault((of, post.kind, edge), []).append((post.shortcode, age, part))
    return {cell: _curve_row(found) for cell, found in cells.items()
            if len({name for name, _, _ in found}) >= settings.min_curve_posts}  # fmt: skip


def _curve_row(found: Sequence[tuple[str, float, float]]) -> dict[str, Any]:
    shares = [part for _, _, part in found]
    quarters = np.quantile(shares, [0.25, 0.5, 0.75])
    return {
        "posts": len({name for name, _, _ in found}),
        "observations": len(found),
        "age_hours": np.median([age for _, age, _ in found]),
        "share_q25": quarters[0],
        "share_median": quarters[1],
        "share_q75": quarters[2],
    }
