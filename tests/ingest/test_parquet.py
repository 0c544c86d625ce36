"""Parquet files as pandas, Arrow and crawlers write them."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from pyarrow.parquet import encryption
from pyspark.sql import Row, SparkSession

from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest import posts, sources

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


def read(spark: SparkSession, folder: Path, config: IngestConfig = CONFIG) -> dict[str, Row]:
    """The one record of each file, by the file's name."""
    found = sources.find(spark, [str(folder)], config)
    rows = sources.read_records(spark, found, config).collect()
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


# What a column holds, and what stands for it in a record.
_Cells = list[tuple[pa.Array, str | None]]
INTEGERS: _Cells = [
    (pa.array([number], kind), str(number))
    for bits in (8, 16, 32, 64)
    for kind, number in (
        (getattr(pa, f"int{bits}")(), -(2 ** (bits - 1))),
        (getattr(pa, f"uint{bits}")(), 2**bits - 1),
    )
]
FLOATS: _Cells = [
    (pa.array(np.array([number], kind)), text)
    for kind, number, text in (
        ("float16", 34, "34"), ("float16", -2048, "-2048"), ("float16", 0.5, "0.5"),
        ("float16", 65504, "6.55E+04"), ("float16", 2**-24, "5.9604644775390625E-8"),
        ("float32", 2**24, "16777216"), ("float64", 2.0**53, "9007199254740992"),
        # Else the point may be taken for one that groups thousands.
        ("float32", 1.125, "1.1250"), ("float64", -1.234, "-1.2340"), ("float64", 12.5, "12.5"),
        *((f"float{bits}", float("nan"), "NaN") for bits in (16, 32, 64)),
        *((f"float{bits}", float("-inf"), "-Infinity") for bits in (16, 32, 64)),
    )
]  # fmt: skip
DECIMALS: _Cells = [
    (pa.array([Decimal(number)], kind), text)
    for kind, number, text in (
        (pa.decimal32(7, 3), "12.000", "12"), (pa.decimal64(16, 2), "-12.50", "-12.50"),
        (pa.decimal128(38, 0), "9" * 38, "9" * 38), (pa.decimal128(38, 18), "0", "0"),
        (pa.decimal128(10, 3), "12.500", "12.5000"), (pa.decimal256(38, 1), "12.0", "12"),
    )
]  # fmt: skip
TEXTS: _Cells = [
    *(
        (pa.array(["34"]).cast(kind), "34")
        for kind in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary(),
                     pa.dictionary(pa.int32(), pa.string()), pa.dictionary(pa.int8(), pa.binary()),
                     pa.string_view(), pa.binary_view())
    ),
    (pa.array([b"34"], pa.binary(2)), "34"),
    (pa.ExtensionArray.from_storage(pa.json_(), pa.array(["34"])), "34"),
    (pa.array([""]), None),
    (pa.array([True]), "true"),
    (pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1], pa.int8())), "1"),
    (pa.nulls(1), None),
    *((pa.array([None], kind), None) for kind in (pa.float16(), pa.uint64(), pa.bool_())),
    (pa.array([{"a": 1, "b": "x"}]), '{"a":1,"b":"x"}'),
    (pa.array([["http://a/x", "http://b"]]), '["http://a/x","http://b"]'),
    (pa.array([[1]], pa.large_list(pa.int64())), "[1]"),
    (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), '{"a":1}'),
]  # fmt: skip
DATES: _Cells = [
    (pa.array([datetime.date(2017, 7, 14)], kind), "2017-07-14")
    for kind in (pa.date32(), pa.date64())
]
# Times are read from Unix seconds or texts.
TIMES: _Cells = [
    (pa.array([second], pa.int64()).cast(pa.timestamp("s", zone)).cast(pa.timestamp(unit, zone)),
     text)
    for unit in ("s", "ms", "us", "ns")
    for zone, second, text in (("Europe/Berlin", -1, "-1"), (None, -1, "1969-12-31 23:59:59"))
]  # fmt: skip
COLUMNS = ("likes", "comments", "followers", "following", "location", "username")


def test_types(spark: SparkSession, tmp_path: Path) -> None:
    cells = [*INTEGERS, *FLOATS, *DECIMALS, *TEXTS, *DATES, *TIMES]
    expected = {}
    for start in range(0, len(cells), len(COLUMNS)):
        some = dict(zip(COLUMNS, cells[start : start + len(COLUMNS)], strict=False))
        name = f"from_{start}"
        write(tmp_path / f"{name}.parquet", **{column: cell for column, (cell, _) in some.items()})
        expected |= {(name, column): text for column, (_, text) in some.items()}
    found = read(spark, tmp_path)
    assert {row.problem for row in found.values()} == {None}
    assert {(name, column): found[name][column] for name, column in expected} == expected


