"""A corpus of broken files through the ingest job: every record ends in exactly one place."""

from __future__ import annotations

import bz2
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from influencers.config import Config, load
from influencers.ingest.tables import POSTS, QUARANTINE
from influencers.measured.keys import as_json
from influencers.storage.store import Store
from jobs import ingest

NAMES = (
    "owner_id", "owner_username", "shortcode", "is_video", "caption", "comments", "likes",
    "created_at", "location", "imageUrl", "multiple_images", "username", "followers", "following",
)  # fmt: skip
MARK = re.compile(r"mark\d{4}")


class Corpus:
    """Files whose every record holds a mark of its own, or shares one with its repetition."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.marks: set[str] = set()
        self.repeated = 0

    def record(self, caption: str = "{}", *, quoted: bool = True, **cells: str) -> str:
        mark = f"mark{len(self.marks):04d}"
        self.marks.add(mark)
        text = caption.format(mark)
        given: dict[str, str] = {
            "owner_id": "12", "owner_username": "ann", "shortcode": f"S{mark}", "is_video": "False",
            "caption": f'"{text}"' if quoted else text, "comments": "2", "likes": "30",
            "created_at": "1500000000", "location": "", "imageUrl": "http://i/x.jpg",
            "multiple_images": "False", "username": "Ann", "followers": "100", "following": "5",
        }  # fmt: skip
        return ",".join({**given, **cells}[name] for name in NAMES)

    def again(self, record: str) -> str:
        self.repeated += 1
        return record

    def write(self, name: str, *records: str | bytes, end: bytes = b"\n") -> None:
        lines = [",".join(NAMES).encode()]
        lines += [one if isinstance(one, bytes) else one.encode() for one in records]
        data = end.join(lines) + end
        pack = {".gz": gzip.compress, ".bz2": bz2.compress}.get(Path(name).suffix, lambda b: b)
        (self.folder / name).write_bytes(pack(data))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    made = Corpus(tmp_path_factory.mktemp("broken"))
    one = made.record
    twice = one()
    made.write("good.csv", one(), one("{}\nsecond line"), one('say ""{}""'), twice)
    made.write("carriage.csv", one("{}\r\nnext"), one("\u2028{}\u0085"), end=b"\r\n")
    made.write("open.csv", one(), one('"{}', quoted=False), one(), one("{}\nmore"))
    made.write("open_last.csv", one(), one('"{} is never closed', quoted=False))
    made.write("stray.csv", one('"{}" behind', quoted=False), one(), one('x"{}', quoted=False))
    made.write("width.csv", one() + ",more", one(), one(quoted=False).replace("Ann,", ""))
    made.write("bytes.csv.gz", one().encode() + b"\xff", one("{} \xe9").encode("latin-1"), one())
    made.write("nul.csv.bz2", one("{}\x00"), one(), made.again(twice))
    made.write("blank.csv", "", one(), "", one(), "")
    made.write(
        "cells.csv", one(likes="many"), one(shortcode=""), one(created_at="0"), one(followers="-5"),
        one(owner_id="1e400"), one(created_at="99999999999999"), one(is_video="perhaps"),
        one(likes="-1"), one(comments=""),
    )  # fmt: skip
    made.write("mixed.csv", one('"{}', quoted=False), *[one() for _ in range(40)], one("{}\n,\n\n"))
    lines = [json.dumps(dict(zip(NAMES, one(quoted=False).split(","), strict=True)))]
    lines += ['{"caption": "' + one(quoted=False), "[1]", "7", "{}"]
    (made.folder / "posts.jsonl").write_text("\n".join(lines))
    return made


@pytest.fixture(scope="module")
def ended(spark: SparkSession, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = load(None, [f"paths.output={tmp_path_factory.mktemp('conserved') / 'out'}"])
    return load(None, ["ingest.max_record_chars=2000", f"paths.input={corpus.folder}"], config)


@pytest.fixture(scope="module")
def numbers(spark: SparkSession, ended: Config) -> dict[str, Any]:
    """The section `rows` of metrics.json."""
    rows: dict[str, Any] = as_json(ingest.run(spark, ended).rows)
    return rows


def test_every_record_is_counted_in_one_place(numbers: dict[str, Any], corpus: Corpus) -> None:
    assert numbers["read"] == numbers["posts"] + numbers["quarantined"] + numbers["duplicates"]
    assert numbers["duplicates"] == corpus.repeated == 1


def test_tables_hold_what_was_counted(
    spark: SparkSession, ended: Config, numbers: dict[str, Any]
) -> None:
    store = Store(spark, ended)
    assert store.read(POSTS).count() == numbers["posts"]
    assert store.read(QUARANTINE).count() == numbers["quarantined"]


def test_every_mark_is_found_in_one_place(
    spark: SparkSession, ended: Config, numbers: dict[str, Any], corpus: Corpus
) -> None:
    store = Store(spark, ended)
    posts = [row["caption"] for row in store.read(POSTS).collect()]
    quarantine = [row["raw"] for row in store.read(QUARANTINE).collect()]
    kept = [mark for caption in posts for mark in MARK.findall(caption)]
    put_aside = {mark for raw in quarantine for mark in MARK.findall(raw)}
    assert len(kept) == len(set(kept))
    assert set(kept).isdisjoint(put_aside)
    assert set(kept) | put_aside == corpus.marks


def test_damage_costs_its_own_record_alone(
    spark: SparkSession, ended: Config, numbers: dict[str, Any]
) -> None:
    found = {
        (Path(row["source_file"]).name, row["record"]): row["reasons"]
        for row in Store(spark, ended).read(QUARANTINE).collect()
    }
    assert all(reasons for reasons in found.values())
    assert found.pop(("mixed.csv", 1)) == ["unclosed_quote"]
    assert not [place for place in found if place[0] in ("good.csv", "carriage.csv", "mixed.csv")]
    # Likes of -1 and comments that are empty are unknown, not wrong.
    assert len([place for place in found if place[0] == "cells.csv"]) == 7
