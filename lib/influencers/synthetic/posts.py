"""The posts of a synthetic sample, a block at a time: everything but how they are written down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from influencers.config import GenerateConfig
from influencers.synthetic import accounts, captions, crawl_times, effects, hashtags
from influencers.synthetic.accounts import CRAWL_TIME, Accounts
from influencers.synthetic.captions import Outline
from influencers.synthetic.effects import PostTraits
from influencers.synthetic.hashtags import Tags
from influencers.synthetic.lexicon import PLACES
from influencers.synthetic.streams import (
    Flags,
    Floats,
    Integers,
    pick,
    scattered,
    shortcodes,
    stream,
    uniforms,
    zipf,
)
from influencers.synthetic.topics import TOPICS

BLOCK = 10_000  # part of what a seed means: another size makes another sample

UNKNOWN = -1  # a count that is hidden or missing

_DAY = 86_400
_YEAR = 365.25 * _DAY
_GROWTH = 1.6  # posts become denser over an account's life
_RECENT_SHARE = 0.25  # with several crawls, of an account's posts
_TOPIC_LANGUAGES = np.array([topic.language_number for topic in TOPICS])
_PLACES = np.array(PLACES, dtype=object)
_HOUR_WEIGHTS = np.array(
    [2, 1, 1, 1, 1, 2, 3, 4, 5, 5, 6, 7, 8, 8, 7, 7, 8, 9, 10, 10, 9, 7, 5, 3], dtype=np.float64
)
_BOOLEANS = np.array(
    [("False", "false", "FALSE", "0"), ("True", "true", "TRUE", "1")], dtype=object
)
_BOOLEAN_WEIGHTS = np.array([0.80, 0.10, 0.05, 0.05])


@dataclass(frozen=True)
class Posts:
    """A block of posts as they are in the world, before any is spoilt or crawled again.

    Attributes:
        account: the positions of the authors among `authors`.
        likes, comments: as written: -1 and empty text stand for unknown.
        expiry: Unix seconds when the image URL's signature ends.
    """

    number: Integers
    authors: Accounts
    account: Integers
    shortcode: list[str]
    is_video: list[str]
    multiple_images: list[str]
    caption: list[str]
    likes: list[str]
    comments: list[str]
    created_at: Integers
    location: list[str]
    expiry: Integers


def block(options: GenerateConfig, edges: Integers, number: int) -> Posts:
    """The posts `number` * BLOCK and following, grouped by account, newest first.

    Args:
        options: what to make.
        edges: where each account's posts begin; see `accounts.post_edges`.
        number: which block.
    """
    rng = stream(options.seed, "posts", number)
    posts = np.arange(number * BLOCK, min((number + 1) * BLOCK, int(edges[-1])), dtype=np.int64)
    owner = np.searchsorted(edges, posts, side="right").astype(np.int64) - 1
    authors = accounts.span(options.seed, int(owner[0]), int(owner[-1]))
    by = authors.take(owner - owner[0])
    rank, total = posts - edges[owner], np.diff(edges)[owner]
    created_at = _times(rng, options, by, rank=rank, total=total)
    outline = captions.outline(rng, _TOPIC_LANGUAGES[by.topic])
    tags = hashtags.draw(rng, by, taggable=outline.kind == captions.TEXT, seed=options.seed)
    traits = _traits(rng, by, created_at, outline, tags)
    likes = effects.log_likes(rng, traits)
    comments = effects.log_comments(rng, traits, likes)
    mentioned = np.floor(rng.random(len(posts)) ** 2 * (len(edges) - 1)).astype(np.int64)
    handles = accounts.handles(mentioned, options.seed)
    return Posts(
        number=posts,
        authors=authors,
        account=owner - owner[0],
        shortcode=shortcodes(posts, options.seed),
        is_video=_booleans(rng, traits.video),
        multiple_images=_booleans(rng, traits.carousel),
        caption=captions.write(rng, outline, tags.written, handles),
        likes=_counts(rng, likes, hidden=0.02, missing=0.01),
        comments=_counts(rng, comments, hidden=0.005, missing=0.05),
        created_at=created_at,
        location=_locations(rng, by, traits.location),
        expiry=_expiries(rng, created_at, options.expired_share),
    )


def _traits(
    rng: np.random.Generator, by: Accounts, created_at: Integers, outline: Outline, tags: Tags
) -> PostTraits:
    """What has an effect on success; video is the author's habit, all other flags are chance."""
    video = rng.random(len(created_at)) < by.video_share
    return PostTraits(
        baseline=_baseline(by, created_at),
        carousel=(rng.random(len(created_at)) < 0.15) & ~video,
        video=video,
        location=rng.random(len(created_at)) < 0.3,
        question=outline.question,
        driver=tags.driver,
        hashtags=tags.counts(),
    )