def test_numbers_are_what_they_are_in_csv(spark: SparkSession, tmp_path: Path) -> None:
    likes: dict[str, pa.Array] = {
        "large": pa.array([2**63], pa.uint64()),
        "fraction": pa.array([1.234]),
        "nan": pa.array([float("nan")]),
        "whole": pa.array([12.0]),
        "decimal": pa.array([Decimal("12.000")]),
    }
    for name, column in likes.items():
        write(tmp_path / f"{name}.parquet", likes=column)
    config = replace(CONFIG, latest_time=2 * TIME)
    found = sources.find(spark, [str(tmp_path)], config)
    records = sources.read_records(spark, found, config)
    rows = posts.with_reasons(records, config, now=2 * TIME).collect()
    told = {Path(row.source_file).stem: (row.reasons, row.likes) for row in rows}
    unreadable = ["unreadable_number:likes"]
    assert {name: reasons for name, (reasons, _) in told.items() if reasons} == {
        "large": unreadable, "fraction": unreadable
    }  # fmt: skip
    assert [told[name][1] for name in ("nan", "whole", "decimal")] == [None, 12, 12]


def test_columns_by_name_and_path(spark: SparkSession, tmp_path: Path) -> None:
    stats = pa.array([{"likes": 31, "deep": {"comments": 3.0}, "cents": Decimal("1.5")}])
    settled = {"likes": "stats.likes", "comments": "stats.deep.comments", "caption": "a.b",
               "location": "record", "username": "Caption"}  # fmt: skip
    config = replace(CONFIG, columns=tuple(f"{field}={path}" for field, path in settled.items()))
    write(tmp_path / "a.parquet", likes=7, comments=None, stats=stats, record="place",
          Caption="Ann", **{"a.b": "text"})  # fmt: skip
    row = read(spark, tmp_path, config)["a"]
    assert [row[field] for field in settled] == ["31", "3", "text", "place", "Ann"]
    write(tmp_path / "a.parquet", likes=7, stats=stats)
    with pytest.raises(UserError, match=r"a\.parquet: no column stats\.none for likes"):
        read(spark, tmp_path, replace(CONFIG, columns=("likes=stats.none",)))


def test_files_without_rows(spark: SparkSession, tmp_path: Path) -> None:
    filled = parquet.read_table(write(tmp_path / "a.parquet"))
    parquet.write_table(filled.slice(1), tmp_path / "b.parquet")
    parquet.ParquetWriter(tmp_path / "c.parquet", filled.schema).close()
    found = sources.find(spark, [str(tmp_path)], CONFIG)
    rows = sources.read_records(spark, found, CONFIG).collect()
    assert [row.shortcode for row in rows] == ["A"]
    (said,) = sources.without_records(found, {row.source_file for row in rows})
    assert "b.parquet and 1 more: no records" in said


class _NoSecrets(encryption.KmsClient):
    """Keys are kept as they are: what is tested is that they are not known."""

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:
        return base64.b64encode(key_bytes)

    def unwrap_key(self, wrapped_key: bytes, master_key_identifier: str) -> bytes:
        return base64.b64decode(wrapped_key)


@pytest.mark.parametrize("is_plain", [False, True], ids=["footer", "columns"])
def test_encrypted_files(spark: SparkSession, tmp_path: Path, is_plain: bool) -> None:
    table = parquet.read_table(write(tmp_path / "a.parquet"))
    asked = encryption.EncryptionConfiguration(
        footer_key="a", column_keys={"b": ["likes"]}, plaintext_footer=is_plain
    )
    keys = encryption.CryptoFactory(lambda _: _NoSecrets())
    secret = keys.file_encryption_properties(encryption.KmsConnectionConfig(), asked)
    parquet.write_table(table, tmp_path / "b.parquet", encryption_properties=secret)
    _refused(spark, tmp_path, r"b\.parquet .*encrypt")


def test_a_packing_that_spark_does_not_know(spark: SparkSession, tmp_path: Path) -> None:
    table = parquet.read_table(write(tmp_path / "a.parquet"))
    parquet.write_table(table, tmp_path / "b.parquet", compression="brotli")
    _refused(spark, tmp_path, r"b\.parquet is compressed with BROTLI")


@pytest.mark.parametrize("kind", [pa.duration("s"), pa.decimal256(60, 1)], ids=str)
def test_types_that_are_not_read(spark: SparkSession, tmp_path: Path, kind: pa.DataType) -> None:
    write(tmp_path / "a.parquet", likes=pa.nulls(1).cast(kind))
    _refused(spark, tmp_path, r"a\.parquet: column likes is of type (duration|decimal256)")


def test_local_times_are_of_the_zone_that_is_set(spark: SparkSession, tmp_path: Path) -> None:
    for unit in ("us", "ns"):
        moment = pa.array([TIME], pa.int64()).cast(pa.timestamp("s")).cast(pa.timestamp(unit))
        write(tmp_path / f"{unit}.parquet", created_at=moment, shortcode=unit)
    config = replace(CONFIG, timezone="Europe/Berlin")
    found = sources.find(spark, [str(tmp_path)], config)
    records = sources.read_records(spark, found, config)
    rows = posts.with_reasons(records, config, now=2 * TIME).select("created_at", "reasons")
    assert {(row.created_at.timestamp(), *row.reasons) for row in rows.collect()} == {
        (TIME - 7_200,)
    }


def _refused(spark: SparkSession, folder: Path, told: str) -> None:
    with pytest.raises(UserError, match=told) as error:
        sources.find(spark, [str(folder)], CONFIG)
    assert "\n" not in str(error.value)
