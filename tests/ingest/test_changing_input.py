"""Input that changes while it is read."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from influencers.config import Config, PathsConfig
from influencers.errors import UserError
from influencers.ingest.tables import POSTS
from influencers.storage.store import Store
from jobs import ingest
from test_sources import line, write


@pytest.mark.parametrize("change", ["grows", "goes away"])
def test_a_file_that_changes_while_it_is_read_leaves_the_old_tables(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    file = write(tmp_path / "posts.csv", line("A"), line("B"))
    paths = PathsConfig(input=(str(file),), output=str(tmp_path / "out"))
    config = dataclasses.replace(Config(), paths=paths)
    store = Store(spark, config)
    ingest.run(spark, config)
    before = store.version(POSTS)
    counted = ingest.posts.counts

    def changed(*arguments: Any, **options: Any) -> object:
        numbers = counted(*arguments, **options)
        if change == "grows":
            with file.open("a") as end:
                end.write(line("D") + "\n")
        else:
            file.unlink()
        return numbers

    write(file, line("A"), line("B"), line("C"))
    monkeypatch.setattr(ingest.posts, "counts", changed)
    with pytest.raises(UserError, match=r"posts\.csv changed while it was read"):
        ingest.run(spark, config)
    assert store.version(POSTS) == before
    assert store.read(POSTS).count() == 2
