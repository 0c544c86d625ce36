"""All that an output holds, byte by byte, also inside compressed files."""

from __future__ import annotations

import gzip
import html
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
from PIL import Image

# Settings with secrets in them, distinct, so that a leak names its way out.
CANARIES = (
    "report.title=Posts of https://user:canary-title@lake.example/",
    "models.mlflow_uri=https://user:canary-mlflow@mlflow.example/?token=canary-query",
    "models.mlflow_experiment=x; password=canary-experiment",
    "images.user_agent=bot (token=canary-agent)",
    "generate.image_base_url=https://canary-bearer@images.example",
)


def contents(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """The bytes of every file, hidden ones too, and what they are when unpacked."""
    for file in sorted(one for one in folder.rglob("*") if one.is_file()):
        data = file.read_bytes()
        yield file, data
        yield file, str(file.relative_to(folder)).encode()
        if file.suffix == ".parquet":
            yield file, repr(pq.ParquetFile(io.BytesIO(data)).read().to_pydict()).encode()
        elif file.suffix == ".gz":
            yield file, gzip.decompress(data)
        elif file.suffix == ".png":
            with Image.open(io.BytesIO(data)) as image:
                yield file, repr(image.info).encode()
        elif file.suffix == ".html":
            yield file, html.unescape(data.decode()).encode()


def files_with_a_canary(folder: Path) -> set[str]:
    """The files that hold one of the secrets."""
    return {str(file.relative_to(folder)) for file, data in contents(folder) if b"canary" in data}


def files_with(folder: Path, words: Iterable[str], numbers: Iterable[int] = ()) -> set[str]:
    """The files that hold one of the words, or one of the numbers as text or in eight bytes.

    `ann.smith` is another word than `ann.smith.jones`.
    """
    either = "|".join(re.escape(one) for one in sorted(set(words)))
    word = re.compile(rb"(?<![0-9A-Za-z_.-])(?:%b)(?!\.?[0-9A-Za-z_-])" % either.encode())
    known = list(numbers)
    either = "|".join(map(str, known)) or "none"
    number = re.compile(rb"(?<![0-9A-Za-z])(?:%b)(?![0-9A-Za-z])" % either.encode())
    packed = [one.to_bytes(8, "little", signed=True) for one in known]
    return {
        str(file.relative_to(folder))
        for file, data in contents(folder)
        if word.search(data) or number.search(data) or any(one in data for one in packed)
    }
