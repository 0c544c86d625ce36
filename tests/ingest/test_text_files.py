"""Real CSV and JSON files that Spark reads in splits of many sizes."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import Row, SparkSession

from influencers.config import IngestConfig
from influencers.errors import explain
from influencers.ingest import sources
from influencers.ingest.columns import FIELDS, read_header
from influencers.ingest.csv_batches import CsvBatches
from influencers.ingest.split_tasks import Reading, read_splits
from influencers.storage import input_files
from influencers.storage.input_files import FileStatus

CONFIG = IngestConfig(max_record_chars=1_024)


def read(spark: SparkSession, folder: Path, split_bytes: int) -> list[Row]:
    config = replace(CONFIG, split_bytes=split_bytes)
    found = sources.find(spark, [str(folder)], config)
    frame = sources.read_records(spark, found, config)
    return sorted(frame.collect(), key=lambda row: (row.source_file, row.record))


def csv_text(number: int) -> bytes:
    luck = random.Random(3)
    words = ["sun", "мир", '""', ",", "\n", "\r\n\n", "😀", "a\\"]
    lines = [",".join(FIELDS)]
    for place in range(number):
        caption = " ".join(luck.choices(words, k=luck.randrange(9)))
        lines.append(f'1,{place},0,"{caption}",2,3,1500000000,http://i/,9' + "," * 6)
        if place % 13 == 5:
            lines += ['1,"open', '1,x"y,z', "", "1,\udcff,2", '1,"a"b']
    return b"\xef\xbb\xbf" + "\n".join(lines).encode(errors="surrogateescape")


def test_splits_of_any_size_give_the_same_records(spark: SparkSession, tmp_path: Path) -> None:
    text = csv_text(40)
    (tmp_path / "a b.csv").write_bytes(text)
    (tmp_path / "c.csv").write_bytes(text + b"\r\n")
    (tmp_path / "d.csv.gz").write_bytes(gzip.compress(text))
    whole = read(spark, tmp_path, 1 << 20)
    assert [row.record for row in whole] == 3 * list(range(1, len(whole) // 3 + 1))
    assert len({row.problem for row in whole}) == 5
    for split_bytes in (100, 700, 2_500):
        assert read(spark, tmp_path, split_bytes) == whole


def test_splits_of_a_few_bytes_give_the_same_records(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(csv_text(6)[:260])
    assert read(spark, tmp_path, 3) == read(spark, tmp_path, 1 << 20) != []


def test_json_lines_are_numbered_through_all_splits(spark: SparkSession, tmp_path: Path) -> None:
    post = dict.fromkeys(FIELDS, "1")
    lines = [json.dumps(post), "", " \u00a0\u2028", "{", json.dumps({**post, "caption": "é\u2028"})]
    text = "\ufeff" + "\n".join(lines * 5) + "\n\ufeff{}\n"
    (tmp_path / "a.jsonl").write_text(text, encoding="utf-8", newline="")
    whole = read(spark, tmp_path, 1 << 20)
    assert [row.problem for row in whole] == [None, "unreadable_json", None] * 5 + [
        "unreadable_json"
    ]
    assert read(spark, tmp_path, 150) == whole


def test_bzip2_is_split(spark: SparkSession, tmp_path: Path) -> None:
    head, _, body = csv_text(3_000).partition(b"\n")
    (tmp_path / "a.csv").write_bytes(head + b"\n" + body)
    plain = read(spark, tmp_path, 1 << 20)
    (tmp_path / "a.csv").unlink()
    # Blocks of 100,000 bytes, the least that there are.
    (tmp_path / "a.csv.bz2").write_bytes(bz2.compress(head + b"\n" + body, compresslevel=1))
    (file,) = input_files.list_files(spark, str(tmp_path))
    session = input_files.split_session(spark, split_bytes=5_000)
    splits = input_files.read_splits(session, [file.path]).select("start").distinct().count()
    assert splits > 1
    found = read(spark, tmp_path, 5_000)
    assert [row[1:] for row in found] == [row[1:] for row in plain]


def test_a_file_of_records_too_long_to_be_told_is_not_split(
    spark: SparkSession, tmp_path: Path
) -> None:
    caption = "a\n" * 50_000
    rest = "2,3,1500000000,http://i/,9" + "," * 6
    text = "\n".join([",".join(FIELDS), *(f'1,{n},0,"{caption}",{rest}' for n in range(3))])
    (tmp_path / "a.csv").write_text(text)
    config = replace(CONFIG, split_bytes=80_000, max_record_chars=262_144)
    found = sources.find(spark, [str(tmp_path)], config)
    rows = sources.read_records(spark, found, config).select("record", "problem", "caption")
    assert sorted(rows.collect()) == [(number, None, caption) for number in (1, 2, 3)]


def test_files_that_cannot_be_split_are_named(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(csv_text(40)))
    (tmp_path / "b.csv").write_bytes(csv_text(40))
    found = sources.find(spark, [str(tmp_path)], CONFIG)
    small = replace(CONFIG, split_bytes=100)
    (said,) = sources.remarks(found, small)
    assert said.endswith("a.csv.gz: gzip cannot be split, so one core reads all of it")
    gbk = sources.find(spark, [str(tmp_path)], replace(CONFIG, encoding="gbk"))
    assert len(sources.remarks(gbk, small)) == 2
    assert sources.remarks(found, CONFIG) == []


def test_files_whose_keys_are_the_same_are_read_apart() -> None:
    # The first two have the CRC-32 0x4DDB0C25.
    first, other, third = (
        FileStatus(name, name, 1, 1, address=name) for name in ("plumless", "buckeroo", "c")
    )
    assert set(first.keys) & set(other.keys)
    lists = list(input_files.with_distinct_keys([first, other, third]))
    assert lists == [[first, third], [other]]


def test_a_packed_file_that_is_cut_off_behind_its_head_is_one_line(
    spark: SparkSession, tmp_path: Path
) -> None:
    # More than is unpacked to look at its head.
    text = csv_text(6) + b"\n" + b"".join(b"%x,\n" % luck for luck in range(1_500_000))
    (tmp_path / "a.csv.xz").write_bytes(lzma.compress(text, preset=0)[:-9])
    found = sources.find(spark, [str(tmp_path)], CONFIG)
    with pytest.raises(Exception, match="cannot be unpacked") as caught:
        sources.read_records(spark, found, CONFIG).count()
    told = explain(caught.value)
    assert told is not None
    assert told.startswith(f"{found[0].file.uri} cannot be unpacked (")
    assert told.endswith("): fetch it again")


def test_many_small_files_are_not_one_task(spark: SparkSession, tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}.csv").write_bytes(b"a\n")
    paths = [file.path for file in input_files.list_files(spark, str(tmp_path))]

    def tasks(split_bytes: int) -> int:
        session = input_files.split_session(spark, split_bytes=split_bytes)
        return input_files.read_splits(session, paths).rdd.getNumPartitions()

    assert tasks(input_files.WHOLE_FILE) == 40
    assert 2 <= tasks(32 << 20) <= 10


def test_a_split_that_was_not_there_before_is_a_changed_file(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(csv_text(5))
    (file,) = input_files.list_files(spark, str(tmp_path))
    batches = CsvBatches(file.uri, read_header(FIELDS), "utf-8", 1_024, 1_024)
    frame = read_splits(spark, [Reading(file, batches, {})], split_bytes=1 << 20)
    with pytest.raises(Exception, match="changed while it was read") as caught:
        frame.collect()
    assert explain(caught.value) == (
        f"{file.uri} changed while it was read: no table was touched; run again when it is complete"
    )


@pytest.mark.parametrize("name", ["file:///a/b.csv", "s3a://lake/posts/1.csv", "hdfs://n:8020/a"])
def test_a_file_is_found_by_what_spark_calls_it(name: str) -> None:
    status = FileStatus(name, name, 1, 1, address=name)
    assert len(set(status.keys)) == (2 if name.startswith("file") else 1)
