"""The rows that models look at: one table, with the account's community and the post's image."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.buckets import bucket
from influencers.features import duplicates as copies_
from influencers.features import images as images_
from influencers.models.declaration import FEATURES, INFLUENCE, KEYS, VIRALITY
from influencers.models.rows.periods import PERIOD, WHOLE

_OF_COMMUNITY = ("community_share", "community_size")
# What is known of images, and of what was posted before.
_OF_IMAGES = {
    INFLUENCE: (images_.OF_ACCOUNT, copies_.OF_ACCOUNT),
    VIRALITY: (images_.COLUMNS, copies_.COLUMNS),
}


def model_frame(table: DataFrame, *, model: str, partitions: int) -> DataFrame:
    """Every declared column of a model, laid out the same way for the same rows.

    Args:
        table: what `known.with_known` makes of `accounts` for influence, of `post_features` for
            virality. Accounts without a `period` are described by all their posts.
        model: influence or virality.
        partitions: how many partitions the rows lie in, by a hash of their key and sorted by it.
            A forest samples by partition and place, so that it depends on this number, but not
            on how the table happens to be stored.
    """
    key = KEYS[model]
    order = [key]
    if model == INFLUENCE:
        order.append(PERIOD)
        if PERIOD not in table.columns:
            table = table.withColumn(PERIOD, F.lit(WHOLE))
    columns = [feature.name for feature in FEATURES[model]]
    return table.select(*columns).repartition(partitions, key).sortWithinPartitions(*order)


def with_communities(table: DataFrame, communities: DataFrame | None) -> DataFrame:
    """The table, which has owner_id, with what `community_features` makes; None: both unknown."""
    return _with_features(table, communities, _OF_COMMUNITY, key="owner_id")


def with_images(
    table: DataFrame, images: DataFrame | None, copies: DataFrame | None, *, model: str
) -> DataFrame:
    """The table with what is known of images and of duplicates.

    Args:
        table: has the model's key; what it has of the further columns stays.
        images: what `images.image_features` makes, or of accounts `account_images`; None:
            all are unknown.
        copies: what `duplicates.copy_features` makes, or of accounts `account_copies`;
            None: likewise.
        model: influence or virality.
    """
    for further, columns in zip((images, copies), _OF_IMAGES[model], strict=True):
        table = _with_features(table, further, columns, key=KEYS[model])
    return table


def community_features(account_communities: DataFrame, *, algorithm: str = "") -> DataFrame:
    """An account's community as features: grain owner_id, without accounts that have none.

    Columns: owner_id; community_share, the share of the account's hashtags that lie in its
    community; community_size, the share of all accounts with a community that are in the same.

    Args:
        account_communities: the table of that name.
        algorithm: whose communities; empty: the first by name.
    """
    chosen = (
        account_communities.where(F.col("algorithm") == algorithm)
        if algorithm
        else account_communities.join(
            account_communities.agg(F.min("algorithm").alias("algorithm")),
            on="algorithm",
            how="left_semi",
        )
    )
    sizes = chosen.groupBy("community").agg(F.count(F.lit(1)).alias("members"))
    total = chosen.agg(F.count(F.lit(1)).alias("accounts"))
    return (
        chosen.join(sizes, on="community", how="inner")
        .crossJoin(total)
        .select(
            "owner_id",
            F.col("share").alias("community_share"),
            F.try_divide("members", "accounts").alias("community_size"),
        )
    )


def _with_features(
    table: DataFrame, further: DataFrame | None, columns: Sequence[str], *, key: str
) -> DataFrame:
    """The table with further columns; as it is where it has them already.

    Args:
        table: has the key.
        further: the key and the columns, for some of the rows; None: all are unknown.
        columns: their names, of double.
        key: the column that the two share.
    """
    if columns[0] in table.columns:
        return table
    if further is not None:
        return table.join(further, on=key, how="left")
    return table.withColumns(dict.fromkeys(columns, F.lit(None).cast("double")))


def bounded_sample(rows: DataFrame, key: str, *, count: int, limit: int) -> DataFrame:
    """At most about `limit` rows: which they are, a hash of their key decides.

    Args:
        rows: any rows.
        key: a column that identifies a row.
        count: how many rows there are.
        limit: how many to take.
    """
    if count <= limit:
        return rows
    parts = 1_000_000
    part = bucket(key, count=parts, salt="bounded_sample")
    return rows.where(part < max(1, limit * parts // count))
