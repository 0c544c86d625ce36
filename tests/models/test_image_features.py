"""Pictures as features of posts: what was measured, and never whether."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.features import images as pictures
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
    found = pictures.picture_features(shown.of_posts(frame, mirrors=("cdn.example",)), images)
    assert sorted(found.columns) == sorted(("shortcode", *pictures.COLUMNS))
    rows = {row.shortcode: row for row in found.collect()}
    assert set(rows) == {"A", "B"}
    assert rows["A"].picture_brightness == 0.5
    assert rows["A"].picture_ratio == 2.0
    assert rows["A"].picture_top_color_share == 0.75
    assert rows["A"].picture_sharpness is None


def test_without_pictures_all_is_unknown(spark: SparkSession) -> None:
    frame = frames.with_pictures(posts(spark, A="u"), None, None, model="virality")
    (row,) = frame.select(*pictures.COLUMNS).collect()
    assert set(row) == {None}
    assert frames.with_pictures(frame, None, None, model="virality") is frame
    accounts = spark.createDataFrame([(1,)], "owner_id long")
    frame = frames.with_pictures(accounts, None, None, model="influence")
    (row,) = frame.select(*pictures.OF_ACCOUNT).collect()
    assert row.asDict() == dict.fromkeys(pictures.OF_ACCOUNT)


def test_an_account_has_the_medians_of_its_known_pictures(spark: SparkSession) -> None:
    images = ledger(spark, *(
        {"image_key": f"x.example/{name}", "status": "ok", "brightness": value, "width": 10,
         "height": 20}
        for name, value in (("a", 0.1), ("b", 0.2), ("c", 0.9), ("d", None))
    ))  # fmt: skip
    rows = [(code, owner, f"https://x.example/{name}")
            for code, owner, name in (("1", 7, "a"), ("2", 7, "b"), ("3", 7, "c"), ("4", 7, "lost"),
                                      ("5", 8, "d"), ("6", 9, "lost"))]  # fmt: skip
    frame = spark.createDataFrame(rows, "shortcode string, owner_id long, image_url string")
    of_posts = pictures.picture_features(shown.of_posts(frame, mirrors=()), images)
    found = {row.owner_id: row for row in pictures.account_pictures(frame, of_posts).collect()}
    assert set(found) == {7, 8}
    assert found[7].median_picture_brightness == 0.2
    assert (found[8].median_picture_brightness, found[8].median_picture_ratio) == (None, 0.5)
    assert set(found[7].asDict()) == {"owner_id", *pictures.OF_ACCOUNT}


def test_every_column_is_declared_and_open_to_its_labels() -> None:
    for model, columns in (("virality", pictures.COLUMNS), ("influence", pictures.OF_ACCOUNT)):
        known = declared(model)
        assert all(known[name].group == "picture" for name in columns)
        for label in (one for one in LABELS.values() if one.model == model):
            used = {feature.name for feature in allowed_features(label)}
            assert used >= set(columns)


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
