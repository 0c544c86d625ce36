"""When files were crawled that do not say it of their records."""

from __future__ import annotations

import pyarrow as pa
import pytest

from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest import crawl_times
from influencers.ingest.crawl_times import CrawlTimes
from influencers.ingest.records import ARROW_SCHEMA, RAW

NOW = 1_800_000_000


def times(**settings: str) -> CrawlTimes:
    return CrawlTimes.by(IngestConfig(**settings))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "uri", "seconds"),
    [
        ("posts-{date}.csv", "file:///in/posts-2024-05-13.csv", 1_715_558_400),
        ("posts-{date}.csv", "s3a://b/in/posts-20240513.csv", 1_715_558_400),
        ("{date}/*.csv", "file:///in/2024-05-13/a.csv", 1_715_558_400),
        ("*_{date}.json.gz", "file:///in/x_20240513_0600.json.gz", 1_715_580_000),
        ("*_{date}.csv", "file:///in/x_2024-05-13T06-00-07Z.csv", 1_715_580_007),
        ("*_{date}.csv", "file:///in/x_2024-05-13%2006%3A00.csv", 1_715_580_000),
        ("posts-{date}.csv", "file:///in/old-posts-2024-05-13.csv", None),
        ("posts-{date}.csv", "file:///in/posts-2024-05-13.csv.gz", None),
        ("posts.{date}.csv", "file:///in/postsx2024-05-13.csv", None),
        ("*{date}.csv", "file:///in/2024-05-13/a.csv", None),
    ],
)
def test_names_that_say_it(pattern: str, uri: str, seconds: int | None) -> None:
    assert times(crawled_at_pattern=pattern).of(uri) == seconds


def test_a_time_without_a_zone_is_of_the_files_zone() -> None:
    for settings in ({"crawled_at": "2024-05-13T06:00:00"}, {"crawled_at_pattern": "{date}.csv"}):
        there = times(timezone="Europe/Berlin", **settings)
        assert there.of("file:///in/2024-05-13T06-00.csv") == 1_715_572_800
        # With one, it is not.
        assert times(timezone="Europe/Berlin", crawled_at="2024-05-13T06:00:00Z").of("a") == (
            1_715_580_000
        )


def test_a_record_keeps_its_own_time() -> None:
    cells = {
        "source_file": ["file:///a-2024-05-13.csv", "file:///b.csv", "file:///b.csv"] * 2,
        "crawled_at": [None, None, "7", " ", "", "8"],
    }
    columns = [pa.array(cells.get(field.name, [None] * 6), field.type) for field in ARROW_SCHEMA]
    records = pa.RecordBatch.from_arrays(columns, schema=ARROW_SCHEMA)
    filled = times(crawled_at="1700000000", crawled_at_pattern="a-{date}.csv").filled(records)
    assert filled.column("crawled_at").to_pylist() == [
        "1715558400", "1700000000", "7", "1715558400", "1700000000", "8",
    ]  # fmt: skip
    assert filled.schema == records.schema
    # A slice of a batch is a batch.
    tail = times(crawled_at="1700000000").filled(records.slice(2))
    assert tail.column("crawled_at").to_pylist() == ["7", "1700000000", "1700000000", "8"]


def test_nothing_is_done_where_nothing_is_given() -> None:
    assert times().work(RAW) is RAW


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"crawled_at": "2024-13-01"}, "--crawled-at 2024-13-01: no time"),
        ({"crawled_at": "2034-01-01"}, "in the future"),
        ({"crawled_at": "2009-01-01"}, "before Instagram opened"),
        ({"crawled_at_pattern": "posts-{date}.json"}, "no name matches"),
        ({"crawled_at_pattern": "{date}.csv"}, "2024-02-30 in its name is no time"),
    ],
)
def test_what_cannot_be_a_time_is_an_error(settings: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        crawl_times.remarks(["file:///in/2024-02-30.csv"], IngestConfig(**settings), now=NOW)  # type: ignore[arg-type]


def test_files_that_do_not_match_are_named() -> None:
    config = IngestConfig(crawled_at_pattern="{date}.csv")
    uris = ["file:///in/2024-02-28.csv", "file:///in/more.csv"]
    assert crawl_times.remarks(uris, config, now=NOW) == [
        "file:///in/more.csv: no match of {date}.csv"
    ]
    assert crawl_times.remarks(uris, IngestConfig(), now=NOW) == []


@pytest.mark.parametrize("pattern", ["posts.csv", "{date}-{date}.csv", "{day}.csv"])
def test_a_pattern_has_one_date(pattern: str) -> None:
    with pytest.raises(UserError, match=r"a pattern with one \{date\}"):
        IngestConfig(crawled_at_pattern=pattern)
