"""Which hashtags a post carries: mostly its author's community's, some that belong to none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from influencers.synthetic.accounts import Accounts
from influencers.synthetic.lexicon import LANGUAGES
from influencers.synthetic.streams import Flags, Floats, Integers, Strings, mix64, pick, zipf
from influencers.synthetic.topics import DECOY, DRIVER, TOPICS, UBIQUITOUS, normalised

_MOST = 28  # two more may be added: the limit of the site is 30
_UBIQUITOUS_SHARE = 0.10
_FOREIGN_SHARE = 0.05
_LONG_TAIL_SHARE = 0.12  # used once or twice in all: real posts have more of these than of others
_TRIAL_SHARE = 0.04

_TOPIC_TAGS = np.array([tag for topic in TOPICS for tag in topic.tags], dtype=object)
_TAGS_PER_TOPIC = len(TOPICS[0].tags)
_WORDS = np.array([word for language in LANGUAGES for word in language.words], dtype=object)
_WORD_COUNTS = np.array([len(language.words) for language in LANGUAGES])
_WORD_STARTS = np.cumsum(_WORD_COUNTS) - _WORD_COUNTS
_TOPIC_LANGUAGES = np.array([topic.language_number for topic in TOPICS])


@dataclass(frozen=True)
class Tags:
    """The hashtags of posts.

    Attributes:
        written: for each post its tags as they stand in the caption, without '#'; distinct when
            normalised.
        driver: which posts carry the tag that raises likes.
    """

    written: list[list[str]]
    driver: Flags

    def counts(self) -> Floats:
        """How many hashtags each post has."""
        return np.array([len(tags) for tags in self.written], dtype=np.float64)


def draw(rng: np.random.Generator, by: Accounts, *, taggable: Flags, seed: int) -> Tags:
    """The hashtags of posts `by` these accounts; those not `taggable` get none."""
    size = len(taggable)
    counts = _slots(rng, by.number, taggable, seed)
    owner = np.repeat(np.arange(size), counts)
    chosen = _spelt(rng, _chosen(rng, by.number[owner], by.topic[owner], seed))
    driver = (rng.random(size) < _TRIAL_SHARE) & taggable
    decoy = (rng.random(size) < _TRIAL_SHARE) & taggable
    ends = np.cumsum(counts).tolist()
    tags = chosen.tolist()
    written, start = [], 0
    for end, has_driver, has_decoy in zip(ends, driver.tolist(), decoy.tolist(), strict=True):
        own = {normalised(tag): tag for tag in tags[start:end]}
        if has_driver:
            own[DRIVER] = DRIVER
        if has_decoy:
            own[DECOY] = DECOY
        written.append(list(own.values()))
        start = end
    return Tags(written=written, driver=driver)


def _slots(rng: np.random.Generator, account: Integers, taggable: Flags, seed: int) -> Integers:
    """How many tags to draw: none for about half of the posts, more by some accounts' habit."""
    size = len(account)
    habit = _of_account(account, seed, 3)
    tagged = taggable & (rng.random(size) < 0.15 + 0.75 * habit)
    amounts = np.ceil(np.exp(np.log(2.8) + 0.95 * rng.standard_normal(size)))
    return np.where(tagged, np.clip(amounts, 1, _MOST), 0).astype(np.int64)


def _of_account(account: Integers, seed: int, purpose: int) -> Floats:
    """A number in 0..1 that each account always has."""
    mixed = mix64(account, seed + (purpose << 32))
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53


def _chosen(rng: np.random.Generator, account: Integers, topic: Integers, seed: int) -> Strings:
    """One tag for each slot."""
    size = len(account)
    popular = pick(rng, zipf(_TAGS_PER_TOPIC, 0.9), size)
    favourite = np.floor(_of_account(account, seed, 4) * _TAGS_PER_TOPIC).astype(np.int64)
    favourite = (favourite + pick(rng, zipf(8), size) * 5) % _TAGS_PER_TOPIC
    rank = np.where(rng.random(size) < 0.6, popular, favourite)
    luck = rng.random(size)
    foreign = (luck >= _UBIQUITOUS_SHARE) & (luck < _UBIQUITOUS_SHARE + _FOREIGN_SHARE)
    elsewhere = np.floor(rng.random(size) * len(TOPICS)).astype(np.int64)
    tags: Strings = _TOPIC_TAGS[np.where(foreign, elsewhere, topic) * _TAGS_PER_TOPIC + rank]
    common = np.flatnonzero(luck < _UBIQUITOUS_SHARE)
    tags[common] = np.array(UBIQUITOUS, dtype=object)[pick(rng, zipf(len(UBIQUITOUS)), len(common))]
    rare = np.flatnonzero(luck >= 1 - _LONG_TAIL_SHARE)
    tags[rare] = _long_tail(rng, _TOPIC_LANGUAGES[topic[rare]])
    return tags


def _long_tail(rng: np.random.Generator, language: Integers) -> Strings:
    """Two words of the language glued together, some with a number."""
    place = rng.random((2, len(language)))
    first, second = _WORD_STARTS[language] + np.floor(place * _WORD_COUNTS[language]).astype(int)
    number = np.floor(rng.random(len(language)) * 400).astype(int)
    ending = np.array([str(n) if n < 100 else "" for n in number.tolist()], dtype=object)
    glued: Strings = _WORDS[first] + _WORDS[second] + ending
    return glued


def _spelt(rng: np.random.Generator, tags: Strings) -> Strings:
    """Some tags in capitals, as people write them."""
    luck = rng.random(len(tags))
    for row in np.flatnonzero(luck < 0.15).tolist():
        tags[row] = tags[row].upper() if luck[row] < 0.03 else tags[row][:1].upper() + tags[row][1:]
    return tags


VOCABULARY_COLUMNS = ("hashtag", "role", "community", "community_name")


def vocabulary() -> list[tuple[str, str, int | None, str]]:
    """The planted tags, one row each in the order of VOCABULARY_COLUMNS.

    Roles: community; ubiquitous (all communities use it); driver (raises likes); decoy (does not).
    """
    rows: list[tuple[str, str, int | None, str]] = [
        (normalised(tag), "community", number, topic.name)
        for number, topic in enumerate(TOPICS)
        for tag in topic.tags
    ]
    rows += [(normalised(tag), "ubiquitous", None, "") for tag in UBIQUITOUS]
    return [*rows, (DRIVER, "driver", None, ""), (DECOY, "decoy", None, "")]
