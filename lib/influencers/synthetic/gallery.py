"""Which images a sample has: originals, planted copies, their names, and who shows which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from influencers.synthetic.streams import Integers, mix64, pick, stream

FOLDER = "p"  # below images/, and in the path of every image URL

CHUNK = 10  # where copies are planted: 0 to 6 of ten are originals, the rest copies of some of them
_ORIGINALS = 7
# Chunks that copies are planted in: all of a small gallery, one in ten of a large one.
_ALL_UP_TO, _ONE_IN = 30, 10

EXTENSIONS = ("jpg", "png", "webp")
_EXTENSION_WEIGHTS = np.array([0.85, 0.08, 0.07])

KINDS = (
    "original", "exact", "reencoded", "reformatted", "resized", "brightened", "cropped", "stamped",
)  # fmt: skip
_COPY_WEIGHTS = np.array([0.0, 0.25, 0.2, 0.1, 0.2, 0.1, 0.07, 0.08])


@dataclass(frozen=True)
class Gallery:
    """The images of a sample, one element each: ten bytes and a name made when asked for.

    Attributes:
        original: the image that this is a copy of, or its own number.
        kind: a position in KINDS.
        extension: a position in EXTENSIONS.
        order: the images as posts show them one after the other, and then all over again.
    """

    original: npt.NDArray[np.int32]
    kind: npt.NDArray[np.int8]
    extension: npt.NDArray[np.int8]
    order: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.kind)


def plan(seed: int, images: int, *, own: bool = False) -> Gallery:
    """Lay out this many images; in planted chunks three of ten are copies.

    Args:
        seed: of the sample.
        images: how many.
        own: each image is one post's, as there are no more posts than images.
    """
    rng = stream(seed, "gallery")
    chunks = -(-images // CHUNK)
    planted = min(images // CHUNK, max(_ALL_UP_TO, chunks // _ONE_IN))
    original = np.arange(chunks * CHUNK, dtype=np.int32).reshape(chunks, CHUNK)
    kind = np.zeros((chunks, CHUNK), dtype=np.int8)
    copies = (chunks, CHUNK - _ORIGINALS)
    extension = pick(rng, _EXTENSION_WEIGHTS, chunks * CHUNK).astype(np.int8).reshape(-1, CHUNK)
    # Squared, so that the first originals of each ten are copied more often than the last.
    copied = np.floor(rng.random(copies) ** 2 * _ORIGINALS).astype(np.int32)
    kinds = pick(rng, _COPY_WEIGHTS, copies[0] * copies[1]).reshape(copies)
    original[:planted, _ORIGINALS:] = original[:planted, :1] + copied[:planted]
    kind[:planted, _ORIGINALS:] = kinds[:planted]
    _extend_copies(original, kind, extension)
    return Gallery(
        original=original.ravel()[:images],
        kind=kind.ravel()[:images],
        extension=extension.ravel()[:images],
        order=_gathered(images, planted) if own else _spread(images),
    )


def _spread(images: int) -> npt.NDArray[np.int32]:
    """An order in which neighbours are shown by posts that are far apart."""
    step = next(prime for prime in (7_919, 7_907, 7_901) if images == 0 or images % prime)
    return (np.arange(images, dtype=np.int64) * step % max(images, 1)).astype(np.int32)


def _gathered(images: int, planted: int) -> npt.NDArray[np.int32]:
    """An order for images of which each is one post's: few accounts copy, and few are copied.

    Posts stand by account. The tenth part of them that begins with the first, second, third, ...
    image of every planted chunk shows these first: what is copied and its copies are shown by
    different accounts, which show little else.
    """
    order = np.full(images, -1, dtype=np.int32)
    numbers = np.arange(images, dtype=np.int32)
    chunk, place = numbers // CHUNK, numbers % CHUNK
    is_planted = chunk < planted
    order[(place * (images // CHUNK) + chunk)[is_planted]] = numbers[is_planted]
    order[order < 0] = numbers[~is_planted]
    return order


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
    """The file name of the image that each post shows.

    Each post shows an image of its own, or, where there are more posts than images, all are
    shown equally often. Without any images each post has a name of its own, for a file that does
    not exist.
    """
    count = len(gallery)
    if count == 0:
        return names(posts, np.zeros(len(posts), dtype=np.int8), seed)
    shown = gallery.order[posts % count].astype(np.int64)
    return names(shown, gallery.extension[shown], seed)
