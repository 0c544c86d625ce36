"""Bytes of packed and oddly encoded files become the lines that were packed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile
from collections.abc import Mapping

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencers.errors import UserError
from influencers.ingest import unpacking

TEXT = "a,é\n1,😀\r\n\n"


def zipped(files: Mapping[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def lines_in(data: bytes) -> dict[str, bytes]:
    return {
        name: b"".join(unpacking.pieces(stream, uri="f"))
        for name, stream in unpacking.members(data, uri="f")
    }


PACKED = {
    "nothing": TEXT.encode(),
    "gzip": gzip.compress(TEXT.encode()),
    "several gzip": gzip.compress(TEXT[:4].encode()) + gzip.compress(TEXT[4:].encode()),
    "bzip2": bz2.compress(TEXT.encode()),
    "xz": lzma.compress(TEXT.encode()),
    "zstd": pa.Codec("zstd").compress(TEXT.encode(), asbytes=True),
    "utf-16": TEXT.encode("utf-16"),
    "utf-16 big-endian": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "utf-16 without a mark": TEXT.encode("utf-16-le"),
    "utf-16 big-endian without a mark": TEXT.encode("utf-16-be"),
    "packed utf-16": gzip.compress(TEXT.encode("utf-16")),
    "marked": b"\xef\xbb\xbf" + TEXT.encode(),
}


@pytest.mark.parametrize("kind", PACKED)
def test_lines_are_those_that_were_packed(kind: str) -> None:
    assert lines_in(PACKED[kind]) == {"": TEXT.encode()}


def test_a_zip_file_has_files_but_for_hidden_ones() -> None:
    files = {"a/b.csv": b"x\n", "c.json": b"{}", "__MACOSX/._b": b"no", ".no": b"no", "d/": b""}
    assert lines_in(zipped(files)) == {"a/b.csv": b"x\n", "c.json": b"{}\n"}


@pytest.mark.parametrize("encode", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a,b\r1,2\r", "a,b\n1,2\n"),
        # Cells with line feeds, as spreadsheets have them; lines of either end.
        ('a,b\r"1\n2",3\r', 'a,b\n"1\n2",3\n'),
        ("a,b\r1,2\n3,4", "a,b\n1,2\n3,4\n"),
        # The other line ends that a caption has stay what they are.
        ('a,b\r"1\r\n2",3\r', 'a,b\n"1\r\n2",3\n'),
        ('a,b\r"1\r2",3\r', 'a,b\n"1\n2",3\n'),
        # The first line ends otherwise: a return is text.
        ("a,b\n1,\r2\r3\n", "a,b\n1,\r2\r3\n"),
        ("a,b\r\n1,\r2\r\n", "a,b\r\n1,\r2\r\n"),
        ('"a\rx",b\n1,2\n', '"a\rx",b\n1,2\n'),
    ],
)
def test_returns_alone_end_lines_where_they_end_the_first(
    encode: str, text: str, lines: str
) -> None:
    assert lines_in(text.encode(encode)) == {"": lines.encode()}


@given(
    text=st.text(st.characters(exclude_categories=("Cs",)), max_size=60),
    encoding=st.sampled_from(["utf-8", "utf-16"]),
    size=st.integers(1, 9),
)
def test_pieces_of_any_size_are_whole_lines(text: str, encoding: str, size: int) -> None:
    text = f"a\n{text}\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unpacking, "_CHUNK_BYTES", size + 4)
        found = list(unpacking.pieces(io.BytesIO(text.encode(encoding)), uri="f"))
    assert b"".join(found) == text.encode()
    assert all(piece.endswith(b"\n") for piece in found)


@given(
    cells=st.lists(st.text("ab\n\r,", max_size=9), min_size=1, max_size=9), size=st.integers(1, 9)
)
def test_pieces_of_any_size_have_the_same_line_ends(cells: list[str], size: int) -> None:
    text = "head\r" + "\r".join(f'"{cell}"' for cell in cells) + "\r"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unpacking, "_CHUNK_BYTES", size + 5)
        found = b"".join(unpacking.pieces(io.BytesIO(text.encode()), uri="f"))
    assert found.decode() == re.sub(r"\r(?!\n)", "\n", text)


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz", "zip"])
def test_what_is_cut_off_is_said_so(kind: str) -> None:
    data = {**PACKED, "zip": zipped({"a.csv": TEXT.encode()})}[kind]
    with pytest.raises(UserError, match=r"^f cannot be unpacked \(.*\): fetch it again"):
        lines_in(data[:-9])