def _times(
    rng: np.random.Generator,
    options: GenerateConfig,
    by: Accounts,
    *,
    rank: Integers,
    total: Integers,
) -> Integers:
    """When each post was made: one in each of the account's `total` slices of time, newest first.

    The hour is drawn apart from everything else, so that it cannot have an effect. With several
    crawls, the newest quarter of an account's posts is spread evenly over the time that is crawled
    and a few days before, so that there are young posts to see.
    """
    size = len(total)
    luck = rng.random(size)
    until = np.full(size, CRAWL_TIME - _DAY, dtype=np.float64)
    recent = np.zeros(size, dtype=np.int64)
    if options.crawls > 1:
        until = crawl_times.frequent_since(options, by.start)
        turn = uniforms(by.number, options.seed, "recent posts")
        recent = np.floor(_RECENT_SHARE * total + turn).astype(np.int64)
    place = (total - 1 - rank + luck) / np.maximum(total - recent, 1)
    moment = by.start + (until - by.start) * np.minimum(place, 1) ** (1 / _GROWTH)
    if options.crawls > 1:
        late = until + (CRAWL_TIME - until) * (recent - 1 - rank + luck) / np.maximum(recent, 1)
        moment = np.where(rank < recent, np.minimum(late, CRAWL_TIME - 1), moment)
    hour = pick(rng, _HOUR_WEIGHTS, size)
    second = np.floor(rng.random(size) * 3_600).astype(np.int64)
    created_at: Integers = np.floor(moment / _DAY).astype(np.int64) * _DAY + hour * 3_600 + second
    return created_at


def _baseline(by: Accounts, created_at: Integers) -> Floats:
    years = (CRAWL_TIME - created_at) / _YEAR
    wave = effects.WAVE_AMPLITUDE * np.sin(2 * np.pi * years / by.wave_years + by.wave_phase)
    size = effects.INTERCEPT + effects.FOLLOWERS_EXPONENT * np.log(by.followers)
    baseline: Floats = size + by.skill + wave - effects.LOSS_PER_YEAR * years
    return baseline


def _locations(rng: np.random.Generator, by: Accounts, located: Flags) -> list[str]:
    """Place names, empty where not `located`; each account goes back to its own few places."""
    place = (by.number * 7 + pick(rng, zipf(5, 1.5), len(located))) % len(_PLACES)
    places: list[str] = np.where(located, _PLACES[place], "").tolist()
    return places


def _counts(rng: np.random.Generator, logs: Floats, *, hidden: float, missing: float) -> list[str]:
    """Whole counts as text, a share hidden (-1) and a share missing (empty)."""
    whole = np.rint(np.exp(logs)).astype(np.int64).tolist()
    luck = rng.random(len(logs)).tolist()
    return [
        "-1" if dice < hidden else "" if dice < hidden + missing else str(count)
        for count, dice in zip(whole, luck, strict=True)
    ]


def known_counts(texts: list[str]) -> Integers:
    """Counts as numbers; those that are hidden or missing are UNKNOWN."""
    return np.array([int(text) if text else UNKNOWN for text in texts], dtype=np.int64)


def are_true(texts: list[str]) -> Flags:
    """Booleans as they are spelt in the file, read back."""
    return np.isin(texts, _BOOLEANS[1].astype(str))


def _booleans(rng: np.random.Generator, values: Flags) -> list[str]:
    spelling = pick(rng, _BOOLEAN_WEIGHTS, len(values))
    spelt: list[str] = _BOOLEANS[values.astype(np.int64), spelling].tolist()
    return spelt


def _expiries(rng: np.random.Generator, created_at: Integers, expired_share: float) -> Integers:
    """When the image URLs end: years ahead, or for a share a week after the post."""
    ahead = 0x7A000000 + np.floor(rng.random(len(created_at)) * 0x04000000).astype(np.int64)
    return np.where(rng.random(len(created_at)) < expired_share, created_at + 7 * _DAY, ahead)


@dataclass(frozen=True)
class Roles:
    """What becomes of the records of a block.

    Attributes:
        bad: the positions of records to be spoilt, rising.
        copy: the positions of records that become a second crawl of another.
        source: for each of `copy`, the position of the record that it crawls again.
    """

    bad: Integers
    copy: Integers
    source: Integers


def roles(options: GenerateConfig, first: int, size: int) -> Roles:
    """Which of the `size` records from number `first` on are bad, and which are second crawls.

    The shares hold exactly over any number of whole blocks, rounded down.
    """
    rng = stream(options.seed, "roles", first // BLOCK)
    order = scattered(rng, size)
    bad = _quota(options.bad_share, first, size)
    copies = min(_quota(options.duplicate_share, first, size), (size - bad) // 2)
    source = order[bad + copies : bad + 2 * copies]
    return Roles(bad=np.sort(order[:bad]), copy=order[bad : bad + copies], source=source)


def _quota(share: float, first: int, size: int) -> int:
    return int(np.floor((first + size) * share + 1e-9)) - int(np.floor(first * share + 1e-9))
