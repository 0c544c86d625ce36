"""Accounts and their communities."""

from __future__ import annotations

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from influencers.communities.membership import assign_accounts
from influencers.communities.tables import ACCOUNT_COMMUNITIES, COMMUNITIES

Use = tuple[int, str, int]


def assigned(
    spark: SparkSession, uses: list[Use], communities: list[tuple[str, int]], partitions: int = 2
) -> DataFrame:
    return assign_accounts(
        spark.createDataFrame(uses, "owner_id long, hashtag string, posts long").repartition(
            partitions
        ),
        spark.createDataFrame(
            [("lp", *row) for row in communities], COMMUNITIES.schema
        ).repartition(partitions),
    )


def shares(frame: DataFrame) -> dict[int, tuple[int, float]]:
    return {row["owner_id"]: (row["community"], row["share"]) for row in frame.collect()}


def test_rare_hashtags_count_more(spark: SparkSession) -> None:
    # Of four accounts all use "all" and one uses "rare": one use of rare is ln 4, and three of
    # "all" are three millionths.
    uses = [(n, "all", 3) for n in (1, 2, 3, 4)] + [(1, "rare", 1)]
    found = shares(assigned(spark, uses, [("all", 0), ("rare", 1)]))
    assert found[1] == (1, pytest.approx(1_386_294 / (1_386_294 + 3)))
    assert found[2] == found[3] == found[4] == (0, 1.0)


def test_uses_add_up_within_a_community(spark: SparkSession) -> None:
    others = [(n, f"elsewhere{n}", 1) for n in range(10, 14)]
    uses = [(1, "a", 1), (1, "b", 1), (1, "c", 3), *others]
    found = shares(assigned(spark, uses, [("a", 0), ("b", 0), ("c", 1)]))
    assert found == {1: (1, pytest.approx(3 / 5))}


def test_a_tie_goes_to_the_smaller_number(spark: SparkSession) -> None:
    uses = [(1, "a", 2), (1, "b", 2), (2, "x", 1)]
    assert shares(assigned(spark, uses, [("a", 5), ("b", 4)])) == {1: (4, 0.5)}


def test_accounts_without_hashtags_in_the_graph_have_no_row(spark: SparkSession) -> None:
    uses = [(1, "a", 1), (2, "elsewhere", 9)]
    assert set(shares(assigned(spark, uses, [("a", 0)]))) == {1}
    assert assigned(spark, uses, []).isEmpty()
    assert assigned(spark, [], [("a", 0)]).isEmpty()


def test_algorithms_are_kept_apart(spark: SparkSession) -> None:
    uses = spark.createDataFrame([(1, "a", 1), (1, "b", 1), (2, "x", 1)],
                                 "owner_id long, hashtag string, posts long")  # fmt: skip
    communities = spark.createDataFrame(
        [("one", "a", 0), ("one", "b", 0), ("other", "a", 1), ("other", "b", 0)],
        COMMUNITIES.schema,
    )
    expected = spark.createDataFrame(
        [("one", 1, 0, 1.0), ("other", 1, 0, 0.5)], ACCOUNT_COMMUNITIES.schema
    )
    found = assign_accounts(uses, communities)
    assert_df_equality(found, expected, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.parametrize("partitions", [1, 7])
def test_order_and_partitions_do_not_matter(spark: SparkSession, partitions: int) -> None:
    uses = [(n % 12, f"t{n * 7 % 31}", 1 + n % 3) for n in range(200)]
    communities = [(f"t{n}", n % 4) for n in range(25)]
    plain = assigned(spark, uses, communities)
    turned = assigned(spark, uses[::-1], communities[::-1], partitions)
    assert_df_equality(turned, plain, ignore_row_order=True)
