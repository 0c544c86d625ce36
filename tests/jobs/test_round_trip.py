"""What `export` writes of the posts, `ingest` reads again to the same table."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from chispa import assert_df_equality
from pyspark.sql import SparkSession

from influencers.config import Config, ExportConfig, PathsConfig
from influencers.ingest.columns import FIELDS
from influencers.ingest.tables import POSTS
from influencers.storage.store import Store
from jobs import export, ingest

TEXTS = [
    "=1+1", "-abc_1", "'=quoted", "''=twice", "'plain", "@name +1", "\t=tab", "＝wide", 'a,"b"\nc',
    " spaces ", "C:\\dir\\", '"', "#tag 😀", "",
]  # fmt: skip


def test_posts_come_back_as_they_were_exported(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, FIELDS)
        writer.writeheader()
        for number, text in enumerate(TEXTS):
            writer.writerow(
                {
                    "owner_id": number,
                    # Keys may begin with a dash, which spreadsheets take for a formula.
                    "shortcode": f"-{number}abcd" if number % 2 else f"{number}=abcd"[::-1],
                    "is_video": number % 2,
                    "caption": text,
                    "owner_username": text,
                    "location": f"'{text}",
                    "comments": "",
                    "likes": f"{number}.2K" if number % 2 else number * 1_000,
                    "created_at": 1_500_000_000 + number,
                    "image_url": "https://h/i.jpg?a=1,2",
                    "followers": 10,
                }
            )
    first = Config(paths=PathsConfig(input=(str(file),), output=str(tmp_path / "first")))
    ingest.run(spark, first)
    export.run(spark, replace(first, export=ExportConfig("posts")))
    exported = str(tmp_path / "first" / "exports" / "posts")
    second = Config(paths=PathsConfig(input=(exported,), output=str(tmp_path / "second")))
    ingest.run(spark, second)
    one, other = (
        Store(spark, config).read(POSTS).drop("source_file") for config in (first, second)
    )
    assert one.count() == len(TEXTS)
    assert_df_equality(one, other, ignore_row_order=True)
