"""A decoder in a process of its own, and that process's end."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Iterator

import pytest

from image_bytes import noise, saved
from image_options import LIMITS
from influencers.images import statuses
from influencers.images.decode.decoder_process import ApartDecoder
from influencers.images.decode.decoding import DecodedImage, decode


def same(one: DecodedImage | str, other: DecodedImage | str) -> bool:
    """Images are equal when their pixels are, which arrays do not say with ==."""
    return pickle.dumps(one) == pickle.dumps(other)


@pytest.fixture
def decoder() -> Iterator[ApartDecoder]:
    decoder = ApartDecoder(LIMITS)
    yield decoder
    decoder.close()


def test_apart_an_image_is_what_it_is_here(decoder: ApartDecoder) -> None:
    bodies = [saved(noise(64, 48), "jpeg"), saved(noise(48, 48), "png"), b"no image"]
    assert all(same(decoder.decode(body), decode(body, LIMITS)) for body in bodies)


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process")
def test_the_processs_death_is_the_one_images_outcome(decoder: ApartDecoder) -> None:
    body = saved(noise(64, 48, seed=1), "jpeg")
    expected = decode(body, LIMITS)
    assert same(decoder.decode(body), expected)
    assert decoder._process is not None
    os.kill(decoder._process.pid, signal.SIGSEGV)
    decoder._process.wait()
    assert decoder.decode(body) == statuses.DECODER_CRASHED
    assert same(decoder.decode(body), expected)
