"""What viral posts share: how every feature differs between viral and other posts.

What makes a post viral is defined once, with the models' labels. Features are what is known
before posting, and the age of the post; differences between accounts are part of what is shown
(most of what viral posts share is a large account).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.buckets import bucket
from influencers.config import ModelsConfig
from influencers.explore.clock import Clock
from influencers.explore.effects import UNDEFINED, Effect, delta_between, odds_ratio_between
from influencers.explore.verdicts import NO_DATA, TRUNCATED, Band, verdict
from influencers.features.feature import Feature, Trait
from influencers.features.posts import FEATURES as POST_FEATURES
from influencers.models import labels
from influencers.models.declaration import LABELS, VIRALITY, in_order

VIRAL_LABELS = ("top_likes", "top_engagement_in_tier")


def traits_of(features: Iterable[Feature]) -> tuple[Trait, ...]:
    """What is compared of the features of posts: numbers, what is yes or no, times of day."""
    shown = [trait for one in in_order(features, VIRALITY) for trait in one.shown]
    return tuple(sorted(shown, key=lambda trait: (not trait.numeric, trait.timed)))


TRAITS = traits_of(POST_FEATURES)
NUMBERS = tuple(trait.name for trait in TRAITS if trait.numeric)
FEATURES = tuple(trait.name for trait in TRAITS)
# All intervals of the table hold together. Their number is fixed, so that what one feature is told
# does not depend on whether others have data.
COMPARISONS = len(VIRAL_LABELS) * len(FEATURES)
DELTA, ODDS_RATIO = "Cliff's delta", "odds ratio"

# Values are compared in steps of 2.3 %: whole numbers up to 43 each have their own.
_STEPS_PER_DECADE = 100
_ZERO_STEP = -1_000_000

_RESULT = (
    "label string, feature string, viral_posts bigint, other_posts bigint, typical_viral double, "
    "typical_other double, measure string, effect double, low double, high double, verdict string"
)


def viral_labels(post_features: DataFrame, models: ModelsConfig) -> dict[str, Column]:
    """The labels, as the models have them: 1.0 for a viral post, 0.0, or null where unknown.

    The thresholds are learnt from all of `post_features`, since nothing is predicted here.
    """
    chosen = [LABELS[name] for name in VIRAL_LABELS]
    learnt = labels.learn(chosen, post_features, {"all": F.lit(True)}, models)["all"]
    return {label.name: labels.labelled(label, learnt[label.name]) for label in chosen}


def virality(
    posts: DataFrame,
    viral: Mapping[str, Column],
    *,
    clock: Clock,
    bands: Mapping[str, Band],
    account_buckets: int,
) -> DataFrame:
    """The effect size of every feature between viral and other posts, by label.

    Args:
        posts: post_features, of posts whose likes have come in (see `settled_posts`).
        viral: a column for every label (see `viral_labels`).
        clock: which times of day are times.
        bands: the band of no effect of each measure.
        account_buckets: how many buckets of accounts the intervals are taken from.

    Returns:
        A row a label and feature. `typical_viral` and `typical_other` are medians, or shares for
        yes/no features. `measure` of the `effect` is Cliff's delta, or the odds ratio for yes/no
        features, over posts whose value is known; `low` to `high` are intervals, clustered by
        account, that in 95 % of tables hold all together. Values closer than 2.3 % count as ties.
    """
    histograms = _histograms(posts.withColumn("hour", clock.hour()), viral, account_buckets)
    effects = histograms.groupBy("label", "feature").applyInPandas(
        _effect_of(bands), schema=_RESULT
    )
    return _with_every_feature(effects, clock)


def _values() -> dict[str, Column]:
    """Every feature as a number that is 0 or above; yes is 1."""
    return {
        trait.name: trait.value() if trait.numeric else trait.value().cast("int")
        for trait in TRAITS
    }


def _histograms(posts: DataFrame, viral: Mapping[str, Column], account_buckets: int) -> DataFrame:
    """Viral and other posts by label, feature, bucket of accounts and step of the value."""
    features = _values()
    # An array of numbers alone: Spark makes an object of every struct, for each post and feature.
    each = F.array(*[value.cast("double") for value in features.values()])
    value = F.col("value")
    step = F.floor(F.log10(value) * _STEPS_PER_DECADE).cast("int")
    counted = (
        # What is of the post is computed before there is a row for each of its features.
        posts.select(
            bucket("owner_id", count=account_buckets).cast("int").alias("bucket"),
            *[label.alias(name) for name, label in viral.items()],
            each.alias("each"),
        )
        .select("bucket", *viral, F.posexplode("each").alias("number", "value"))
        .where(value.isNotNull())
        .groupBy("number", "bucket", F.when(value > 0, step).otherwise(_ZERO_STEP).alias("step"))
        .agg(
            F.min("value").alias("value"),
            *[F.count_if(F.col(name) == 1).alias(f"{name}_viral") for name in viral],
            *[F.count_if(F.col(name) == 0).alias(f"{name}_other") for name in viral],
        )
    )
    by_label = F.array(
        *[
            F.struct(
                F.lit(name).alias("label"),
                F.col(f"{name}_viral").alias("viral"),
                F.col(f"{name}_other").alias("other"),
            )
            for name in viral
        ]
    )
    feature = F.get(F.array(*[F.lit(name) for name in features]), F.col("number")).alias("feature")
    return counted.select(feature, "bucket", "step", "value", F.inline(by_label))


def compared(
    feature: str, viral: NDArray[np.int64], other: NDArray[np.int64], values: NDArray[np.float64]
) -> Effect:
    """The effect of one feature, with an interval that holds together with all of the table's.

    Args:
        feature: one of `FEATURES`.
        viral: posts by bucket of accounts (rows) and value (columns).
        other: the same of the other posts.
        values: that the columns stand for, rising; 0 and 1 for yes/no features.
    """
    if len(values) < 2:
        return UNDEFINED
    measured = delta_between if measure(feature) == DELTA else odds_ratio_between
    return measured(viral, other, comparisons=COMPARISONS)


def measure(feature: str) -> str:
    """What the effect of a feature is measured by."""
    return DELTA if feature in NUMBERS else ODDS_RATIO


def _effect_of(bands: Mapping[str, Band]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def effect_of(histogram: pd.DataFrame) -> pd.DataFrame:
        """One row from the histogram of one label and feature."""
        viral, other, values = _as_matrices(histogram)
        label, feature = histogram["label"].iloc[0], histogram["feature"].iloc[0]
        effect, scale = compared(feature, viral, other, values), measure(feature)
        row = (
            label, feature, viral.sum(), other.sum(),
            _typical(viral.sum(axis=0), values, feature in NUMBERS),
            _typical(other.sum(axis=0), values, feature in NUMBERS),
            scale, effect.value, effect.low, effect.high, verdict(effect, band=bands[scale]),
        )  # fmt: skip
        return pd.DataFrame([row], columns=_result_columns())

    return effect_of


def _as_matrices(
    histogram: pd.DataFrame,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Counts by bucket (rows) and rising step (columns), and the smallest value of every step."""
    values = histogram.groupby("step")["value"].min().sort_index()
    columns = np.searchsorted(values.index.to_numpy(), histogram["step"].to_numpy())
    buckets, rows = np.unique(histogram["bucket"].to_numpy(), return_inverse=True)
    matrices = []
    for name in ("viral", "other"):
        matrix = np.zeros((len(buckets), len(values)), dtype=np.int64)
        matrix[rows, columns] = histogram[name].to_numpy()
        matrices.append(matrix)
    return matrices[0], matrices[1], values.to_numpy(dtype=np.float64)


