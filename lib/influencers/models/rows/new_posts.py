"""The features of posts that are new, with what is already known of their authors."""

from __future__ import annotations

from pyspark.sql import DataFrame

from influencers.config import FeaturesConfig
from influencers.features.describe import account_features, post_features
from influencers.models.declaration import INFLUENCE


def features_of_new(
    new: DataFrame, known: DataFrame | None, *, model: str, config: FeaturesConfig
) -> DataFrame:
    """What a model reads of new posts, or of the accounts that made them.

    Grain: one row for each new post (virality), or for each of their authors (influence). Earlier
    posts of the same authors make their history; a post that is new and known counts as new.

    Args:
        new: posts, as the table has them; one for each shortcode.
        known: the table of posts so far, if there is one.
        model: influence or virality.
        config: how the model's training features were computed.
    """
    posts = with_earlier(new, known)
    if model == INFLUENCE:
        return account_features(posts, tier_edges=config.tier_edges)
    described = post_features(
        posts, tier_edges=config.tier_edges, history_length=config.history_posts
    )
    return described.join(new.select("shortcode"), on="shortcode", how="left_semi")


def with_earlier(new: DataFrame, known: DataFrame | None) -> DataFrame:
    """New posts, and those that are known of the same authors; a post that is both counts as new.

    Args:
        new: posts, as the table has them; one for each shortcode.
        known: the table of posts so far, if there is one.
    """
    if known is None:
        return new
    owners = new.select("owner_id").distinct()
    return with_known(new, known.join(owners, on="owner_id", how="left_semi"))


def with_known(new: DataFrame, known: DataFrame | None) -> DataFrame:
    """New posts, and all others that are known; a post that is both counts as new."""
    if known is None:
        return new
    older = known.join(new.select("shortcode"), on="shortcode", how="left_anti")
    return new.unionByName(older)
