"""Followers from files of accounts."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from pyspark.sql import SparkSession

from influencers.config import Config, IngestConfig, PathsConfig
from influencers.errors import UserError
from influencers.ingest.tables import POSTS, QUARANTINE
from influencers.storage.store import Store
from jobs import ingest

NAMES = ["owner_id", "owner_username", "shortcode", "is_video", "caption", "comments", "likes",
         "created_at", "image_url", "crawled_at"]  # fmt: skip
DAY = 86_400
START = 1_500_000_000
# Of owner, handle, and day of the crawl.
POSTS_OF = [
    (7, "Ann", 10), (7, "Ann", None), (8, "bob", 1), (9, "cy", 3), (10, "dee", 2), (11, "", 2),
]  # fmt: skip


def posts_file(folder: Path, **more: list[str]) -> Path:
    """Posts without followers; `more` are columns that these have."""
    path = folder / "posts.csv"
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow([*NAMES, *more])
        for number, (owner, handle, day) in enumerate(POSTS_OF):
            crawled = "" if day is None else START + day * DAY
            cells = [owner, handle, f"Abcde{number}", 0, "", 1, 2, START, "", crawled]
            writer.writerow([*cells, *(column[number] for column in more.values())])
    return path


def ingested(spark: SparkSession, folder: Path, *accounts: Path) -> Store:
    config = Config(
        paths=PathsConfig(input=(str(folder / "posts.csv"),), output=str(folder / "out")),
        ingest=IngestConfig(accounts=tuple(map(str, accounts))),
    )
    ingest.run(spark, config)
    return Store(spark, config)


def followers_in(store: Store) -> dict[str, tuple[int | None, int | None, int | None]]:
    """By shortcode: followers, following, and the step of the followers."""
    columns = ("followers", "following", "followers_resolution")
    return {
        row["shortcode"]: tuple(row[name] for name in columns)
        for row in store.read(POSTS).collect()
    }


def test_posts_take_the_profile_of_their_time(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    posts_file(tmp_path)
    by_id = tmp_path / "ids.csv"
    by_id.write_text(
        "id,followersCount,followsCount,timestamp\n"
        + "".join(
            f"7,{followers},5,{START + day * DAY}\n"
            for followers, day in [(100, 1), (200, 9), (201, 11), (300, 30)]
        )
        + "8,1.2K,,\n,4,,\n9,many,,\n"
    )
    by_name = tmp_path / "names.jsonl"
    by_name.write_text(
        json.dumps({"username": "@CY", "edge_followed_by": {"count": 12}}) + "\n"
        + json.dumps({"node": {"username": "bob", "edge_followed_by": {"count": 99}}}) + "\n"
    )  # fmt: skip
    table = pa.table({"user_id": [10], "followers": [77], "following": [3]})
    parquet.write_table(table, tmp_path / "more.parquet")
    store = ingested(spark, tmp_path, by_id, by_name, tmp_path / "more.parquet")
    assert followers_in(store) == {
        "Abcde0": (201, 5, None),  # days 9 and 11 are as near to 10
        "Abcde1": (300, 5, None),
        "Abcde2": (1_200, None, 100),  # the id goes before the name
        "Abcde3": (12, None, None),
        "Abcde4": (77, 3, None),
        "Abcde5": (None, None, None),
    }
    refused = {(row["record"], *row["reasons"]) for row in store.read(QUARANTINE).collect()}
    assert refused == {(6, "missing:account"), (7, "unreadable_number:followers")}
    said = capsys.readouterr().err
    assert "read 10 profiles of accounts: 2 in quarantine" in said
    assert "from_accounts:followers 5" in said
    assert "unknown throughout: location, multiple_images, username\n" in said


def test_what_posts_say_themselves_stays(spark: SparkSession, tmp_path: Path) -> None:
    posts_file(tmp_path, followers=["1", "", "3", "4", "5", "6"])
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("owner_id,followers,following\n7,100,8\n")
    found = followers_in(ingested(spark, tmp_path, accounts))
    assert [found["Abcde0"], found["Abcde1"]] == [(1, 8, None), (100, 8, None)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("followers,following\n1,2\n", "no column owner_id or username"),
        ("owner_id,following\n1,2\n", "no column followers"),
    ],
)
def test_files_that_are_no_profiles_are_one_line(
    spark: SparkSession, tmp_path: Path, text: str, message: str
) -> None:
    posts_file(tmp_path)
    accounts = tmp_path / "accounts.csv"
    accounts.write_text(text)
    with pytest.raises(UserError, match=message):
        ingested(spark, tmp_path, accounts)
