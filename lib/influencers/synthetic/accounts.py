"""Who posts in a synthetic sample: accounts made block by block from the seed alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

from influencers.synthetic import effects
from influencers.synthetic.lexicon import EMOJI, LANGUAGES, NAME_PARTS
from influencers.synthetic.streams import Floats, Integers, Strings, mix64, owner_ids, pick, stream
from influencers.synthetic.topics import TOPICS

BLOCK = 10_000

CRAWL_TIME = 1_735_603_200  # 2024-12-31: followers are as of this moment
_OPENING = 1_451_606_400  # 2016-01-01: the first account starts
_LAST_START = 1_688_169_600  # 2023-07-01

_FOLLOWERS_LOG_MEDIAN = 11.0  # 60 thousand; every tier from nano to mega has its accounts
_FOLLOWERS_LOG_DEVIATION = 1.8
_MOST_FOLLOWERS = 600_000_000
_POSTS_LOG_DEVIATION = 1.05
_MOST_WEIGHT = 20.0  # some eleven times the mean: no single account makes up a sample

# What the number of followers, in standard deviations of its logarithm, changes elsewhere.
INFLUENCE = {"log_posts": 0.25, "logit_video_share": 0.40, "log_following": -0.20}


@dataclass(frozen=True)
class Accounts:
    """A run of consecutive accounts, one element each.

    Attributes:
        followers: as of the crawl.
        weight: what the number of the account's posts is in proportion to.
        skill: what the account adds to the logarithm of likes, always.
        wave_years: the period of its ups and downs; wave_phase in radians.
        start: Unix seconds of its first possible post.
    """

    number: Integers
    owner_id: Integers
    handle: Strings
    name: Strings
    topic: Integers
    followers: Integers
    following: Integers
    weight: Floats
    skill: Floats
    wave_years: Floats
    wave_phase: Floats
    video_share: Floats
    start: Integers

    def take(self, positions: Integers) -> Accounts:
        """The accounts at these positions, which may repeat."""
        return Accounts(**{f.name: getattr(self, f.name)[positions] for f in fields(self)})


def handles(numbers: Integers, seed: int) -> Strings:
    """Account handles: two names and a number that makes each the only one of its kind."""
    mixed = mix64(numbers, seed + 2)
    size = np.uint64(len(NAME_PARTS))
    first = NAME_PARTS[(mixed % size).astype(np.int64)]
    second = NAME_PARTS[((mixed >> np.uint64(20)) % size).astype(np.int64)]
    joints = np.array([".", "_", ""], dtype=object)
    joint = joints[((mixed >> np.uint64(40)) % np.uint64(3)).astype(np.int64)]
    tail = np.array([str(number) for number in (numbers + 10).tolist()], dtype=object)
    joined: Strings = first + joint + second + tail
    return joined


@lru_cache(maxsize=3)
def block(seed: int, number: int) -> Accounts:
    """The accounts `number` * BLOCK and following; more than a sample uses at its end."""
    rng = stream(seed, "accounts", number)
    numbers = np.arange(number * BLOCK, (number + 1) * BLOCK, dtype=np.int64)
    size_score = rng.standard_normal(BLOCK)
    topic = pick(rng, np.array([topic.weight for topic in TOPICS]), BLOCK)
    followers = np.exp(_FOLLOWERS_LOG_MEDIAN + _FOLLOWERS_LOG_DEVIATION * size_score)
    weight = INFLUENCE["log_posts"] * size_score
    weight += _POSTS_LOG_DEVIATION * rng.standard_normal(BLOCK)
    video = -1.9 + INFLUENCE["logit_video_share"] * size_score + 0.7 * rng.standard_normal(BLOCK)
    start = _OPENING + (_LAST_START - _OPENING) * rng.random(BLOCK) ** 1.3
    return Accounts(
        number=numbers,
        owner_id=owner_ids(numbers, seed),
        handle=handles(numbers, seed),
        name=_names(rng, topic),
        topic=topic,
        followers=np.clip(np.rint(followers), 20, _MOST_FOLLOWERS).astype(np.int64),
        following=_following(rng, size_score),
        weight=np.minimum(np.exp(weight), _MOST_WEIGHT),
        skill=effects.SKILL_DEVIATION * rng.standard_normal(BLOCK),
        wave_years=1.0 + 2.0 * rng.random(BLOCK),
        wave_phase=2 * np.pi * rng.random(BLOCK),
        video_share=1 / (1 + np.exp(-video)),
        start=np.floor(start).astype(np.int64),
    )


def span(seed: int, first: int, last: int) -> Accounts:
    """The accounts `first` to `last`, both included."""
    parts = [block(seed, number) for number in range(first // BLOCK, last // BLOCK + 1)]
    offset = first // BLOCK * BLOCK
    joined = Accounts(
        **{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Accounts)}
    )
    return joined.take(np.arange(first - offset, last - offset + 1))


def spans(seed: int, accounts: int) -> Iterator[Accounts]:
    """All accounts of a sample, a block at a time."""
    for first in range(0, accounts, BLOCK):
        yield span(seed, first, min(first + BLOCK, accounts) - 1)


def post_edges(seed: int, accounts: int, posts: int) -> Integers:
    """Where each account's posts begin and the last one's end: `accounts` + 1 rising numbers.

    Every account has at least one post; the others are shared out by weight, rounded so that
    they add up. Needs `posts` >= `accounts`; holds eight bytes an account.
    """
    weights = np.concatenate([part.weight for part in spans(seed, accounts)])
    shares = np.cumsum(weights)
    shares /= shares[-1]  # not np.sum, which adds up in another order
    extra = np.floor(shares * (posts - accounts)).astype(np.int64)
    edges = np.zeros(accounts + 1, dtype=np.int64)
    edges[1:] = extra + np.arange(1, accounts + 1)
    return edges


def _following(rng: np.random.Generator, size_score: Floats) -> Integers:
    """Accounts followed: log-normal, sometimes 0, and now and then absurdly many."""
    size = len(size_score)
    logs = 5.9 + INFLUENCE["log_following"] * size_score + 1.1 * rng.standard_normal(size)
    following = np.clip(np.rint(np.exp(logs)), 1, 7_500)
    luck = rng.random(size)
    following[luck < 0.02] = 0
    following[luck > 0.999] = 1_500_000 + np.rint(400_000 * rng.random(size))[luck > 0.999]
    return following.astype(np.int64)


def _names(rng: np.random.Generator, topic: Integers) -> Strings:
    """Display names: in the script of the account's language, some with emoji, some empty."""
    size = len(topic)
    luck, place = rng.random(size), rng.random((size, 2))
    names = np.empty(size, dtype=object)
    for row in range(size):
        words = LANGUAGES[TOPICS[topic[row]].language_number].words
        latin = [str(NAME_PARTS[int(p * len(NAME_PARTS))]).title() for p in place[row]]
        own = words[len(words) // 2 + int(place[row, 0] * len(words) / 2)]
        if luck[row] < 0.015:
            names[row] = ""
        elif luck[row] < 0.40:
            names[row] = f"{latin[0]} {own}"
        elif luck[row] < 0.45:
            names[row] = (
                f'{latin[0]} "{latin[1]}" | {own}, {EMOJI[int(place[row, 1] * len(EMOJI))]}'
            )
        else:
            names[row] = " ".join(latin)
    return names


def described() -> dict[str, object]:
    """The truth about influence, for `truth/drivers.json`."""
    return {
        "model": "followers are log-normal; each effect is per standard deviation of log(followers)"
        ", among noise; likes grow with followers as `virality` says",
        "followers_log_median": _FOLLOWERS_LOG_MEDIAN,
        "followers_log_deviation": _FOLLOWERS_LOG_DEVIATION,
        "effects": dict(INFLUENCE),
        "no effect": ["community", "language", "skill", "hashtags", "caption length", "location"],
    }
