"""How many followers each account has when a crawl reads it, and what its profile says then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from influencers.synthetic import absences, stories
from influencers.synthetic.accounts import Accounts
from influencers.synthetic.crawl_times import Schedule
from influencers.synthetic.story_plan import Plan
from influencers.synthetic.streams import Flags, Floats, Integers, Strings, normals, uniforms

RATE_MEAN, RATE_DEVIATION = 0.0005, 0.0005  # of the logarithm of followers, a day
_RATE_BOUNDS = (-0.0008, 0.002)
_UNFOLLOWER_SHARE = 0.3  # of its rate: who follows and unfollows gains little else
_NOISE = (0.0002, 0.0006)  # standard deviation of a day's logarithmic growth
_ROUNDED_SHARE = 0.15  # of the organic accounts that have enough followers
_FEWEST_ROUNDED = 20_000  # at the last crawl, so that there are hardly ever fewer than 10,000
_RENAMED_SHARE = 0.04
_ABBREVIATED_FROM = 10_000


@dataclass(frozen=True)
class Profiles:
    """What one crawl sees of accounts, one element to an account.

    Attributes:
        crawl: the number of the crawl.
        number: of the account.
        crawled_at: Unix seconds.
        present: whether the crawl has the account at all.
        followers, following: the true numbers.
        followers_text: as written.
    """

    crawl: int
    number: Integers
    crawled_at: Integers
    present: Flags
    handle: Strings
    followers: Integers
    following: Integers
    followers_text: list[str]


def profiles(seed: int, schedule: Schedule, authors: Accounts, plan: Plan) -> Iterator[Profiles]:
    """What each crawl sees, from the first to the last one.

    Args:
        seed: of the sample.
        schedule: the crawls.
        authors: some accounts.
        plan: their events.
    """
    numbers = authors.number
    shape = stories.shapes(seed, schedule.every, numbers, plan.kind, authors.following)
    rate = _rates(seed, numbers, plan)
    rounded = is_rounded(seed, authors, plan.kind)
    renamed = renamed_by(seed, schedule, numbers)
    old = "the" + authors.handle
    # A step of the noise is that of so many crawls before the last one: other crawls, same steps.
    steps = range(schedule.crawls - 1)
    noise = sum((_noise(seed, schedule, numbers, step) for step in steps), np.zeros(len(numbers)))
    finally_ = _event(schedule, schedule.crawls - 1, shape, plan, numbers)
    for crawl in range(schedule.crawls):
        growth, followed = _event(schedule, crawl, shape, plan, numbers)
        log = -rate * schedule.days_before_last(crawl) - noise
        followers = authors.followers * np.exp(log) * growth / finally_[0]
        whole = np.maximum(np.rint(followers), 1).astype(np.int64)
        following = np.rint(authors.following + followed - finally_[1]).astype(np.int64)
        yield Profiles(
            crawl=crawl,
            number=numbers,
            crawled_at=schedule.start(crawl) + schedule.delays(numbers),
            present=~absences.missed(seed, schedule, crawl, numbers, _needed(plan, crawl)),
            handle=np.where(crawl < renamed, old, authors.handle),
            followers=whole,
            following=np.maximum(following, 0),
            followers_text=[
                abbreviated(count) if short else str(count)
                for count, short in zip(whole.tolist(), rounded.tolist(), strict=True)
            ],
        )
        if crawl < schedule.crawls - 1:
            noise = noise - _noise(seed, schedule, numbers, schedule.crawls - 2 - crawl)


def is_rounded(seed: int, authors: Accounts, kind: Integers) -> Flags:
    """Whether the followers of accounts are written abbreviated, in all crawls."""
    chosen = uniforms(authors.number, seed, "rounded") < _ROUNDED_SHARE
    enough = authors.followers >= _FEWEST_ROUNDED
    rounded: Flags = chosen & enough & (kind == stories.ORGANIC)
    return rounded


def renamed_by(seed: int, schedule: Schedule, numbers: Integers) -> Integers:
    """The first crawl that sees the later name of an account; 0 if it always had it."""
    later = 1 + np.floor(uniforms(numbers, seed, "renamed", 1) * (schedule.crawls - 1))
    chosen = uniforms(numbers, seed, "renamed") < _RENAMED_SHARE
    return np.where(chosen, later, 0).astype(np.int64)


def abbreviated(count: int) -> str:
    """A count as Instagram's pages have it, to three digits.

    >>> [abbreviated(count) for count in (9_999, 12_345, 12_000, 345_678, 999_950, 1_234_567)]
    ['9999', '12.3K', '12K', '346K', '1M', '1.2M']
    """
    if count < _ABBREVIATED_FROM:
        return str(count)
    step, unit = (1_000_000, "M") if count >= 999_500 else (1_000, "K")
    value = count / step
    digits = f"{value:.1f}" if value < 99.95 else f"{value:.0f}"
    return digits.removesuffix(".0") + unit


def _rates(seed: int, numbers: Integers, plan: Plan) -> Floats:
    drawn = RATE_MEAN + RATE_DEVIATION * normals(numbers, seed, "growth")
    usual = np.clip(drawn, *_RATE_BOUNDS)
    little = plan.kind == stories.FOLLOW_UNFOLLOW
    rates: Floats = np.where(little, _UNFOLLOWER_SHARE * usual, usual)
    return rates


def _noise(seed: int, schedule: Schedule, numbers: Integers, step: int) -> Floats:
    low, high = _NOISE
    daily = low + (high - low) * uniforms(numbers, seed, "noise of growth")
    noise: Floats = daily * np.sqrt(schedule.every / 86_400)
    noise *= normals(numbers, seed, "day of growth", step)
    return noise


def _event(
    schedule: Schedule, crawl: int, shape: stories.Shape, plan: Plan, numbers: Integers
) -> tuple[Floats, Floats]:
    """What followers are multiplied by in a crawl, and how many more accounts are followed."""
    since = (schedule.start(crawl) + schedule.delays(numbers) - plan.start).astype(np.float64)
    since[plan.kind == stories.ORGANIC] = 0
    return stories.gained(shape, plan.kind, since), stories.followed(shape, since)


def _needed(plan: Plan, crawl: int) -> Flags:
    needed: Flags = (plan.first <= crawl) & (crawl <= plan.last)
    return needed


def described() -> dict[str, object]:
    """The truth about growth, for `truth/drivers.json`."""
    return {
        "daily_rate_mean": RATE_MEAN,
        "daily_rate_deviation": RATE_DEVIATION,
        "daily_rate_bounds": list(_RATE_BOUNDS),
        "daily_noise_deviation": list(_NOISE),
        "rounded_share_of_organic": _ROUNDED_SHARE,
        "renamed_share": _RENAMED_SHARE,
    }
