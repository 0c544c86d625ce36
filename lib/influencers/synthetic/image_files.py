"""The image files of a sample, and the truth about which are copies of which."""

from __future__ import annotations

import csv
import functools
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imagehash
import numpy as np

from influencers.config import GenerateConfig
from influencers.synthetic import gallery, image_drawing, truth
from influencers.synthetic.gallery import Gallery
from influencers.synthetic.streams import Integers

_COLUMNS = (
    "image", "group", "kind", "original", "distance", "phash", "format", "width", "height", "bytes",
)  # fmt: skip


def write(target: Path, gallery_: Gallery, options: GenerateConfig) -> None:
    """Write every image to `images/p` below `target`, and truth/images.csv.

    The distance to the original is measured on the files, as any reader will find them. Chunks are
    made in a thread for each processor: most of it is Pillow's work, outside the interpreter.
    """
    count = len(gallery_)
    folder = target / "images" / gallery.FOLDER
    if count:
        folder.mkdir(parents=True, exist_ok=True)
    members = np.bincount(gallery_.original, minlength=count)
    made = functools.partial(_chunk, folder, gallery_, members, options)
    threads = os.cpu_count() or 1
    window = gallery.CHUNK * 8 * threads  # at once: rows wait for those of slower chunks
    with (
        ThreadPoolExecutor(threads) as pool,
        truth.table(target / "truth", "images", _COLUMNS) as rows,
    ):
        for first in range(0, count, window):
            chunks = range(first, min(first + window, count), gallery.CHUNK)
            for written in pool.map(made, chunks):
                for row in written:
                    rows.writerow(row)


def _chunk(
    folder: Path, gallery_: Gallery, members: Integers, options: GenerateConfig, first: int
) -> list[tuple[object, ...]]:
    """Write the images of the chunk from number `first` on; their rows of the truth."""
    numbers = np.arange(first, min(first + gallery.CHUNK, len(gallery_)), dtype=np.int64)
    names = gallery.names(numbers, gallery_.extension[numbers], options.seed)
    files = _files(gallery_, numbers.tolist(), options)
    images = [image_drawing.decoded(data) for data in files]
    hashes = [imagehash.phash(image) for image in images]
    rows: list[tuple[object, ...]] = []
    for place, original in enumerate(gallery_.original[numbers].tolist()):
        (folder / names[place]).write_bytes(files[place])
        rows.append((
            names[place],
            original if members[original] > 1 else None,
            gallery.KINDS[gallery_.kind[first + place]],
            names[original - first],
            hashes[place] - hashes[original - first],
            hashes[place],
            images[place].format,
            *images[place].size,
            len(files[place]),
        ))  # fmt: skip
    return rows


def _files(gallery_: Gallery, numbers: list[int], options: GenerateConfig) -> list[bytes]:
    """The images of one chunk as files; copies follow their originals, within the chunk."""
    files: list[bytes] = []
    for number in numbers:
        original = int(gallery_.original[number])
        kind = gallery.KINDS[gallery_.kind[number]]
        extension = gallery.EXTENSIONS[gallery_.extension[number]]
        if original == number:
            image = image_drawing.drawn(options.seed, number, options.image_size)
            files.append(image_drawing.encoded(image, extension))
        else:
            source = files[original - numbers[0]]
            files.append(image_drawing.copied(options.seed, number, kind, extension, source))
    return files


def remove(target: Path) -> None:
    """Remove the images of an earlier sample: the files that its truth names, and no others."""
    listed = target / "truth" / "images.csv"
    if not listed.is_file():
        return
    with listed.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = Path(row.get("image") or "unnamed").name
            (target / "images" / gallery.FOLDER / name).unlink(missing_ok=True)
