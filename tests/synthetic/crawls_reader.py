"""The crawls of a generated sample, read back without the product's code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from influencers.config import GenerateConfig
from influencers.synthetic import generate
from sample_reader import read_strictly, reasons

TRUE = ("true", "1")


@dataclass(frozen=True)
class Crawls:
    """A generated folder with crawls/."""

    folder: Path
    options: GenerateConfig
    expected: dict[str, Any]

    @classmethod
    def made(cls, folder: Path, options: GenerateConfig) -> Crawls:
        return cls(folder, options, generate(folder, options))

    def truth(self, name: str) -> pd.DataFrame:
        path = self.folder / "truth" / f"{name}.csv"
        return pd.read_csv(path, dtype=str, keep_default_na=False)

    @cached_property
    def files(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "crawls").iterdir())

    @cached_property
    def records(self) -> pd.DataFrame:
        """All records: file, number in it, the reason why it is bad or nothing, and its cells."""
        rows = []
        for name in self.files:
            header, *records = read_strictly((self.folder / "crawls" / name).read_bytes())
            columns = header.cells or []
            for number, record in enumerate(records, start=1):
                why = reasons(record, columns)
                cells = dict(zip(columns, record.cells or [], strict=True)) if not why else {}
                rows.append({"file": name, "record": number, "reason": ",".join(why), **cells})
        return pd.DataFrame(rows)

    @cached_property
    def posts(self) -> pd.DataFrame:
        """The distinct good records, typed; likes that are not known are null."""
        good = self.records[self.records["reason"] == ""].drop(columns=["record", "reason"])
        posts = good.drop_duplicates(["shortcode", "crawled_at"]).copy()
        for name in ("likes", "comments", "created_at", "following"):
            posts[name] = pd.to_numeric(posts[name])
            posts[name] = posts[name].where(posts[name] != -1)
        posts["at"] = pd.to_datetime(posts["crawled_at"], utc=True)
        seconds = posts["at"].map(pd.Timestamp.timestamp)
        posts["age_hours"] = (seconds - posts["created_at"]) / 3_600
        video = posts["is_video"].str.lower().isin(TRUE)
        carousel = posts["multiple_images"].str.lower().isin(TRUE)
        posts["content_type"] = "photo"
        posts.loc[carousel, "content_type"] = "carousel"
        posts.loc[video, "content_type"] = "video"
        return posts.sort_values(["owner_id", "shortcode", "at"], ignore_index=True)

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """What each crawl sees of each account; the abbreviated followers as numbers, too."""
        columns = ["owner_id", "at", "crawled_at", "owner_username", "followers", "following"]
        seen = self.posts[columns].drop_duplicates()
        units = seen["followers"].str[-1].map({"K": 1_000, "M": 1_000_000}).fillna(1)
        value = seen["followers"].str.rstrip("KM").astype(float) * units
        return seen.assign(count=value).sort_values(["owner_id", "at"], ignore_index=True)

    @cached_property
    def drivers(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "truth" / "drivers.json").read_text())
        return content
