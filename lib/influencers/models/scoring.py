"""Apply a saved model to rows it has never seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, DataType, NumericType, StringType

from influencers.config import Config
from influencers.errors import UserError
from influencers.features.images import FORMER_NAMES
from influencers.images import shown
from influencers.ingest.tables import POSTS
from influencers.models.asked import SCORED, Asked, predicted
from influencers.models.declaration import BOOLEAN, CATEGORICAL, KEYS, TABLES
from influencers.models.estimators.normaliser import VECTOR
from influencers.models.evaluate.calibration import CALIBRATED
from influencers.models.explain.contributions import REASONS, with_reasons
from influencers.models.explain.trees import Trees
from influencers.models.rows.known import Known, with_known
from influencers.models.rows.new_posts import features_of_new
from influencers.models.rows.new_posts import with_known as all_posts


def has_features(frame: DataFrame, card: Mapping[str, Any]) -> bool:
    """Whether a frame holds computed features of the model, rather than posts as they come."""
    computed = {feature["name"] for feature in card["features"]} - set(POSTS.schema.fieldNames())
    return bool(computed.intersection(frame.columns))


def feature_settings(card: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that the model's features were computed with, for `FeaturesConfig`."""
    return {
        "tier_edges": tuple(card["label"]["tier_edges"]),
        "history_posts": int(card["history_posts"]),
    }


def needed_tables(card: Mapping[str, Any]) -> frozenset[str]:
    """The tables that the model's features come from."""
    return frozenset(feature["table"] for feature in card["features"])


def with_mirrors(config: Config, card: Mapping[str, Any]) -> Config:
    """The configuration with the mirrors of an older card, for an output without post_images.

    Cards had them as long as no table did.
    """
    mirrors = tuple(card.get("mirrors", config.images.mirrors))
    return replace(config, images=replace(config.images, mirrors=mirrors))


def needed_beside(card: Mapping[str, Any]) -> frozenset[str]:
    """The tables beside the input that scoring asks for: the posts so far, and the features'."""
    needed = needed_tables(card)
    of_images = frozenset({"images", "duplicate_pairs"})
    # What was posted before with an image is known of the images, too.
    return needed | {"posts"} | (of_images if needed & of_images else frozenset())


def rows_to_score(
    given: DataFrame | Asked, beside: Known, card: Mapping[str, Any], config: Config
) -> DataFrame:
    """The rows to score: the same tables, joined in the same way, as the model has learnt from.

    The images of posts that are asked are looked for among those of the output, by keys made as
    there: with the mirrors that its table post_images remembers.

    Args:
        given: a table of features, or posts.
        beside: what there is beside the input.
        card: of the model.
        config: `paths.input`, for complaints; what the card does not say.

    Raises:
        UserError: as `check_columns`.
    """
    # An older card does not say.
    algorithm = str(card.get("community_algorithm", config.models.community_algorithm))
    beside = replace(beside, algorithm=algorithm)
    table = given
    if isinstance(table, Asked):
        new, known = table.posts, beside.posts
        # Features mean what they meant in training, whatever this run's configuration says.
        features = replace(config.features, **feature_settings(card))
        table = features_of_new(new, known, model=card["model"], config=features)
        images_of = beside.post_images
        images_of = None if images_of is None else shown.with_posts(images_of, new)
        beside = replace(beside, posts=all_posts(new, known), post_images=images_of)
    check_columns(table, card, ", ".join(config.paths.input))
    return with_former_names(with_known(table, beside, model=card["model"]), card)


def with_former_names(rows: DataFrame, card: Mapping[str, Any]) -> DataFrame:
    """The rows with those columns too that an older card knows by a former name."""
    asked = set(_names(card)).difference(rows.columns)
    return rows.withColumns(
        {former: F.col(name) for former, name in FORMER_NAMES.items() if former in asked}
    )


def check_columns(frame: DataFrame, card: Mapping[str, Any], where: str) -> None:
    """Hold a frame's columns against the features that a model needs.

    Args:
        frame: the rows to score.
        card: the model's card.
        where: what to call the frame in a complaint.

    Raises:
        UserError: columns are missing, or are of another type; all of them are named.
    """
    types = {field.name: field.dataType for field in frame.schema.fields}
    keys = dict.fromkeys((KEYS[card["model"]], "owner_id"))
    # Communities are joined from their own table, and may be unknown.
    needed = [feature for feature in card["features"] if feature["table"] == TABLES[card["model"]]]
    names = (*keys, *(feature["name"] for feature in needed))
    missing = [name for name in dict.fromkeys(names) if name not in types]
    if missing:
        raise UserError(
            f"{where} lacks {', '.join(missing)}, which the model {card['name']} needs: "
            "score posts, or the features that the job `features` makes of them"
        )
    wrong = [
        f"{feature['name']} ({types[feature['name']].simpleString()}, not {feature['type']})"
        for feature in needed
        if not _fits(types[feature["name"]], feature["type"])
    ]
    if wrong:
        raise UserError(
            f"{where} has columns of another type than the model {card['name']} has learnt: "
            f"{', '.join(wrong)}"
        )


def score(
    frame: DataFrame,
    pipeline: PipelineModel,
    card: Mapping[str, Any],
    trees: Trees | None = None,
    *,
    reasons: int = 0,
) -> DataFrame:
    """Probabilities for every row, as the predictions table has them; the label is unknown.

    Args:
        frame: has the model's key, owner_id and features; see `check_columns`.
        pipeline: the model.
        card: its card.
        trees: its trees, to name reasons; None: there are none.
        reasons: how many features to name for a row at most.
    """
    keys = dict.fromkeys((KEYS[card["model"]], "owner_id"))
    inputs = frame.select(*dict.fromkeys((*keys, *_names(card))))
    scored = pipeline.transform(inputs).select(
        *keys,
        F.lit(None).cast("double").alias("label"),
        F.col(CALIBRATED).alias("probability"),
        F.lit(SCORED).alias("split"),
        *predicted(),
        VECTOR,
    )
    if trees is None or reasons == 0:
        return scored.drop(VECTOR).withColumn("reasons", F.lit(None).cast(REASONS))
    return with_reasons(scored, trees, card["columns"], vector=VECTOR, most=reasons)


def _names(card: Mapping[str, Any]) -> Sequence[str]:
    return [feature["name"] for feature in card["features"]]


def _fits(type_: DataType, kind: str) -> bool:
    if kind == CATEGORICAL:
        return isinstance(type_, StringType)
    if kind == BOOLEAN:
        return isinstance(type_, BooleanType)
    return isinstance(type_, NumericType)
