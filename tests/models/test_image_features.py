"""Images as features of posts: what was measured, and never whether."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.features import images as images_
from influencers.images import shown
from influencers.images.tables import IMAGES
from influencers.models.declaration import LABELS, SILENT_GAPS, allowed_features, declared
from influencers.models.estimators.normaliser import fit_normaliser
from influencers.models.rows import frames
from influencers.models.rows.row_sample import take_sample


def ledger(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    names = IMAGES.schema.fieldNames()
    return spark.createDataFrame([[row.get(name) for name in names] for row in rows],
                                 IMAGES.schema)  # fmt: skip


def posts(spark: SparkSession, **urls: str | None) -> DataFrame:
    return spark.createDataFrame(list(urls.items()), "shortcode string, image_url string")


def test_a_post_has_the_measures_of_its_image(spark: SparkSession) -> None:
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
    found = images_.image_features(shown.of_posts(frame, mirrors=("cdn.example",)), images)
    assert sorted(found.columns) == sorted(("shortcode", *images_.COLUMNS))
    rows = {row.shortcode: row for row in found.collect()}
    assert set(rows) == {"A", "B"}
    assert rows["A"].image_brightness == 0.5
    assert rows["A"].image_ratio == 2.0
    assert rows["A"].image_top_color_share == 0.75
    assert rows["A"].image_sharpness is None


def test_without_images_all_is_unknown(spark: SparkSession) -> None:
    frame = frames.with_images(posts(spark, A="u"), None, None, model="virality")
    (row,) = frame.select(*images_.COLUMNS).collect()
    assert set(row) == {None}
    assert frames.with_images(frame, None, None, model="virality") is frame
    accounts = spark.createDataFrame([(1,)], "owner_id long")
    frame = frames.with_images(accounts, None, None, model="influence")
    (row,) = frame.select(*images_.OF_ACCOUNT).collect()
    assert row.asDict() == dict.fromkeys(images_.OF_ACCOUNT)


def test_an_account_has_the_medians_of_its_known_images(spark: SparkSession) -> None:
    images = ledger(spark, *(
        {"image_key": f"x.example/{name}", "status": "ok", "brightness": value, "width": 10,
         "height": 20}
        for name, value in (("a", 0.1), ("b", 0.2), ("c", 0.9), ("d", None))
    ))  # fmt: skip
    rows = [(code, owner, f"https://x.example/{name}")
            for code, owner, name in (("1", 7, "a"), ("2", 7, "b"), ("3", 7, "c"), ("4", 7, "lost"),
                                      ("5", 8, "d"), ("6", 9, "lost"))]  # fmt: skip
    frame = spark.createDataFrame(rows, "shortcode string, owner_id long, image_url string")
    of_posts = images_.image_features(shown.of_posts(frame, mirrors=()), images)
    found = {row.owner_id: row for row in images_.account_images(frame, of_posts).collect()}
    assert set(found) == {7, 8}
    assert found[7].median_image_brightness == 0.2
    assert (found[8].median_image_brightness, found[8].median_image_ratio) == (None, 0.5)
    assert set(found[7].asDict()) == {"owner_id", *images_.OF_ACCOUNT}


def test_every_column_is_declared_and_open_to_its_labels() -> None:
    for model, columns in (("virality", images_.COLUMNS), ("influence", images_.OF_ACCOUNT)):
        known = declared(model)
        assert all(known[name].group == "image" for name in columns)
        for label in (one for one in LABELS.values() if one.model == model):
            used = {feature.name for feature in allowed_features(label)}
            assert used >= set(columns)


def test_that_an_image_is_missing_is_no_feature(spark: SparkSession) -> None:
    """It depends on when posts were read; a median in its place says nothing."""
    assert "image" in SILENT_GAPS
    known = declared("virality")
    features = [known["image_brightness"], known["history_median_likes"]]
    number = F.col("id").cast("double")
    sample = spark.range(10).select(
        "id",
        F.when(F.col("id") > 4, number).alias("image_brightness"),
        F.when(F.col("id") > 4, number).alias("history_median_likes"),
    )
    fitted = fit_normaliser(take_sample(sample, "id", features, {}, count=10, limit=10), features)
    assert fitted.columns == (
        "image_brightness", "history_median_likes", "history_median_likes",
    )  # fmt: skip