def _typical(counts: NDArray[np.int64], values: NDArray[np.float64], numeric: bool) -> float:
    """The median of a number, the share of a yes."""
    total = counts.sum()
    if not total:
        return float("nan")
    if not numeric:
        return float((counts * values).sum() / total)
    middle = np.searchsorted(np.cumsum(counts), (total + 1) // 2)
    return float(values[middle])


def _with_every_feature(effects: DataFrame, clock: Clock) -> DataFrame:
    """Also the features that no post has a value of, with the reason; NaN becomes null."""
    untimed = NO_DATA if clock.trusted else TRUNCATED
    timed = [trait.name for trait in TRAITS if trait.timed]
    reason = F.when(F.col("feature").isin(*timed), untimed).otherwise(NO_DATA)
    names = [
        F.struct(F.lit(label), F.lit(name), F.lit(measure(name)))
        for label in VIRAL_LABELS
        for name in FEATURES
    ]
    one_row = effects.sparkSession.range(1)
    every = one_row.select(F.inline(F.array(*names)).alias("label", "feature", "measure"))
    numbers = ("typical_viral", "typical_other", "effect", "low", "high")
    return every.join(effects.drop("measure"), on=["label", "feature"], how="left").select(
        "label", "feature",
        *[F.coalesce(name, F.lit(0)).cast("bigint").alias(name)
          for name in ("viral_posts", "other_posts")],
        "measure",
        *[F.nanvl(name, F.lit(None).cast("double")).alias(name) for name in numbers],
        F.coalesce("verdict", reason).alias("verdict"),
    )  # fmt: skip


def _result_columns() -> list[str]:
    return [column.split()[0] for column in _RESULT.split(", ")]


def verdicts(table: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Label → feature → verdict, from the table of `virality`."""
    return {
        str(label): dict(zip(rows["feature"], rows["verdict"], strict=True))
        for label, rows in table.sort_values(["label", "feature"]).groupby("label")
    }
