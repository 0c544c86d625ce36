"""Tiny and degenerate inputs through the whole pipeline: each ends with a report that says why."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from PIL import Image
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType

from degenerate_inputs import KINDS, written
from influencers.catalog import TABLES
from influencers.config import Config, load
from influencers.ingest.tables import POSTS, QUARANTINE
from influencers.storage.store import Store
from influencers.synthetic import image_server
from jobs import pipeline

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = (
    "models.trees=2",
    "models.depth=2",
    "models.permutations=1",
    "models.explained_rows=100",
    "models.evaluation_folds=2",
    # So that forests are tried wherever there are two classes at all.
    "models.min_positives=2",
    "models.min_calibration=2",
    "models.min_groups=2",
    "models.min_leaf=1",
)
UNLINKED = "no two hashtags are used together often enough to be linked"
UNRANKED = "No account is ranked: none has 10 posts or more"
SAID = {
    "one_post": (
        "1 post of 1 record read", "1 account ", UNLINKED, UNRANKED,
        "top likes, unseen accounts: skipped, only one training row has a label.",
        "top likes, later posts: skipped, no training row has a label.",
        "top engagement in tier: all features; top likes: all features.",
        "Images are not downloaded in this run: images.enabled is false.",
    ),
    "one_account": ("30 posts of 30 records read", "1 account ", UNLINKED),
    "all_equal": (
        UNLINKED, UNRANKED,
        "top likes, unseen accounts: skipped, all 42 training rows have the same label.",
        "60 images measured 100.0 % of those named",
        "links between images of the same bytes 59",
    ),
    "nothing_known": (
        "unknown 40 120 – –", UNLINKED, UNRANKED,
        "top followers, later posts: skipped, no training row has a label.",
        "all features; top likes: all features.",
    ),
    "only_videos": ("200 posts", "content type video ", "nothing to compare with"),
    "zeros": (UNRANKED, "top likes, later posts: skipped, all 136 training rows have the same"),
    "largest_counts": (
        "594 posts of 600 records read", "6 records in quarantine",
        "count_out_of_range:likes 2", "1,000,000,000,000",
    ),
    "no_hashtags": (UNLINKED,),
    "one_hashtag": (UNLINKED,),
    "thirty_hashtags": (UNLINKED,),
}  # fmt: skip
# The others take minutes together.
FAST = ("one_post",)


class Text(HTMLParser):
    """What a page says, without its styles and drawings."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._inside, self._parts = "", list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = self._inside or (tag if tag in ("style", "svg") else "")

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self._parts.append(data)

    def __str__(self) -> str:
        return " ".join(" ".join(self._parts).split())


@contextmanager
def images_of(kind: str, folder: Path) -> Iterator[tuple[str, ...]]:
    """The settings with which images are fetched; off unless the posts of the kind have some."""
    if kind != "all_equal":
        yield ("images.enabled=false",)
        return
    names = [str(row["imageUrl"]).rpartition("/")[2] for row in KINDS[kind]()]
    (folder / "p").mkdir(parents=True)
    Image.new("RGB", (64, 64), "teal").save(folder / "p" / names[0])
    for name in names[1:]:
        shutil.copy(folder / "p" / names[0], folder / "p" / name)
    with image_server.serving(folder) as (address, port):
        yield (
            f'images.connect_to=["images.example:80={address}:{port}"]',
            'images.host_limits=["images.example=0/0"]',
            "images.placeholder_posts=0",
        )


def strict(name: str) -> Any:
    raise AssertionError(f"{name} is not JSON")


@pytest.mark.parametrize(
    "kind", [pytest.param(one, marks=() if one in FAST else pytest.mark.long) for one in KINDS]
)
def test_a_degenerate_input_ends_with_a_report(
    kind: str, spark: SparkSession, tmp_path: Path
) -> None:
    records = written(kind, tmp_path / "posts.csv")
    with images_of(kind, tmp_path / "images") as settings:
        config = load(
            None,
            [
                f"paths.output={tmp_path / 'out'}",
                f'paths.input=["{tmp_path / "posts.csv"}"]',
                *SETTINGS,
                *settings,
            ],
        )
        pipeline.run(spark, config)
    assert_every_record_has_a_place(spark, config, records)
    assert_numbers_are_finite(spark, config)
    assert_the_page_reads_well(tmp_path / "out" / "report.html", SAID[kind])


def assert_every_record_has_a_place(spark: SparkSession, config: Config, records: int) -> None:
    text = Path(config.paths.output, "metrics.json").read_text(encoding="utf-8")
    metrics = json.loads(text, parse_constant=strict)
    schema = json.loads((ROOT / "docs" / "metrics.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(metrics)
    rows, store = metrics["rows"], Store(spark, config)
    assert rows["read"] == records
    assert rows["posts"] + rows["quarantined"] + rows["duplicates"] == records
    assert rows["posts"] == store.read(POSTS).count()
    assert rows["quarantined"] == store.read(QUARANTINE).count()


def assert_numbers_are_finite(spark: SparkSession, config: Config) -> None:
    """No table has NaN or an infinite number: what is unknown is null."""
    store, wrong = Store(spark, config), {}
    for name in TABLES:
        table = store.read_if_exists(name)
        numbers = [] if table is None else [
            one.name for one in table.schema if isinstance(one.dataType, DoubleType)
        ]  # fmt: skip
        if table is not None and numbers:
            row = table.agg(*(
                F.count_if(F.isnan(one) | (F.abs(F.col(one)) == float("inf"))).alias(one)
                for one in numbers
            )).collect()[0]  # fmt: skip
            wrong.update({f"{name}.{one}": n for one, n in row.asDict().items() if n})
    assert wrong == {}


def assert_the_page_reads_well(file: Path, said: tuple[str, ...]) -> None:
    page = file.read_text(encoding="utf-8")
    text = str(Text(page))
    assert [words for words in said if words not in text] == []
    assert not re.findall(r"<tbody>\s*</tbody>", page), "a table without rows"
    odd = r"(?i:\b(?:nan|inf|nat|null|undefined)\b)|\bNone\b(?![.:])"
    one = r"(?<![\d.,])1 (?:posts|accounts|records|rows|images|communities|hashtags|labels)\b"
    # A number may stand before the name of the next row of a table.
    sentences = str(Text(re.sub(r"(?s)<table>.*?</table>", "", page)))
    assert around(odd, text) + around(one, sentences) == []


def around(pattern: str, text: str) -> list[str]:
    """What is found, with the words about it."""
    found = re.finditer(pattern, text)
    return [text[max(0, one.start() - 40) : one.end() + 40] for one in found]
