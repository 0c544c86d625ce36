"""Exports of scrapers and research tools, and JSON of any layout, as raw records."""

from __future__ import annotations

import json
import lzma
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from influencers.errors import UserError
from influencers.ingest import exports, posts, sources
from influencers.ingest.naming import Naming, for_names, for_records, header_of, json_cells
from influencers.ingest.plain_posts import PlainPosts
from influencers.run import persisted
from tests.ingest.test_sources import CONFIG, NAMES, line, read

OWN = dict(zip(NAMES.split(","), line("A").split(","), strict=True))
GRAPH = {
    "__typename": "GraphSidecar",
    "shortcode": "CAAAA",
    "taken_at_timestamp": 1600000000,
    "is_video": False,
    "display_url": "https://i/a.jpg",
    "owner": {"id": "42", "username": "ann"},
    "edge_media_to_caption": {"edges": [{"node": {"text": "hi #a"}}]},
    "edge_media_preview_like": {"count": 7},
    "edge_media_to_comment": {"count": 2},
}
API = {
    "code": "CAAAA",
    "taken_at": 1600000000,
    "media_type": 8,
    "image_versions2": {"candidates": [{"url": "https://i/a.jpg"}, {"url": "small"}]},
    "user": {"pk": 42, "username": "ann", "full_name": "Ann"},
    "caption": {"text": "hi #a"},
    "like_count": 7,
    "comment_count": 2,
    "location": None,
}
APIFY = {
    "id": "9",
    "type": "Sidecar",
    "shortCode": "CAAAA",
    "caption": "hi #a",
    "commentsCount": 2,
    "likesCount": 7,
    "timestamp": "2020-09-13T12:26:40.000Z",
    "displayUrl": "https://i/a.jpg",
    "ownerId": "42",
    "ownerUsername": "ann",
    "childPosts": [{"shortCode": "CBBBB", "timestamp": "2020-09-13T12:26:40.000Z"}],
}
WANT = {
    "owner_id": "42",
    "owner_username": "ann",
    "shortcode": "CAAAA",
    "is_video": "false",
    "multiple_images": "true",
    "caption": "hi #a",
    "comments": "2",
    "likes": "7",
    "image_url": "https://i/a.jpg",
    "followers": None,
}
JSON_EXPORTS: dict[str, tuple[str, Any]] = {
    "instaloader": ("instaloader", {"node": GRAPH, "instaloader": {"node_type": "Post"}}),
    "zeeschuimer": ("zeeschuimer", {"item_id": "CAAAA", "timestamp_collected": 1700000000000,
                                    "source_platform": "instagram.com", "data": API}),
    "zeeschuimer's graph": ("zeeschuimer", {"timestamp_collected": 1700000000000, "data": GRAPH}),
    "4CAT": ("zeeschuimer", {**API, "__import_meta": {"timestamp_collected": 1}}),
    "graphimages": ("graphimages", GRAPH),
    "apify": ("apify", APIFY),
}  # fmt: skip


def cells(row: Any) -> dict[str, str | None]:
    return {name: row[name] for name in WANT}


@pytest.mark.parametrize("name", JSON_EXPORTS)
def test_an_export_is_recognised_by_its_objects(name: str) -> None:
    export, record = JSON_EXPORTS[name]
    assert for_records([record], CONFIG) == Naming(export=export)
    assert for_records([record], replace(CONFIG, export="none")) == Naming()
    assert for_records([OWN, record], CONFIG).export == export
    found = json_cells(record, Naming(export=export))
    assert (found["caption"], found["likes"], found["owner_id"]) == ("hi #a", "7", "42")
    assert found["created_at"] in ("1600000000", "2020-09-13T12:26:40.000Z")


def test_two_crawlers_in_one_file_are_each_read_by_their_own_names() -> None:
    naming = for_records([API, OWN], CONFIG)
    assert json_cells(OWN, naming)["image_url"] == "http://i/x.jpg"
    assert json_cells(API, naming)["image_url"] == "https://i/a.jpg"


def test_what_is_set_goes_before_what_is_recognised() -> None:
    config = replace(CONFIG, columns=("caption=alt.text", "likes=n"))
    record = {**APIFY, "alt": {"text": "other"}, "n": 5}
    found = json_cells(record, for_records([record], config))
    assert (found["caption"], found["likes"], found["comments"]) == ("other", "5", "2")
    header = header_of(["n", "likesCount"], for_names(["n", "likesCount"], config))
    assert (header.places["likes"], header.extra) == (0, ("likesCount",))


@pytest.mark.parametrize("pair", ["colour=x", "likes", "likes="])
def test_a_column_is_set_for_a_field(pair: str) -> None:
    with pytest.raises(UserError, match="name a field and a column"):
        for_names(["x"], replace(CONFIG, columns=(pair,)))


def test_ids_of_names_are_no_ids_of_accounts() -> None:
    ids = {exports.made_id(f"user{number}") for number in range(1_000)}
    assert len(ids) == 1_000
    assert all(len(one) == 18 and one.isdecimal() for one in ids)


LAYOUTS = {
    "lines": lambda rows: "\n".join(map(json.dumps, rows)),
    "array": json.dumps,
    "pretty": lambda rows: json.dumps(rows, indent=2),
    "wrapped": lambda rows: json.dumps({"status": "ok", "GraphImages": rows, "x": [{"a": 1}]}),
    "jq": lambda rows: "\n".join(json.dumps(row, indent=2) for row in rows),
}


