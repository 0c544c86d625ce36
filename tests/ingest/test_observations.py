"""What each crawl saw is kept: in whatever order crawls are read, together or one by one."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from influencers.config import Config, PathsConfig
from influencers.ingest.tables import ACCOUNT_OBSERVATIONS, POST_OBSERVATIONS, POSTS, QUARANTINE
from influencers.measured.keys import as_json
from influencers.storage.store import Store, partition_of
from influencers.storage.table import Table
from jobs import forget, ingest
from test_sources import NAMES

_DAY = 86_400
_START = 1_706_659_200  # 2024-01-31
_LATER = _START + _DAY  # of another month


def seen(
    shortcode: str, at: int | str, likes: int, *, owner: int = 1, followers: int = 100,
    name: str = "ann",
) -> str:  # fmt: skip
    return (
        f"{owner},{name},{shortcode},False,hi,2,{likes},1500000000,,http://i/x.jpg,False,Ann,"
        f"{followers},5,{at}"
    )


class Crawls:
    """Files of crawls, and an output that they go into."""

    def __init__(self, spark: SparkSession, path: Path, out: str = "out") -> None:
        self.spark, self.path, self.out = spark, path, out

    def write(self, name: str, *lines: str, columns: str = f"{NAMES},crawled_at") -> None:
        (self.path / name).write_text("\n".join((columns, *lines)) + "\n")

    def config(self, *names: str, **ingest: Any) -> Config:
        paths = [str(self.path / name) for name in names]
        base = Config()
        return dataclasses.replace(
            base,
            paths=PathsConfig(input=tuple(paths), output=str(self.path / self.out)),
            ingest=dataclasses.replace(base.ingest, **ingest),
        )

    def ingest(self, *names: str, **settings: Any) -> dict[str, Any]:
        rows: dict[str, Any] = as_json(ingest.run(self.spark, self.config(*names, **settings)).rows)
        assert rows["duplicates"] == rows["repeated"] + rows["observations"]
        assert rows["read"] == rows["posts"] + rows["quarantined"] + rows["duplicates"]
        return rows

    def store(self) -> Store:
        return Store(self.spark, self.config())

    def rows(self, table: Table, *columns: str) -> list[tuple[Any, ...]]:
        frame = self.store().read(table).selectExpr(*columns)
        return sorted(map(tuple, frame.collect()), key=str)

    def posts(self) -> list[tuple[Any, ...]]:
        return self.rows(POSTS, "shortcode", "likes")

    def observed(self) -> list[tuple[Any, ...]]:
        rows = self.rows(POST_OBSERVATIONS, "shortcode", "unix_seconds(observed_at)", "likes")
        return [(code, at - _START, likes) for code, at, likes in rows]

    def followed(self) -> list[tuple[Any, ...]]:
        rows = self.rows(
            ACCOUNT_OBSERVATIONS, "owner_id", "unix_seconds(observed_at)", "followers",
            "owner_username",
        )  # fmt: skip
        return [(owner, at - _START, followers, name) for owner, at, followers, name in rows]


@pytest.fixture
def crawls(spark: SparkSession, tmp_path: Path) -> Crawls:
    return Crawls(spark, tmp_path)


def test_a_second_crawl_does_not_replace_what_the_first_saw(crawls: Crawls) -> None:
    crawls.write("one.csv", seen("AAAAA", _START, 5), seen("BBBBB", _START, 7))
    crawls.write(
        "two.csv",
        seen("AAAAA", _LATER, 9, followers=120, name="ann.new"),
        seen("CCCCC", _LATER, 1, followers=120, name="ann.new"),
    )
    first, second = crawls.ingest("one.csv"), crawls.ingest("two.csv")
    assert (first["posts"], first["duplicates"], first["undated"]) == (2, 0, 0)
    # Of this run's records, none is of a post that another has.
    assert (second["posts"], second["duplicates"]) == (2, 0)
    assert crawls.posts() == [("AAAAA", 9), ("BBBBB", 7), ("CCCCC", 1)]
    assert crawls.observed() == [
        ("AAAAA", 0, 5), ("AAAAA", _DAY, 9), ("BBBBB", 0, 7), ("CCCCC", _DAY, 1),
    ]  # fmt: skip
    # A new name is no new account.
    assert crawls.followed() == [(1, 0, 100, "ann"), (1, _DAY, 120, "ann.new")]
    months = crawls.rows(POST_OBSERVATIONS, "shortcode", "month")
    assert months == [
        ("AAAAA", "2024-01"), ("AAAAA", "2024-02"), ("BBBBB", "2024-01"), ("CCCCC", "2024-02"),
    ]  # fmt: skip
    assert partition_of(crawls.spark, crawls.store().location(POST_OBSERVATIONS)) == ["month"]


def test_another_crawl_is_no_dispute(crawls: Crawls, capsys: pytest.CaptureFixture[str]) -> None:
    crawls.write("one.csv", seen("AAAAA", _START, 5))
    crawls.write(
        "two.csv", seen("AAAAA", _LATER, 4), seen("AAAAA", _LATER, 4), seen("AAAAA", _START, 5)
    )
    crawls.ingest("one.csv")
    rows = crawls.ingest("two.csv")
    assert (rows["posts"], rows["repeated"], rows["observations"]) == (1, 1, 1)
    said = capsys.readouterr().err
    assert "told in several ways" not in said
    assert "1 further observations, 1 duplicates" in said
    # The later crawl stands, though it counts less.
    assert crawls.posts() == [("AAAAA", 4)]


def test_of_one_time_the_higher_count_stands_and_what_is_mended(crawls: Crawls) -> None:
    crawls.write("a.csv", seen("AAAAA", _START, 50))
    crawls.write("b.csv", seen("AAAAA", _START, 60))
    for name, likes in (("a.csv", 50), ("b.csv", 60), ("a.csv", 60)):
        crawls.ingest(name)
        assert crawls.observed() == [("AAAAA", 0, likes)]
    assert crawls.rows(POST_OBSERVATIONS, "split_part(source_file, '/', -1)") == [("b.csv",)]
    crawls.write("b.csv", seen("AAAAA", _START, 40))
    crawls.ingest("b.csv")
    assert crawls.observed() == [("AAAAA", 0, 40)]
    crawls.write("low.csv", seen("AAAAA", _START, 10, followers=1))
    crawls.ingest(replace=(str(crawls.path / "low.csv"),))
    assert crawls.observed() == [("AAAAA", 0, 10)]
    assert crawls.followed() == [(1, 0, 1, "ann")]


def test_without_a_time_there_is_no_observation(crawls: Crawls) -> None:
    crawls.write("none.csv", seen("AAAAA", "", 5), seen("BBBBB", "", 6))
    assert crawls.ingest("none.csv")["undated"] == 2
    assert crawls.observed() == crawls.followed() == []
    crawls.write("some.csv", seen("AAAAA", _START, 5), seen("CCCCC", "", 6))
    assert crawls.ingest("some.csv")["undated"] == 1
    assert crawls.observed() == [("AAAAA", 0, 5)]
    assert [code for code, _ in crawls.posts()] == ["AAAAA", "BBBBB", "CCCCC"]


def test_a_time_is_given_to_files_that_have_none(crawls: Crawls) -> None:
    crawls.write("posts-2024-01-31.csv", *(seen(code, "", 5)[:-1] for code in ("AAAAA", "BBBBB")),
                 columns=NAMES)  # fmt: skip
    crawls.write("posts-20240201T120000Z.csv", seen("AAAAA", "", 9), seen("CCCCC", _START, 1))
    crawls.write("more.csv", seen("DDDDD", "", 2))
    rows = crawls.ingest(
        "posts-2024-01-31.csv", "posts-20240201T120000Z.csv", "more.csv",
        crawled_at="2024-02-03T00:00:00+01:00", crawled_at_pattern="posts-{date}.csv",
    )  # fmt: skip
    assert (rows["undated"], rows["observations"], rows["repeated"]) == (0, 1, 0)
    assert crawls.observed() == [
        ("AAAAA", 0, 5), ("AAAAA", 36 * 3600, 9), ("BBBBB", 0, 5), ("CCCCC", 0, 1),
        ("DDDDD", 71 * 3600, 2),
    ]  # fmt: skip


def test_a_post_of_another_owner_is_not_observed(crawls: Crawls) -> None:
    crawls.write("a.csv", seen("AAAAA", _START, 5))
    crawls.write("b.csv", seen("AAAAA", _LATER, 9, owner=2), seen("BBBBB", _LATER, 1, owner=2))
    crawls.ingest("a.csv")
    assert crawls.ingest("b.csv")["by_reason"] == {"conflicting_owner": 1}
    assert crawls.observed() == [("AAAAA", 0, 5), ("BBBBB", _DAY, 1)]
    assert len(crawls.rows(QUARANTINE, "record")) == 1


def test_profiles_are_observations_and_do_not_lend_their_followers(crawls: Crawls) -> None:
    crawls.write("posts.csv", seen("AAAAA", _LATER, 5).replace(",100,5,", ",,5,"))
    crawls.write(
        "profiles.csv", f"1,ann,77,5,{_START}", f"9,bob,10,5,{_START}",
        columns="owner_id,owner_username,followers,following,crawled_at",
    )  # fmt: skip
    crawls.ingest("posts.csv", accounts=(str(crawls.path / "profiles.csv"),))
    assert crawls.rows(POSTS, "followers") == [(77,)]
    assert crawls.followed() == [(1, 0, 77, "ann"), (1, _DAY, None, "ann"), (9, 0, 10, "bob")]


def test_forgotten_accounts_leave_observations_and_months_stay(crawls: Crawls) -> None:
    crawls.write(
        "a.csv", *(seen(f"AAAA{owner}", at, 5, owner=owner) for owner in (1, 2)
                   for at in (_START, _LATER)),
    )  # fmt: skip
    crawls.ingest("a.csv")
    config = crawls.config()
    forgetting = dataclasses.replace(config.forget, owners=("1",))
    forget.run(crawls.spark, dataclasses.replace(config, forget=forgetting))
    assert crawls.observed() == [("AAAA2", 0, 5), ("AAAA2", _DAY, 5)]
    assert [owner for owner, *_ in crawls.followed()] == [2, 2]
    for table in (POST_OBSERVATIONS, ACCOUNT_OBSERVATIONS):
        assert partition_of(crawls.spark, crawls.store().location(table)) == ["month"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_neither_order_nor_repetition_of_crawls_matters(
    spark: SparkSession, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    records = [
        (f"AAAA{rng.randrange(8)}", _START + rng.randrange(3) * _DAY, rng.randrange(1, 4), 100)
        for _ in range(40)
    ]
    names = [f"crawl-{number}.csv" for number in range(3)]
    files: dict[str, list[tuple[str, int, int, int]]] = {name: [] for name in names}
    for record in records:
        files[rng.choice(names)].append(record)
    found = []
    for out, order in (("at-once", [names]), ("one-by-one", [[n] for n in reversed(names)]),
                       ("again", [names[:2], names[1:], names[:1]])):  # fmt: skip
        crawls = Crawls(spark, tmp_path, out)
        for name, of_file in files.items():
            lines = [seen(code, at, likes, followers=f) for code, at, likes, f in of_file]
            crawls.write(name, *lines)
        for together in order:
            crawls.ingest(*together)
        tables = (POSTS, POST_OBSERVATIONS, ACCOUNT_OBSERVATIONS)
        found.append([crawls.rows(table, *table.schema.names) for table in tables])
    assert found[0] == found[1] == found[2]
    assert _told(found[0][1]) == _best(records)


def _told(rows: Sequence[tuple[Any, ...]]) -> dict[tuple[str, int], int]:
    return {(code, _seconds(at)): likes for code, at, _, likes, *_ in rows}


def _seconds(at: datetime) -> int:
    return int((at if at.tzinfo else at.astimezone(timezone.utc)).timestamp())


def _best(records: Sequence[tuple[str, int, int, int]]) -> dict[tuple[str, int], int]:
    best: dict[tuple[str, int], int] = {}
    for code, at, likes, _ in records:
        best[code, at] = max(likes, best.get((code, at), 0))
    return best
