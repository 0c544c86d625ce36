"""Which pictures a sample has: originals, planted copies, their names, and who shows which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from influencers.synthetic.streams import Integers, mix64, pick, stream

FOLDER = "p"  # below images/, and in the path of every image URL

CHUNK = 10  # pictures 0 to 6 of each ten are originals, the rest copies of some of them
_ORIGINALS = 7

EXTENSIONS = ("jpg", "png", "webp")
_EXTENSION_WEIGHTS = np.array([0.85, 0.08, 0.07])

KINDS = (
    "original", "exact", "reencoded", "reformatted", "resized", "brightened", "cropped", "stamped",
)  # fmt: skip
_COPY_WEIGHTS = np.array([0.0, 0.25, 0.2, 0.1, 0.2, 0.1, 0.07, 0.08])


@dataclass(frozen=True)
class Gallery:
    """The pictures of a sample, one element each: six bytes and a name made when asked for.

    Attributes:
        original: the picture that this is a copy of, or its own number.
        kind: a position in KINDS.
        extension: a position in EXTENSIONS.
    """

    original: npt.NDArray[np.int32]
    kind: npt.NDArray[np.int8]
    extension: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.kind)


def plan(seed: int, images: int) -> Gallery:
    """Lay out this many pictures; three of ten are copies, some originals having several."""
    rng = stream(seed, "gallery")
    chunks = -(-images // CHUNK)
    original = np.arange(chunks * CHUNK, dtype=np.int32).reshape(chunks, CHUNK)
    kind = np.zeros((chunks, CHUNK), dtype=np.int8)
    copies = (chunks, CHUNK - _ORIGINALS)
    extension = pick(rng, _EXTENSION_WEIGHTS, chunks * CHUNK).astype(np.int8).reshape(-1, CHUNK)
    # Squared, so that the first originals of each ten are copied more often than the last.
    copied = np.floor(rng.random(copies) ** 2 * _ORIGINALS).astype(np.int32)
    original[:, _ORIGINALS:] = original[:, :1] + copied
    kind[:, _ORIGINALS:] = pick(rng, _COPY_WEIGHTS, copies[0] * copies[1]).reshape(copies)
    _extend_copies(original, kind, extension)
    return Gallery(
        original=original.ravel()[:images],
        kind=kind.ravel()[:images],
        extension=extension.ravel()[:images],
    )


def _extend_copies(
    original: npt.NDArray[np.int32], kind: npt.NDArray[np.int8], extension: npt.NDArray[np.int8]
) -> None:
    """A byte copy has its original's format, a reformatted one another, every other is a JPEG."""
    of_original = extension.ravel()[original]
    exact = kind == KINDS.index("exact")
    reformatted = kind == KINDS.index("reformatted")
    extension[kind > 0] = 0
    extension[exact] = of_original[exact]
    extension[reformatted] = (of_original[reformatted] + 1) % len(EXTENSIONS)


def names(numbers: Integers, extensions: npt.NDArray[np.int8], seed: int) -> list[str]:
    """File names, which tell nothing about who is whose copy."""
    return [
        f"{key:016x}.{EXTENSIONS[extension]}"
        for key, extension in zip(
            mix64(numbers, seed + 4).tolist(), extensions.tolist(), strict=True
        )
    ]


def names_for_posts(gallery: Gallery, posts: Integers, seed: int) -> list[str]:
    """The file name of the picture that each post shows.

    All pictures are shown equally often, neighbours by posts that are far apart. Without any
    pictures each post has a name of its own, for a file that does not exist.
    """
    count = len(gallery)
    if count == 0:
        return names(posts, np.zeros(len(posts), dtype=np.int8), seed)
    step = next(prime for prime in (7_919, 7_907, 7_901) if count % prime)
    shown = (posts * step) % count
    return names(shown, gallery.extension[shown], seed)
