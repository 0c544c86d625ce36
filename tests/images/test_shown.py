"""Which image a post shows: kept as data, with the mirrors that keys were made by."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from influencers.catalog import TABLES
from influencers.config import Config, load
from influencers.errors import UserError
from influencers.images import shown
from influencers.images.tables import IMAGES, POST_IMAGES
from influencers.storage.store import Store

MIRRORS = ("cdn.example", "images.example")


def posts(spark: SparkSession, **urls: str | None) -> DataFrame:
    return spark.createDataFrame(list(urls.items()), "shortcode string, image_url string")


def keys_of(frame: DataFrame) -> dict[str, str]:
    rows = frame.collect()
    assert frame.columns == POST_IMAGES.schema.fieldNames()
    assert len({row.shortcode for row in rows}) == len(rows)
    return {row.shortcode: row.image_key for row in rows}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load(None, [f"paths.output={tmp_path}", 'images.mirrors=["images.example"]'])


def test_posts_that_come_later_are_keyed_as_the_table_was(
    spark: SparkSession, config: Config
) -> None:
    """Whatever the configuration says then, and also when the table has been made anew."""
    store = Store(spark, config)
    known = posts(spark, A="https://x.cdn.example/a1.jpg?oe=1", B="http://c.example/b.jpg", C=None)
    store.write(shown.of_posts(known, mirrors=MIRRORS), POST_IMAGES)
    for again in range(2):
        found = store.read(POST_IMAGES)
        assert shown.mirrors_of(found) == MIRRORS
        new = posts(
            spark, A="http://y.cdn.example/a2.jpg", D="http://images.example/d3.jpg", E=None
        )
        both = shown.with_posts(found, new)
        assert keys_of(both) == {"A": "/a2.jpg", "B": "c.example/b.jpg", "D": "/d3.jpg"}
        if not again:
            # As `forget` does it.
            left = found.join(posts(spark, C=None), on="shortcode", how="left_anti")
            beside = f"{config.paths.output}/beside"
            left.select(*found.columns).write.format("delta").save(beside)
            store.rewrite(spark.read.format("delta").load(beside), POST_IMAGES)


def test_other_mirrors_take_the_place_of_those_before(spark: SparkSession, config: Config) -> None:
    store = Store(spark, config)
    known = posts(spark, A="https://x.cdn.example/a.jpg")
    for mirrors in (MIRRORS, (), ("example",)):
        store.write(shown.of_posts(known, mirrors=mirrors), POST_IMAGES)
        assert shown.mirrors_of(store.read(POST_IMAGES)) == mirrors


def test_a_table_that_forgot_its_mirrors_keys_no_post(spark: SparkSession) -> None:
    bare = spark.createDataFrame([], POST_IMAGES.schema)
    with pytest.raises(UserError, match="run the job images again"):
        shown.with_posts(bare, posts(spark, A="http://x.example/a.jpg"))


def test_an_output_of_an_earlier_version_is_told_of_and_keyed_by_the_configuration(
    spark: SparkSession, config: Config
) -> None:
    store = Store(spark, config)
    known = posts(spark, A="http://images.example/a.jpg", B=None)
    assert shown.remarks(store, config) == [], "there are no images at all"
    store.write(spark.createDataFrame([], TABLES["images"].schema), IMAGES)
    assert keys_of(shown.read(store, config, known)) == {"A": "/a.jpg"}
    (line,) = shown.remarks(store, config)
    assert "joined by the mirrors of this run (images.example): run `spark-submit.sh images" in line
    assert shown.remarks(store, load(None, ["images.enabled=false"], config)) == []
    store.write(shown.of_posts(known, mirrors=()), POST_IMAGES)
    assert shown.remarks(store, config) == []
    assert keys_of(shown.read(store, config, known)) == {"A": "images.example/a.jpg"}
