"""Two batches of posts with their images, and what undisturbed runs make of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from influencers.config import GenerateConfig
from influencers.synthetic import generate, image_server
from samples import HOST, Sample, Undisturbed, halves


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
                # Spark writes every table, as it does where they are large.
                "storage.driver_rows=0",
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
def undisturbed(
    spark: SparkSession, sample: Sample, tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    old = sample.config(folder / "old", sample.files[:1])
    return Undisturbed(sample, old, sample.config(folder / "new"))
