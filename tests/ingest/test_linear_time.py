"""Twice the text takes about twice the time, whatever the text."""

from __future__ import annotations

import time
from collections.abc import Callable

import pyarrow as pa
import pytest

from influencers.ingest.captions import read
from influencers.ingest.emoji import count_emoji
from influencers.ingest.hashtags import read_tags
from influencers.redaction import redacted

Make = Callable[[int], str]

CAPTIONS: dict[str, Make] = {
    "points": lambda n: ".#a" * n,
    "brackets": lambda n: "(#a" * n,
    "closed brackets": lambda n: "[#a]" * n,
    "colons": lambda n: "#a:" * n,
    "addresses": lambda n: "x.co/#a" * n,
    "addresses behind tags": lambda n: "#a://" * n,
    "a long word": lambda n: "a" * n + ".#a" * n,
    "one long tag": lambda n: "#" + "a" * 4 * n,
    "glued tags": lambda n: "#a" * n + "://",
    "signs": lambda n: "#" * 4 * n,
    "labels": lambda n: "a." * n + "#a" * n,
    "lines": lambda n: ".#a\n" * n,
    "mentions": lambda n: "@a" * n,
    "mentions behind points": lambda n: ".@a.#b" * n,
    "mentions in brackets": lambda n: "(@a#b" * n,
    "mentions with points": lambda n: " @a." * n,
    "at signs": lambda n: "@" * 4 * n,
    "digits": lambda n: "1" * 4 * n + "❤",
    "joined emoji": lambda n: "❤\u200d" * n,
    "toned emoji": lambda n: "❤\U0001f3fb" * n,
    "letters of flags": lambda n: "\U0001f1e6" * n,
    "tagged emoji": lambda n: "❤" + "\U000e0020" * 4 * n,
    "emoji as text": lambda n: "❤\ufe0e" * n,
}
MESSAGES: dict[str, Make] = {
    "a long word": lambda n: "a" * 8 * n,
    "slashes": lambda n: "//" * n,
    "users": lambda n: "//a:" * n,
    "addresses": lambda n: "http://" * n,
    "secret names": lambda n: "secret" * n,
    "passwords": lambda n: "password" * n,
    "tokens and spaces": lambda n: ("token" + " " * 30) * n,
    "one name, many spaces": lambda n: "token" + " " * 8 * n,
    "equals signs": lambda n: "token=" * n,
    "points": lambda n: "a.-" * n,
}


def seconds(work: Callable[[str], object], text: str) -> float:
    started = time.thread_time()
    work(text)
    return time.thread_time() - started


def grows_linearly(work: Callable[[str], object], make: Make) -> bool:
    """Whether four times the text takes less than eight times the time; squares take sixteen."""
    short, long = make(4_000), make(16_000)
    # Time of this thread alone: other work on the machine still makes some measurements longer.
    for _ in range(10):
        few = min(seconds(work, short) for _ in range(3))
        many = min(seconds(work, long) for _ in range(3))
        if many < 8 * few or many < 0.01:
            return True
    return False


@pytest.mark.parametrize("kind", CAPTIONS)
def test_captions(kind: str) -> None:
    assert grows_linearly(read_tags, CAPTIONS[kind])
    assert grows_linearly(count_emoji, CAPTIONS[kind])
    assert grows_linearly(lambda text: read(pa.array([text])), CAPTIONS[kind])


@pytest.mark.parametrize("kind", MESSAGES)
def test_messages(kind: str) -> None:
    assert grows_linearly(redacted, MESSAGES[kind])


def test_a_caption_of_a_quarter_of_a_million_characters() -> None:
    assert seconds(read_tags, ".#a" * 83_000) < 5
