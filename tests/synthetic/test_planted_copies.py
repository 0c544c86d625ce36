"""The jobs on a sample in which each post has an image of its own: copies are the planted ones."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from influencers.config import Config, load
from influencers.duplicates.tables import DUPLICATE_GROUPS
from influencers.images.tables import IMAGES
from influencers.ingest.tables import POSTS
from influencers.storage.store import Store
from influencers.synthetic import generate, image_server
from jobs import duplicates, images, ingest

HOST = "images.example"
SETTINGS = (
    "generate.posts=400",
    "generate.accounts=30",
    "generate.expired_share=0",
    "generate.image_size=64",
    f"generate.image_base_url=http://{HOST}",
    f'images.host_limits=["{HOST}=0/0"]',
    f'images.mirrors=["{HOST}"]',
)


@pytest.fixture(scope="module")
def finished(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("planted")
    generate(folder / "sample", load(None, SETTINGS).generate)
    with image_server.serving(folder / "sample" / "images") as (address, port):
        config = load(
            None,
            [
                *SETTINGS,
                f"paths.output={folder}/out",
                f'paths.input=["{folder}/sample/posts.csv"]',
                f'images.connect_to=["{HOST}:80={address}:{port}"]',
            ],
        )
        for job in (ingest, images, duplicates):
            job.run(spark, config)
    return config


def test_only_planted_groups_share_images(finished: Config, spark: SparkSession) -> None:
    store = Store(spark, finished)
    listed = Path(finished.paths.output).parent / "sample" / "truth" / "images.csv"
    with listed.open(newline="") as lines:
        planted = {f"/p/{row['image']}": row for row in csv.DictReader(lines)}
    posts = store.read(POSTS).count()
    fetched = {row.image_key for row in store.read(IMAGES).collect()}
    assert len(fetched) == posts > 380, "each post shows an image of its own"
    found = defaultdict(set)
    for row in store.read(DUPLICATE_GROUPS).collect():
        found[row.group_id].add(row.image_key)
    near = defaultdict(set)  # of an original, what a search at this radius must find beside it
    for key, row in planted.items():
        if row["group"] and int(row["distance"]) <= finished.duplicates.radius:
            near[f"/p/{row['original']}"].add(key)
    for members in found.values():
        assert len({planted[key]["group"] for key in members}) == 1
        assert planted[next(iter(members))]["group"]
    expected = [
        members & fetched
        for original, members in near.items()
        if original in fetched and len(members & fetched) > 1
    ]
    assert len(expected) >= 20
    assert all(any(members <= group for group in found.values()) for members in expected)
