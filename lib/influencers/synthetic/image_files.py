"""The picture files of a sample, and the truth about which are copies of which."""

from __future__ import annotations

import csv
from pathlib import Path

import imagehash
import numpy as np

from influencers.config import GenerateConfig
from influencers.synthetic import gallery, pictures, truth
from influencers.synthetic.gallery import Gallery

_COLUMNS = (
    "image", "group", "kind", "original", "distance", "phash", "format", "width", "height", "bytes",
)  # fmt: skip


def write(target: Path, gallery_: Gallery, options: GenerateConfig) -> None:
    """Write every picture to `images/p` below `target`, and truth/images.csv.

    The distance to the original is measured on the files, as any reader will find them.
    """
    count = len(gallery_)
    folder = target / "images" / gallery.FOLDER
    if count:
        folder.mkdir(parents=True, exist_ok=True)
    members = np.bincount(gallery_.original, minlength=count)
    with truth.table(target / "truth", "images", _COLUMNS) as rows:
        for first in range(0, count, gallery.CHUNK):
            numbers = np.arange(first, min(first + gallery.CHUNK, count), dtype=np.int64)
            names = gallery.names(numbers, gallery_.extension[numbers], options.seed)
            files = _files(gallery_, numbers.tolist(), options)
            found = [pictures.decoded(data) for data in files]
            hashes = [imagehash.phash(picture) for picture in found]
            for place, original in enumerate(gallery_.original[numbers].tolist()):
                (folder / names[place]).write_bytes(files[place])
                rows.writerow((
                    names[place],
                    original if members[original] > 1 else None,
                    gallery.KINDS[gallery_.kind[first + place]],
                    names[original - first],
                    hashes[place] - hashes[original - first],
                    hashes[place],
                    found[place].format,
                    *found[place].size,
                    len(files[place]),
                ))  # fmt: skip


def _files(gallery_: Gallery, numbers: list[int], options: GenerateConfig) -> list[bytes]:
    """The pictures of one chunk as files; copies follow their originals, within the chunk."""
    files: list[bytes] = []
    for number in numbers:
        original = int(gallery_.original[number])
        kind = gallery.KINDS[gallery_.kind[number]]
        extension = gallery.EXTENSIONS[gallery_.extension[number]]
        if original == number:
            picture = pictures.drawn(options.seed, number, options.image_size)
            files.append(pictures.encoded(picture, extension))
        else:
            source = files[original - numbers[0]]
            files.append(pictures.copied(options.seed, number, kind, extension, source))
    return files


def remove(target: Path) -> None:
    """Remove the pictures of an earlier sample: the files that its truth names, and no others."""
    listed = target / "truth" / "images.csv"
    if not listed.is_file():
        return
    with listed.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = Path(row.get("image") or "unnamed").name
            (target / "images" / gallery.FOLDER / name).unlink(missing_ok=True)
