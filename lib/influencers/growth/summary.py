"""What was found between crawls, in numbers and in a line."""

from __future__ import annotations

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.growth.counting import Counts
from influencers.growth.tables import BASES, KINDS
from influencers.measured.growth import Growth


def remarks(counts: Counts) -> list[str]:
    """What the user should know, a line each."""
    if counts.intervals or counts.repeats:
        return []
    return ["growth: one crawl so far: growth and like curves need a second"]


def numbers(
    counts: Counts, curves: pa.Table, *, growth: DataFrame, performance: DataFrame
) -> Growth:
    """The numbers of metrics.json; runs a query of performance, and one of growth if it has rows.

    Args:
        counts: of the observations.
        curves: the table like_curves.
        growth: the table account_growth.
        performance: the table post_performance.
    """
    scored = F.col("score").isNotNull()
    posts = performance.agg(
        F.count("*").alias("posts"),
        F.count("missing_since").alias("missing"),
        *(F.count_if(scored & (F.col("basis") == basis)).alias(basis) for basis in BASES),
    ).collect()[0]
    by_kind = {}
    if counts.intervals:
        verdicts = [F.count_if(F.col("kind") == kind).alias(kind) for kind in KINDS]
        by_kind = growth.agg(*verdicts).collect()[0].asDict()
    return Growth(
        accounts=counts.accounts,
        intervals=counts.intervals,
        by_kind={kind: number for kind, number in by_kind.items() if number},
        curves=len(set(zip(*(curves[name].to_pylist() for name in ("tier", "content_type")),
                           strict=True))),
        curve_observations=int(counts.shares[0].sum()),
        posts=posts["posts"],
        scored_by_basis={basis: posts[basis] for basis in BASES if posts[basis]},
        missing=posts["missing"],
    )  # fmt: skip
