"""Two batches of posts with their pictures, and what undisturbed runs make of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from influencers.config import Config, GenerateConfig
from influencers.synthetic import generate, image_server
from jobs import pipeline
from samples import HOST, Sample, copied, halves


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    folder = tmp_path_factory.mktemp("sample")
    options = GenerateConfig(posts=1200, accounts=90, images=24, image_base_url=f"http://{HOST}")
    generate(folder, options)
    files = halves(folder / "posts.csv")
    with image_server.serving(folder / "images") as (address, port):
        yield Sample(
            files,
            (
                f'images.connect_to=["{HOST}:80={address}:{port}"]',
                f'images.host_limits=["{HOST}=0/0"]',
                f'images.mirrors=["{HOST}"]',
                "models.trees=2",
                "models.depth=3",
                'models.labels=["top_likes"]',
                "models.permutations=1",
            ),
        )


@pytest.fixture(scope="session")
def old(spark: SparkSession, sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """What an undisturbed pipeline makes of the first file."""
    config = sample.config(tmp_path_factory.mktemp("old") / "out", sample.files[:1])
    pipeline.run(spark, config)
    return config


@pytest.fixture(scope="session")
def new(
    spark: SparkSession, sample: Sample, old: Config, tmp_path_factory: pytest.TempPathFactory
) -> Config:
    """What it makes of both, later, in the same place."""
    config = copied(old, tmp_path_factory.mktemp("new") / "out", sample)
    pipeline.run(spark, config)
    return config
