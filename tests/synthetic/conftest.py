"""One sample for all tests of the generator."""

from __future__ import annotations

import pytest

from crawls_reader import Crawls
from influencers.config import GenerateConfig
from influencers.synthetic import generate
from sample_reader import Sample


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """More than one block of posts, and a few small images."""
    folder = tmp_path_factory.mktemp("sample")
    options = GenerateConfig(posts=12_000, accounts=900, images=60, seed=11, image_size=160)
    return Sample(folder, options, generate(folder, options))


@pytest.fixture(scope="session")
def crawls(tmp_path_factory: pytest.TempPathFactory) -> Crawls:
    """A month of daily crawls of a usual sample, without images."""
    options = GenerateConfig(images=0, crawls=30)
    return Crawls.made(tmp_path_factory.mktemp("crawls"), options)
