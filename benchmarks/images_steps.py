"""What each step of the images stage costs: ms of processor time an image, in one thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from influencers.config import ImagesConfig
from influencers.images import settings
from influencers.images.decode.decoding import DecodedImage, decode
from influencers.images.http.client import Client
from influencers.images.measure import colors, texture
from influencers.images.measure.perceptual_hash import hashed

T = TypeVar("T")
_TOGETHER = 128


def step_costs(address: str, count: int) -> dict[str, float]:
    """The cost of each step, over so many images of a server; all at once in portions."""
    total = dict.fromkeys(("fetch", "decode", "colours", "texture", "hash"), 0.0)

    def timed(step: str, work: Callable[[], T]) -> T:
        began = time.process_time()
        result = work()
        total[step] += time.process_time() - began
        return result

    client = Client(settings.fetch_options(ImagesConfig()), (address,))
    limits = settings.decode_limits(ImagesConfig())
    client.fetch(f"http://{address}/p/0.jpg")
    for start in range(0, count, _TOGETHER):
        urls = [f"http://{address}/p/{n}.jpg" for n in range(start, min(start + _TOGETHER, count))]
        bodies = timed("fetch", lambda urls=urls: [client.fetch(url).body for url in urls])
        found = timed("decode", lambda b=bodies: [decode(one, limits) for one in b])
        images = [one for one in found if isinstance(one, DecodedImage)]
        assert len(images) == len(urls)
        samples = np.stack([one.colors for one in images])
        greys = np.stack([one.grey for one in images])
        small = np.stack([one.hash_grey for one in images])
        timed("colours", lambda s=samples: _colours(s))
        timed("texture", lambda g=greys: _texture(g))
        timed("hash", lambda s=small: hashed(s))
    client.close()
    return {step: seconds / count * 1e3 for step, seconds in total.items()}


def _colours(samples: np.ndarray) -> None:
    for measured in (colors.dominant, colors.brightness, colors.saturation, colors.colorfulness):
        measured(samples)


def _texture(greys: np.ndarray) -> None:
    texture.contrast(greys)
    texture.edge_density(greys)
    texture.cooccurrence(greys)
    texture.sharpness(greys)
    texture.quality(greys)