def test_json_of_any_layout_and_export(spark: SparkSession, tmp_path: Path) -> None:
    files = {}
    for layout, write in LAYOUTS.items():
        for name, (_, record) in {"own": ("", OWN), **JSON_EXPORTS}.items():
            file = tmp_path / f"{layout} {name}.json"
            file.write_text(write([record, record]))
            files[file.name.replace(" ", "%20")] = name
    packed = tmp_path / "2020_UTC.json.xz"
    packed.write_bytes(lzma.compress(json.dumps(JSON_EXPORTS["instaloader"][1]).encode()))
    rows = read(spark, [tmp_path])
    assert len(rows) == 2 * len(files) + 1
    for row in rows:
        file = row.source_file.rpartition("/")[2]
        assert row.problem is None, row
        if files.get(file) == "own":
            assert (row.shortcode, row.likes, row.caption) == ("A", "30", "hi")
        else:
            assert cells(row) == WANT, file


def test_a_broken_object_costs_itself_alone(spark: SparkSession, tmp_path: Path) -> None:
    texts = [json.dumps({**OWN, "shortcode": f"A{number}"}).encode() for number in range(5)]
    texts[1] = texts[1].replace(b"hi", b"\xff")
    texts[2] = texts[2].replace(b'"hi"', b"hi")
    texts[3] = texts[3].replace(b'"hi"', b'"' + b"x" * 5_000 + b'"')
    (tmp_path / "a.json").write_bytes(b"[" + b", ".join(texts) + b"]")
    rows = read(spark, [tmp_path], replace(CONFIG, max_record_bytes=5_000))
    assert [row.problem for row in rows] == [
        None, "undecodable_bytes", "unreadable_json", "record_too_long", None,
    ]  # fmt: skip
    assert [row.record for row in rows] == [1, 2, 3, 4, 5]
    assert rows[4].shortcode == "A4"


def test_a_cut_off_file_ends_with_a_broken_record(spark: SparkSession, tmp_path: Path) -> None:
    text = json.dumps([OWN, OWN])
    for cut in (5, 40, 200):
        (tmp_path / f"{cut}.json").write_text(text[:-cut])
    rows = read(spark, [tmp_path])
    assert [row.problem for row in rows] == [None, "unreadable_json"] * 3


CROWDTANGLE = (
    "Account,User Name,Followers at Posting,Post Created,Type,Total Interactions,Likes,Comments,"
    "Views,URL,Link,Photo,Title,Description,Overperforming Score (weighted  —  Likes 1x )\n"
    'Ann A,ann,"1,000",2020-09-13 08:26:40 EDT,Album,9,7,2,0,https://www.instagram.com/p/CAAAA/,'
    ',https://i/a.jpg,,hi #a,"-1.5"\n'
)
LIBRARY = (
    "id,text,creation_time,media_type,post_owner.id,post_owner.username,statistics.like_count,"
    "statistics.comment_count\nCAAAA,hi #a,2020-09-13T12:26:40+0000,albums,42,ann,7,2\n"
)
APIFY_CSV = (
    "caption,commentsCount,displayUrl,likesCount,ownerId,ownerUsername,shortCode,timestamp,type\n"
    "hi #a,2,https://i/a.jpg,7,42,ann,CAAAA,2020-09-13T12:26:40.000Z,Sidecar\n"
)


def test_csv_exports(spark: SparkSession, tmp_path: Path) -> None:
    files = {"crowdtangle": CROWDTANGLE, "library": LIBRARY, "apify": APIFY_CSV}
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    apify, crowdtangle, library = read(spark, [tmp_path])
    assert cells(apify) == WANT
    made = {"owner_id": exports.made_id("ann"), "followers": "1,000"}
    assert cells(crowdtangle) == {**WANT, **made}
    assert cells(library) == {**WANT, "image_url": None}
    found = sources.find(spark, [str(tmp_path / "crowdtangle.csv")], CONFIG)
    said = "\n".join(sources.remarks(found, CONFIG))
    assert "taken for CrowdTangle's posts" in said
    assert "owner_id is made of the username" in said


def test_columns_that_are_set(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text(f"{NAMES},n\n{line('A')},99\n")
    (row,) = read(spark, [file], replace(CONFIG, columns=("likes=n",)))
    assert row.likes == "99"
    with pytest.raises(UserError, match="no column m for likes"):
        read(spark, [file], replace(CONFIG, columns=("likes=m",)))


def examples() -> list[tuple[str, str, str]]:
    """The examples of the documentation: export, ending, text."""
    text = (Path(__file__).parents[2] / "docs/inputs.md").read_text()
    return re.findall(
        r"\n### (\w+)\n[^`]*(?:`[^`]+`[^`]*)*?```(json|csv)\n(.*?)```", text, re.DOTALL
    )


def test_the_examples_of_the_documentation(spark: SparkSession, tmp_path: Path) -> None:
    given = examples()
    assert [name for name, _, _ in given] == list(exports.NAMES)
    for name, ending, text in given:
        (tmp_path / f"{name}.{ending}").write_text(text)
    found = sources.find(spark, [str(tmp_path)], CONFIG)
    assert [source.head.naming.export for source in found] == sorted(exports.NAMES)
    now = 1_700_000_000
    read = sources.read_records(spark, found, CONFIG, PlainPosts.by(CONFIG, now=now).work())
    with persisted.frames() as keep:
        rows = posts.checked(read, CONFIG, now=now, keep=keep).collect()
    assert len(rows) == len(given)
    for row in rows:
        assert row.reasons == [], row
        assert (row.caption, row.likes, row.comments) == ("hi #a", 7, 2)
        assert row.created_at == datetime(2020, 9, 13, 12, 26, 40)
