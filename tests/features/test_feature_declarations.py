"""A feature is declared once: table, frame, models and comparisons follow from that."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.config import FeaturesConfig
from influencers.explore.virality import FEATURES as COMPARED
from influencers.explore.virality import NUMBERS, TRAITS, traits_of
from influencers.features import accounts, duplicates, images, posts
from influencers.features.feature import Feature, columns, names, values
from influencers.features.tables import ACCOUNTS, POST_FEATURES
from influencers.features.tiers import with_tier
from influencers.models.declaration import (
    BOOLEAN,
    FEATURES,
    FORBIDDEN,
    INFLUENCE,
    LABELS,
    NUMERIC,
    OTHER,
    VIRALITY,
    described,
    open_to,
)
from influencers.storage.table import Table, boolean, integer, string
from random_posts import post, posts_frame

DECLARED = (
    *posts.FEATURES, *images.FEATURES, *duplicates.FEATURES,
    *accounts.FEATURES, *images.ACCOUNT_FEATURES, *duplicates.ACCOUNT_FEATURES,
)  # fmt: skip

LOUD = Feature(
    boolean("loud", "whether the caption has no small letter"),
    "text",
    "in capitals",
    lambda: F.upper("caption") == F.col("caption"),
)
SPACES = Feature(
    integer("spaces", "spaces in the caption"),
    "text",
    "spaces",
    lambda: F.regexp_count("caption", F.lit(" ")),
)
SECRET = Feature(string("secret", "what nobody may use"), "outcome", value=lambda: F.lit("x"))
MORE = (LOUD, SPACES, SECRET)


def rows(spark: SparkSession) -> DataFrame:
    frame = posts_frame(spark, [post("a", 1, 0, caption="SO LOUD A POST")])
    return with_tier(posts.with_age(frame), edges=FeaturesConfig().tier_edges)


def test_a_declared_feature_is_a_column_of_the_frame_and_of_the_table(spark: SparkSession) -> None:
    found = rows(spark).select(*values((*posts.OF_POST, *MORE)))
    declared = replace(POST_FEATURES, columns=columns((*posts.OF_POST, *MORE)))
    assert [(one.name, one.dataType) for one in found.schema] == [
        (one.name, one.dataType) for one in declared.schema
    ]
    (row,) = found.collect()
    assert (row.loud, row.spaces, row.secret) == (True, 3, "x")


def test_a_declared_feature_is_open_to_the_labels_of_its_group() -> None:
    known = described((*posts.FEATURES, *MORE), VIRALITY, "post_features")
    for label in (one for one in LABELS.values() if one.model == VIRALITY):
        used = {one.name: (one.kind, one.title) for one in open_to(label, known)}
        assert used["loud"] == (BOOLEAN, "in capitals")
        assert used["spaces"] == (NUMERIC, "spaces")
        assert "secret" not in used
    # After those of its group, before those of the next.
    order = [one.name for one in known]
    assert order.index("question") < order.index("loud") < order.index("hour")


def test_a_declared_feature_is_compared_as_what_it_is() -> None:
    traits = traits_of((*posts.FEATURES, *MORE))
    numeric = {trait.name: trait.numeric for trait in traits}
    assert numeric.keys() - set(COMPARED) == {"loud", "spaces"}
    assert (numeric["loud"], numeric["spaces"]) == (False, True)


def test_what_is_compared_today() -> None:
    assert set(COMPARED) - set(NUMBERS) == {
        "video", "carousel", "has_location", "question", "weekend",
        "night", "morning", "afternoon", "evening",
    }  # fmt: skip
    assert {"post_age_days", "followers", "emoji_count", "history_max_likes"} <= set(NUMBERS)
    assert not {"hour", "day_of_week", "likes", "engagement"} & set(NUMBERS)
    assert [trait.name for trait in TRAITS if trait.timed] == list(COMPARED[-4:])


@pytest.mark.parametrize(
    ("table", "features"),
    [(POST_FEATURES, posts.FEATURES), (ACCOUNTS, accounts.FEATURES)],
    ids=["posts", "accounts"],
)
def test_every_column_of_a_table_is_declared_once(
    table: Table, features: tuple[Feature, ...]
) -> None:
    assert table.schema.fieldNames() == list(names(features))
    assert set(Counter(names(features)).values()) == {1}


def test_models_look_at_what_is_declared_and_at_nothing_else() -> None:
    elsewhere = {"community_share", "community_size", "period"}
    used = {one.name for features in FEATURES.values() for one in features}
    assert used - elsewhere == set(names(DECLARED))
    for features in FEATURES.values():
        assert set(Counter(one.name for one in features).values()) == {1}


@pytest.mark.parametrize("feature", DECLARED, ids=names(DECLARED))
def test_a_feature_has_a_title_where_a_model_may_use_it(feature: Feature) -> None:
    assert bool(feature.title) == (feature.group not in FORBIDDEN)


def test_a_group_that_no_rule_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="feature loud is of no known group: txet"):
        described((replace(LOUD, group="txet"),), VIRALITY, "post_features")
    # Each model has its own: what is known of posts' text is none of an account's groups.
    with pytest.raises(ValueError, match="text"):
        described((LOUD,), INFLUENCE, "accounts")


def test_without_a_title_a_column_is_of_no_use_to_a_model() -> None:
    (known,) = described((SECRET,), VIRALITY, "post_features")
    assert (known.kind, known.title) == (OTHER, "secret")
