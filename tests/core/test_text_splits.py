"""Tasks that read the splits of local files themselves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencers.errors import UserError
from influencers.storage import text_splits
from influencers.storage.input_files import WHOLE_FILE, FileStatus
from influencers.storage.text_splits import Stretch, tasks_of


def status(path: Path) -> FileStatus:
    at = path.stat()
    uri = path.as_uri()
    return FileStatus(str(path), uri, at.st_size, at.st_mtime_ns // 1_000_000, uri)


def stretches(file: FileStatus, split_bytes: int) -> list[Stretch]:
    return [one for task in tasks_of([file], split_bytes=split_bytes) for one in task]


@given(
    text=st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r\n", "é".encode(), b'"'])).map(b"".join),
    split_bytes=st.integers(1, 40),
    piece_bytes=st.integers(1, 9),
)
def test_each_line_is_in_the_split_that_it_begins_in(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, split_bytes: int, piece_bytes: int
) -> None:
    path = tmp_path_factory.mktemp("splits") / "a.csv"
    path.write_bytes(text)
    whole = text if text.endswith(b"\n") or not text else text + b"\n"
    starts = [0, *(place + 1 for place, byte in enumerate(whole) if byte == ord("\n"))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_splits, "_PIECE_BYTES", piece_bytes)
        for stretch in stretches(status(path), split_bytes):
            pieces = list(stretch.pieces())
            assert all(piece.endswith(b"\n") for piece in pieces)
            own = [start for start in starts if stretch.start <= start < stretch.end]
            ends = [whole.index(b"\n", start) + 1 for start in own]
            assert b"".join(pieces) == (whole[own[0] : ends[-1]] if own else b"")


def test_large_files_have_several_splits_and_small_ones_share_a_task(tmp_path: Path) -> None:
    large, small = tmp_path / "large.csv", tmp_path / "small.csv"
    large.write_bytes(b"x" * 100_000)
    small.write_bytes(b"x")
    files = [status(large), *[status(small)] * 5]
    tasks = tasks_of(files, split_bytes=40_000)
    assert [[(one.start, one.end) for one in task] for task in tasks] == [
        [(0, 40_000)],
        [(40_000, 80_000)],
        [(80_000, 100_000)],
        [(0, 1)] * 2,
        [(0, 1)] * 2,
        [(0, 1)],
    ]
    assert len(tasks_of(files, split_bytes=WHOLE_FILE)) == 6


@pytest.mark.parametrize("change", ["grown", "written again", "gone"])
def test_a_file_that_is_not_as_it_was_listed_is_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\nb\n")
    listed = status(path)
    if change == "grown":
        path.write_bytes(b"a\nb\nc\n")
    elif change == "gone":
        path.unlink()
    else:
        os.utime(path, (1, 1))
    with pytest.raises(UserError, match="changed while it was read"):
        list(Stretch(listed, 0, 4).pieces())


def test_a_line_that_is_too_long_for_any_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * 100)
    for name, size in (("_MOST_LINE", 50), ("_PIECE_BYTES", 20)):
        monkeypatch.setattr(text_splits, name, size)
    for stretch in (Stretch(status(path), 0, 100), Stretch(status(path), 0, 10)):
        with pytest.raises(UserError, match=r"a\.csv: a line of more than 2 GB"):
            list(stretch.pieces())
