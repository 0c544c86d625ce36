"""A sample as the input of a run: generated, and its images served for as long as it lasts."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from influencers.config import Config
from influencers.synthetic import crawls_file, image_server, posts_file
from influencers.synthetic.generator import generate

# The name that the images of the sample are served under, wherever the server really is.
_SAMPLE_HOST = "images.example"


@contextmanager
def served_sample(config: Config, folder: Path, *, host: str) -> Iterator[Config]:
    """The configuration with a generated sample as its input, and a server for its images.

    Args:
        config: how large the sample is.
        folder: a local folder to generate into.
        host: by which executors reach this machine.
    """
    options = dataclasses.replace(config.generate, image_base_url=f"http://{_SAMPLE_HOST}")
    generate(folder, options)
    posts = posts_file.NAME if options.crawls == 1 else crawls_file.FOLDER
    address = socket.gethostbyname(host)
    with image_server.serving(folder / "images", address=address) as (_, port):
        yield dataclasses.replace(
            config,
            paths=dataclasses.replace(config.paths, input=(str(folder / posts),)),
            generate=options,
            images=dataclasses.replace(
                config.images,
                connect_to=(f"{_SAMPLE_HOST}:80={address}:{port}",),
                # As on a content network, the path is the image, whatever the signature.
                mirrors=(*config.images.mirrors, _SAMPLE_HOST),
                # Our own server needs no sparing.
                host_limits=(f"{_SAMPLE_HOST}=0/0",),
            ),
        )
