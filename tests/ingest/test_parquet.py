"""Parquet files as pandas, Arrow and crawlers write them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from pyspark.sql import Row, SparkSession

from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest import sources

CONFIG = IngestConfig(max_record_bytes=2_000)
TIME = 1_500_000_000
POST: Mapping[str, Any] = {
    "owner_id": 17_841_400_000_000_001,
    "shortcode": "A",
    "is_video": False,
    "caption": "hi",
    "comments": 2,
    "likes": 30,
    "created_at": TIME,
    "imageUrl": "http://i/x.jpg",
    "followers": 100,
}


def write(path: Path, **columns: Any) -> Path:
    """A file of one row; a column that is None is left out."""
    given = {name: value for name, value in {**POST, **columns}.items() if value is not None}
    arrays = {
        name: value if isinstance(value, pa.Array) else pa.array([value])
        for name, value in given.items()
    }
    parquet.write_table(pa.table(arrays), path)
    return path


def read(spark: SparkSession, folder: Path) -> dict[str, Row]:
    """The one record of each file, by the file's name."""
    found = sources.find(spark, [str(folder)], CONFIG)
    rows = sources.read_records(spark, found, CONFIG).collect()
    by_name = {Path(row.source_file).stem: row for row in rows}
    assert len(rows) == len(by_name) and {row.record for row in rows} == {1}
    return by_name


def test_each_file_by_its_own_names_and_types(spark: SparkSession, tmp_path: Path) -> None:
    stamp = pd.Timestamp(TIME, unit="s", tz="UTC")
    write(tmp_path / "plain.parquet")
    write(
        tmp_path / "names.parquet", likes=None, likesCount=31, imageUrl=None, displayUrl="http://d"
    )
    write(tmp_path / "double.parquet", likes=32.0, owner_id=120_000_000.0)
    write(tmp_path / "large_double.parquet", owner_id=float(POST["owner_id"]))
    write(tmp_path / "text.parquet", likes="33", created_at="2017-07-14T02:40:00Z")
    write(tmp_path / "unsigned.parquet", likes=pa.array([34], pa.uint16()),
          owner_id=pa.array([2**63 - 1], pa.uint64()))  # fmt: skip
    write(tmp_path / "dictionary.parquet", caption=pa.array(["hi"]).dictionary_encode())
    write(tmp_path / "nothing.parquet", likes=pa.nulls(1), multiple_images=pa.nulls(1))
    write(tmp_path / "extra.parquet", source_file="x", record="y", raw=1, problem=2.5,
          time_of_day=pa.array([datetime.time(1, 2)], pa.time64("us")),
          downloaded=pa.array([stamp.as_unit("ns")], pa.timestamp("ns")),
          Extra=1, extra=2, deep=pa.array([[{"a": 1}]]))  # fmt: skip
    for unit in ("s", "ms", "us", "ns"):
        for zone in ("UTC", None):
            written = stamp.tz_convert(zone).as_unit(unit)
            write(tmp_path / f"time_{unit}_{zone}.parquet",
                  created_at=pa.array([written], pa.timestamp(unit, zone)))  # fmt: skip
    frame = pd.DataFrame([{**POST, "created_at": stamp}])
    frame.to_parquet(tmp_path / "time_pandas.parquet")
    frame.to_parquet(tmp_path / "time_int96.parquet", use_deprecated_int96_timestamps=True)
    frame["created_at"] = frame["created_at"].dt.tz_localize(None)
    frame.to_parquet(tmp_path / "naive_int96.parquet", use_deprecated_int96_timestamps=True)
    write(tmp_path / "bytes.parquet", caption=pa.array([b"caf\xe9"]).cast(pa.binary()))
    write(tmp_path / "nul.parquet", shortcode="A\0B")
    write(tmp_path / "long.parquet", caption="x" * 2_000)

    found = read(spark, tmp_path)
    for name in ("bytes", "nul", "long"):
        assert found[name].likes is None
    problems = {name: row.problem for name, row in found.items() if row.problem}
    assert problems == {
        "bytes": "undecodable_bytes",
        "nul": "nul_character",
        "long": "record_too_long",
    }
    assert len(found["long"].raw) == 1_024
    good = {name: row for name, row in found.items() if not row.problem}
    assert {row.shortcode for row in good.values()} == {"A"}
    assert {row.caption for row in good.values()} == {"hi"}
    assert {row.image_url for row in good.values()} == {"http://i/x.jpg", "http://d"}
    likes = {name: row.likes for name, row in good.items() if row.likes != "30"}
    assert likes == {
        "names": "31", "double": "32", "text": "33", "unsigned": "34", "nothing": None
    }  # fmt: skip
    owners = {name: row.owner_id for name, row in good.items()}
    assert owners.pop("double") == "120000000"
    # A double of this size stands for several whole numbers.
    assert owners.pop("large_double") == "1.78414000000000E+16"
    assert owners.pop("unsigned") == "9223372036854775807"
    assert set(owners.values()) == {"17841400000000001"}
    times = {row.created_at.replace("T", " ").rstrip("Z") for row in good.values()}
    assert times == {str(TIME), "2017-07-14 02:40:00"}
    assert {
        good[name].created_at for name in good if name.endswith(("_UTC", "pandas", "int96"))
    } == {str(TIME)}


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"Likes": 31}, "two columns for likes"),
        ({"likes": None}, "no column likes"),
        (
            {"created_at": pa.array([datetime.time(1)], pa.time64("us"))},
            "created_at is of type time64",
        ),
    ],
)
def test_what_the_user_can_mend(
    spark: SparkSession, tmp_path: Path, columns: dict[str, Any], told: str
) -> None:
    file = write(tmp_path / "posts.parquet", **columns)
    with pytest.raises(UserError, match=told) as error:
        sources.find(spark, [str(file)], CONFIG)
    assert "posts.parquet" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("damage", ["cut", "text", "short", "length", "metadata"])
def test_damaged_files(spark: SparkSession, tmp_path: Path, damage: str) -> None:
    whole = write(tmp_path / "posts.parquet").read_bytes()
    data = {
        "cut": whole[:-100],
        "text": b"owner_id,shortcode\n1,A\n",
        "short": b"PAR1",
        "length": whole[:-8] + b"\xff\xff\xff\x7fPAR1",
        "metadata": whole[:-200] + b"\x07" * 192 + whole[-8:],
    }[damage]
    (tmp_path / "posts.parquet").write_bytes(data)
    with pytest.raises(UserError, match=r"posts\.parquet is no Parquet file, or damaged"):
        sources.find(spark, [str(tmp_path)], CONFIG)
