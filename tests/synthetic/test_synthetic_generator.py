from __future__ import annotations

import hashlib
import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from influencers.config import GenerateConfig
from influencers.errors import UserError
from influencers.synthetic import generate, local_folder, posts
from sample_reader import Sample

SMALL = GenerateConfig(posts=800, accounts=60, images=12, seed=3, image_size=64)


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        generate(tmp_path / name, SMALL)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert len(digests(tmp_path / "one")) == 1 + 12 + 8


def test_another_seed_gives_another_sample(tmp_path: Path) -> None:
    for seed in (3, 4):
        generate(tmp_path / str(seed), replace(SMALL, seed=seed))
    three, four = (read_lines(tmp_path / seed) for seed in ("3", "4"))
    assert len(three & four) < 5  # the header, and lines inside captions


def read_lines(folder: Path) -> set[bytes]:
    return {line for line in (folder / "posts.csv").read_bytes().split(b"\n") if len(line) > 40}


def test_a_sample_is_replaced_and_other_files_are_left_alone(tmp_path: Path) -> None:
    generate(tmp_path / "again", replace(SMALL, images=30, seed=9))
    mine = tmp_path / "again" / "images" / "p" / "mine.jpg"
    mine.write_bytes(b"kept")
    generate(tmp_path / "again", SMALL)
    generate(tmp_path / "fresh", SMALL)
    mine.unlink()
    assert digests(tmp_path / "again") == digests(tmp_path / "fresh")


def test_what_is_returned_is_what_is_written(sample: Sample) -> None:
    assert sample.document("expected") == json.loads(json.dumps(sample.expected))
    assert sample.expected["options"]["seed"] == sample.options.seed


def test_accounts_add_up_to_the_good_posts(sample: Sample) -> None:
    rows = sample.truth("accounts")
    assert len(rows) == sample.options.accounts
    assert sum(int(row["posts"]) for row in rows) == sample.expected["rows"]["posts"]
    assert sum(row["posts"] != "0" for row in rows) == sample.expected["accounts"]


def test_every_file_of_the_truth_is_described(sample: Sample) -> None:
    described = (sample.folder / "truth" / "README").read_text()
    for path in (sample.folder / "truth").iterdir():
        assert path.name == "README" or path.name in described


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(1, 60),
    st.integers(1, 80),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.01, 0.5]),
    st.sampled_from([0.0, 0.2, 0.5]),
)
def test_any_size_works(
    tmp_path_factory: pytest.TempPathFactory,
    records: int,
    accounts: int,
    images: int,
    bad: float,
    double: float,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    options = GenerateConfig(
        posts=records,
        accounts=accounts,
        images=images,
        bad_share=bad,
        duplicate_share=double,
        image_size=64,
    )
    made = Sample(folder, options, generate(folder, options))
    _, *written = made.records
    rows = made.expected["rows"]
    assert len(written) == rows["read"] == records
    assert len(made.posts) == rows["posts"]
    assert rows["quarantined"] == int(records * bad)
    assert len(list((folder / "images" / "p").glob("*")) if images else []) == min(images, records)


def test_memory_does_not_grow_with_posts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posts, "BLOCK", 500)
    options = GenerateConfig(accounts=200, images=0, seed=3)
    generate(tmp_path, replace(options, posts=500))  # what is made once, and kept
    peaks = []
    for records in (1_000, 8_000):
        tracemalloc.start()
        generate(tmp_path, replace(options, posts=records))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


@pytest.mark.parametrize(
    ("uri", "folder"),
    [("out", "out"), ("/a/b c", "/a/b c"), ("file:///a/b%20c", "/a/b c"), ("file:/a", "/a")],
)
def test_local_folders_are_found(uri: str, folder: str) -> None:
    assert local_folder(uri) == Path(folder)


@pytest.mark.parametrize("uri", ["s3a://bucket/x", "hdfs://host/x", "file://elsewhere/x"])
def test_other_places_are_refused(uri: str) -> None:
    with pytest.raises(UserError, match="local folder"):
        local_folder(uri)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(UserError, match=str(blocked)):
        generate(blocked, SMALL)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("posts", 0),
        ("accounts", 0),
        ("images", -1),
        ("seed", -1),
        ("bad_share", 0.6),
        ("duplicate_share", -0.1),
        ("image_base_url", "ftp://x"),
        ("image_base_url", 'http://x/"'),
        ("image_size", 10),
    ],
)
def test_impossible_options_are_named(key: str, value: object) -> None:
    with pytest.raises(UserError, match=f"generate.{key}"):
        replace(SMALL, **{key: value})
