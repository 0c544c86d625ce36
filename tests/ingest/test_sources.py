"""From real files to raw records: formats, compression, headers, damage."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from pyspark.sql import Row, SparkSession

from influencers.config import IngestConfig
from influencers.errors import UserError, explain
from influencers.ingest import encodings, sources
from influencers.ingest.columns import FIELDS

NAMES = (
    "owner_id,owner_username,shortcode,is_video,caption,comments,likes,created_at,location,"
    "imageUrl,multiple_images,username,followers,following"
)
CONFIG = IngestConfig()


def line(shortcode: str, caption: str = "hi") -> str:
    return f"1,ann,{shortcode},False,{caption},2,30,1500000000,,http://i/x.jpg,False,Ann,100,5"


def read(
    spark: SparkSession, patterns: Sequence[Path | str], config: IngestConfig = CONFIG
) -> list[Row]:
    found = sources.find(spark, [str(pattern) for pattern in patterns], config)
    frame = sources.read_records(spark, found, config)
    return sorted(frame.collect(), key=lambda row: (row.source_file, row.record))


def write(path: Path, *lines: str, end: str = "\n") -> Path:
    path.write_bytes("".join(text + end for text in (NAMES, *lines)).encode())
    return path


def test_a_mark_carriage_returns_and_separators_inside_captions(
    spark: SparkSession, tmp_path: Path
) -> None:
    caption = '"a\u2028b, ""quoted""\r\nnext \\"'
    file = tmp_path / "posts.csv"
    file.write_bytes(f"\ufeff{NAMES}\r\n{line('A', caption)}\r\n{line('B')}\r\n".encode())
    first, second = read(spark, [file])
    assert (first.shortcode, first.caption) == ("A", 'a\u2028b, "quoted"\r\nnext \\')
    assert (first.record, first.problem, first.owner_id) == (1, None, "1")
    assert (second.shortcode, second.following, second.location) == ("B", "5", None)


def test_formats_give_the_same_records(spark: SparkSession, tmp_path: Path) -> None:
    plain = write(tmp_path / "a.csv", line("A"), line("B", "c\u0085d")).read_bytes()
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(plain))
    (tmp_path / "c.csv.bz2").write_bytes(bz2.compress(plain))
    rows = [
        dict(zip(NAMES.split(","), cells.split(","), strict=True))
        for cells in (line("A"), line("B", "c\u0085d"))
    ]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n\n" for row in rows))
    spark.createDataFrame(rows).coalesce(1).write.parquet(str(tmp_path / "e.parquet"))
    found = read(spark, [tmp_path])
    assert len({row.source_file for row in found}) == 5
    assert len(found) == 10
    values = {(row.record, row.problem, *(row[field] for field in FIELDS)) for row in found}
    assert len(values) == 2
    assert {row.shortcode for row in found} == {"A", "B"}


def test_columns_in_any_order_under_any_spelling(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text(
        "Likes,colour,SHORTCODE,owner id,isVideo,caption,comment_count,timestamp,image_url,"
        "Followers\n3,red,A,1,1,hi,,1500000000,http://i,9\n"
    )
    (row,) = read(spark, [file])
    assert (row.likes, row.shortcode, row.owner_id, row.comments) == ("3", "A", "1", None)
    found = sources.find(spark, [str(file)], CONFIG)
    assert "left out columns colour" in " ".join(sources.remarks(found, CONFIG))
    assert "following" in " ".join(sources.remarks(found, CONFIG))


def test_json_keeps_numbers_as_written(spark: SparkSession, tmp_path: Path) -> None:
    record = dict.fromkeys(NAMES.split(","))
    record |= {"owner_id": 12345678901234567, "shortcode": "A", "is_video": True, "likes": 1.5e3}
    lines = [json.dumps(record), "{not json", "[1]", '{"shortcode": "\\ud800", "likes": null}']
    file = tmp_path / "posts.json"
    file.write_text("\n".join(lines))
    rows = read(spark, [file])
    assert (rows[0].owner_id, rows[0].is_video, rows[0].likes) == (
        "12345678901234567",
        "true",
        "1500.0",
    )
    assert [row.problem for row in rows] == [
        None,
        "unreadable_json",
        "unreadable_json",
        "undecodable_bytes",
    ]
    assert rows[1].raw == "{not json"


def test_each_json_record_by_its_own_names(spark: SparkSession, tmp_path: Path) -> None:
    record = dict(zip(NAMES.split(","), line("A").split(","), strict=True))
    other = {"displayUrl" if name == "imageUrl" else name: value for name, value in record.items()}
    both = {"postid": 7, "display_url": "no", "mediaUrl": "no", **record}
    nul = {**record, "shortcode": "A\0"}
    long = {**record, "caption": "x" * 5_000}
    file = tmp_path / "posts.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in (record, other, both, nul, long)))
    rows = read(spark, [file], replace(CONFIG, max_record_bytes=5_000))
    assert [row.image_url for row in rows[:3]] == ["http://i/x.jpg"] * 3
    assert [row.shortcode for row in rows[:3]] == ["A"] * 3
    assert [row.problem for row in rows] == [None, None, None, "nul_character", "record_too_long"]
    assert [len(row.raw) for row in rows[-2:]] == [len(json.dumps(nul)), 1_024]


def test_a_fields_own_name_goes_before_other_spellings(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text(f"postid,{NAMES},media_url\n7,{line('A')},no\n")
    (row,) = read(spark, [file])
    assert (row.shortcode, row.image_url) == ("A", "http://i/x.jpg")
    (said,) = sources.remarks(sources.find(spark, [str(file)], CONFIG), CONFIG)
    assert "left out columns postid, media_url" in said


def test_a_broken_record_is_named_and_the_rest_is_read(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    bad = [line("A"), "1,2,3", line("B", '"open'), line("C")]
    file.write_bytes("\n".join([NAMES, *bad]).encode() + b"\n" + line("D").encode() + b"\xff\n")
    rows = read(spark, [file])
    assert [row.problem for row in rows] == [
        None,
        "field_count",
        "unclosed_quote",
        None,
        "undecodable_bytes",
    ]
    assert [row.record for row in rows] == [1, 2, 3, 4, 5]
    assert rows[1].raw == "1,2,3"


def test_an_encoding_that_is_named_is_used(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_bytes(f"{NAMES}\n{line('A', 'café')}\n".encode("latin-1"))
    assert read(spark, [file])[0].problem == "undecodable_bytes"
    (row,) = read(spark, [file], replace(CONFIG, encoding="latin-1"))
    assert (row.problem, row.caption) == (None, "café")


@pytest.mark.parametrize("records_count", [100, 20_000])
def test_a_cut_gzip_fails_and_names_the_file(
    spark: SparkSession, tmp_path: Path, records_count: int
) -> None:
    # The small one is cut within what is looked at first, the large one behind it.
    texts = (
        line(f"S{number}", sha256(str(number).encode()).hexdigest())
        for number in range(records_count)
    )
    whole = gzip.compress(write(tmp_path / "a.csv", *texts).read_bytes(), mtime=0)
    file = tmp_path / "cut.csv.gz"
    file.write_bytes(whole[: -len(whole) // 8])
    with pytest.raises(Exception) as failure:
        read(spark, [file])
    told = explain(failure.value) or str(failure.value)
    assert "cut.csv.gz" in told and "cannot" in told
    assert "\n" not in told


@pytest.mark.parametrize("name", ["with space.csv", "a[1]*.csv", "été%20.csv", "a'b.csv"])
def test_awkward_file_names(spark: SparkSession, tmp_path: Path, name: str) -> None:
    write(tmp_path / name, line("A"))
    (source,) = sources.find(spark, [str(tmp_path / name)], CONFIG)
    (row,) = read(spark, [tmp_path / name])
    assert row.source_file == source.file.uri


def test_globs_folders_and_hidden_files(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    write(tmp_path / "a.csv", line("A"))
    write(tmp_path / "deep" / "b.csv", line("B"))
    for hidden in ("_SUCCESS", ".c.csv.crc", "empty.csv"):
        (tmp_path / hidden).write_text("" if hidden == "empty.csv" else "x")
    assert [row.shortcode for row in read(spark, [tmp_path])] == ["A", "B"]
    assert [row.shortcode for row in read(spark, [tmp_path / "*.csv", tmp_path / "a.csv"])] == ["A"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", NAMES.replace("likes,", "") + "\n", "no column likes"),
        ("a.csv", line("A") + "\n", "no column owner_id, shortcode"),
        ("a.csv", NAMES + ",image_url\n", "two columns for image_url"),
        (
            "a.csv",
            NAMES.replace("imageUrl", "mediaUrl,displayUrl") + "\n",
            "two columns for image_url",
        ),
        (
            "a.csv",
            NAMES.replace("likes", "li\0kes") + "\n",
            "header is not readable (nul_character)",
        ),
        ("a.csv", '"open\n', "header is not readable"),
        ("a.csv", "", "empty"),
        ("a.csv", "PK\3\4 no zip", "cannot be unpacked"),
        ("a.zst", "no zstd", "no column owner_id"),
        ("a.csv.gz", "no gzip", "cannot read"),
        ("a.txt", NAMES, "what format"),
        ("a.json", '{"shortcode": "A"}\n', "no column owner_id"),
    ],
)
def test_what_the_user_can_mend(
    spark: SparkSession, tmp_path: Path, name: str, content: str | bytes, told: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError) as error:
        sources.find(spark, [str(file)], CONFIG)
    assert told in str(error.value)
    assert str(file) in str(error.value)


def test_a_file_that_is_named_is_never_left_out(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "a.csv", line("A"))
    (tmp_path / "notes.txt").write_text("how this was made\n")
    found = sources.find(spark, [str(tmp_path)], CONFIG)
    assert [source.file.uri.rpartition("/")[2] for source in found] == ["a.csv"]
    assert "left out" in capsys.readouterr().err
    with pytest.raises(UserError, match=r"notes\.txt: what format"):
        sources.find(spark, [str(tmp_path / "a.csv"), str(tmp_path / "notes.txt")], CONFIG)


def test_no_input_and_bad_encodings(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no input at"):
        sources.find(spark, [str(tmp_path / "none.csv")], CONFIG)
    with pytest.raises(UserError, match="--input"):
        sources.find(spark, [], CONFIG)
    for encoding in ("utf-16-le", "nonsense"):
        with pytest.raises(UserError, match="encoding"):
            encodings.check(encoding)
