"""Pictures as features of posts: what was measured, and never whether."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.models import pictures
from influencers.models.declaration import LABELS, SILENT_GAPS, allowed_features, declared
from influencers.models.normaliser import fit_normaliser
from influencers.models.sheets import take_sample
from influencers.schemas import SCHEMAS


def ledger(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    names = SCHEMAS["images"].fieldNames()
    return spark.createDataFrame([[row.get(name) for name in names] for row in rows],
                                 SCHEMAS["images"])  # fmt: skip


def posts(spark: SparkSession, **urls: str | None) -> DataFrame:
    return spark.createDataFrame(list(urls.items()), "shortcode string, image_url string")


def test_a_post_has_the_measures_of_its_picture(spark: SparkSession) -> None:
    images = ledger(
        spark,
        {"image_key": "/a.jpg", "status": "ok", "brightness": 0.5, "width": 200, "height": 100,
         "colors": [("#112233", 0.75), ("#ffffff", 0.25)]},
        {"image_key": "/b.jpg", "status": "broken", "brightness": 0.5},
    )  # fmt: skip
    frame = posts(
        spark, A="https://x.cdn.example/a.jpg?oe=1", B="http://y.cdn.example/a.jpg",
        C="http://x.cdn.example/b.jpg", D=None,
    )  # fmt: skip
    found = pictures.picture_features(frame, images, mirrors=("cdn.example",))
    assert sorted(found.columns) == sorted(("shortcode", *pictures.COLUMNS))
    rows = {row.shortcode: row for row in found.collect()}
    assert set(rows) == {"A", "B"}
    assert rows["A"].picture_brightness == 0.5
    assert rows["A"].picture_ratio == 2.0
    assert rows["A"].picture_top_color_share == 0.75
    assert rows["A"].picture_sharpness is None


def test_without_pictures_all_is_unknown(spark: SparkSession) -> None:
    frame = pictures.with_pictures(posts(spark, A="u"), None)
    (row,) = frame.select(*pictures.COLUMNS).collect()
    assert set(row) == {None}
    assert pictures.with_pictures(frame, None) is frame


def test_every_column_is_declared_and_open_to_virality_alone() -> None:
    known = declared("virality")
    assert all(known[name].group == "picture" for name in pictures.COLUMNS)
    for label in LABELS.values():
        used = {feature.name for feature in allowed_features(label)}
        assert (label.model == "virality") == bool(used & set(pictures.COLUMNS))


def test_that_a_picture_is_missing_is_no_feature(spark: SparkSession) -> None:
    """It depends on when posts were read; a median in its place says nothing."""
    assert "picture" in SILENT_GAPS
    known = declared("virality")
    features = [known["picture_brightness"], known["history_median_likes"]]
    number = F.col("id").cast("double")
    sample = spark.range(10).select(
        "id",
        F.when(F.col("id") > 4, number).alias("picture_brightness"),
        F.when(F.col("id") > 4, number).alias("history_median_likes"),
    )
    fitted = fit_normaliser(take_sample(sample, "id", features, {}, count=10, limit=10), features)
    assert fitted.columns == (
        "picture_brightness", "history_median_likes", "history_median_likes",
    )  # fmt: skip
