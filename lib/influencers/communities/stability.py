"""How much communities depend on single links: the same search with some of them left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.special import gammaln

from influencers.buckets import bucket
from influencers.communities.algorithms import find_communities
from influencers.config import CommunitiesConfig
from influencers.measured.communities import Stability
from influencers.measured.keys import ABSENT, Absent

Integers = NDArray[np.int64]

_HASH_RANGE = 1_000_000


def stability(
    edges: DataFrame, communities: DataFrame, *, algorithm: str, settings: CommunitiesConfig
) -> Stability | None:
    """Search again `stability_runs` times, each time without other links; None for no graph.

    Which links, a hash of their ends and of the run's number decides. Hashtags that a run leaves
    without a link are not compared in it.

    Args:
        edges: src, dst, weight.
        communities: hashtag, community: what the algorithm finds in all of them.
        algorithm: which.
        settings: stability_runs, stability_dropped, and the algorithm's.
    """
    agreements = [
        _compared(edges, communities, number, algorithm, settings)
        for number in range(settings.stability_runs)
    ]
    known = [agreement for agreement in agreements if agreement is not None]
    if not known:
        return None
    return Stability(len(known), float(np.mean(known)), min(known))


def stability_if_asked(
    edges: DataFrame, communities: DataFrame, *, algorithm: str, settings: CommunitiesConfig
) -> Stability | Absent | None:
    """What `stability` finds; absent where it is switched off."""
    if not settings.stability_runs:
        return ABSENT
    return stability(edges, communities, algorithm=algorithm, settings=settings)


def _compared(
    edges: DataFrame, communities: DataFrame, number: int, algorithm: str,
    settings: CommunitiesConfig,
) -> float | None:  # fmt: skip
    luck = bucket("src", "dst", F.lit(number), count=_HASH_RANGE)
    left = edges.where(luck >= settings.stability_dropped * _HASH_RANGE)
    with find_communities(left, (algorithm,), settings) as again:
        other = again.select("hashtag", F.col("community").alias("other"))
        counts = (
            communities.join(other, "hashtag", how="inner")
            .groupBy("community", "other")
            .agg(F.count(F.lit(1)).alias("tags"))
            .toPandas()
        )
    return adjusted_mutual_information(counts) if len(counts) else None


def adjusted_mutual_information(counts: pd.DataFrame) -> float:
    """How alike two divisions are, corrected for chance: at most 1, 0 on average for chance ones.

    (MI - E[MI]) / (mean of the entropies - E[MI]), the expectation over all divisions of the same
    sizes. N. X. Vinh, J. Epps, J. Bailey, "Information theoretic measures for clusterings
    comparison", Journal of Machine Learning Research 11 (2010).

    Args:
        counts: community, other, tags: how many things are in both; a row for each that has some.
    """
    tags = counts["tags"].to_numpy(np.int64)
    first, second = (
        counts.groupby(side)["tags"].transform("sum").to_numpy(np.int64)
        for side in ("community", "other")
    )
    sizes = [counts.groupby(side)["tags"].sum().to_numpy(np.int64) for side in
             ("community", "other")]  # fmt: skip
    total = int(tags.sum())
    mutual = float((tags / total * np.log(tags * (total / (first * second)))).sum())
    expected = _expected(sizes[0], sizes[1], total)
    entropies = [-float((own / total * np.log(own / total)).sum()) for own in sizes]
    room = (entropies[0] + entropies[1]) / 2 - expected
    # Both are one community, or both have everything apart: they are the same.
    return 1.0 if abs(room) < 1e-12 else (mutual - expected) / room


def _expected(first: Integers, second: Integers, total: int) -> float:
    """The mutual information that divisions of these sizes have by chance."""
    # Communities of equal size add the same, and there are few different sizes.
    sum_ = 0.0
    others = np.unique(second, return_counts=True)
    logs = gammaln(np.arange(total + 2) + 1.0)
    for a, many in zip(*np.unique(first, return_counts=True), strict=True):
        for b, much in zip(*others, strict=True):
            n = np.arange(max(1, a + b - total), min(a, b) + 1)
            chance = np.exp(
                logs[a] + logs[b] + logs[total - a] + logs[total - b] - logs[total]
                - logs[n] - logs[a - n] - logs[b - n] - logs[total - a - b + n]
            )  # fmt: skip
            sum_ += many * much * float((n / total * np.log(total * n / (a * b)) * chance).sum())
    return sum_
