"""What viral posts share: how every feature differs between viral and other posts.

What makes a post viral is defined once, with the models' labels. Features are what is known
before posting, and the age of the post; differences between accounts are part of what is shown
(most of what viral posts share is a large account).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, IntegerType, LongType, StructField, StructType

from influencers.config import ModelsConfig
from influencers.explore.bins import Floats, Ints
from influencers.explore.clock import Clock
from influencers.explore.effects import UNDEFINED, Effect, delta_between, odds_ratio_between
from influencers.explore.rows import Rows
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
# What a label says of a post: nothing, that it is another, that it is viral.
_OTHER, _VIRAL = 1, 2
_LABELLED = (3,) * len(VIRAL_LABELS)

_COUNTS = [f"{name}_{kind}" for name in VIRAL_LABELS for kind in ("viral", "other")]
STEPS = StructType(
    [
        *(StructField(name, IntegerType()) for name in ("feature", "bucket", "step")),
        StructField("value", DoubleType()),
        *(StructField(name, LongType()) for name in _COUNTS),
    ]
)

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


def traits() -> Column:
    """Every feature of a post as a double of 0 or above, in the order of `FEATURES`; yes is 1."""
    numbers = [t.value() if t.numeric else t.value().cast("int") for t in TRAITS]
    return F.array(*[number.cast("double") for number in numbers])


class Steps:
    """Viral and other posts by feature, bucket of accounts and step of the value.

    Args:
        buckets: how many there are.
    """

    def __init__(self, buckets: int) -> None:
        self._buckets = buckets
        self._counts: list[_Histogram | None] = [None] * len(FEATURES)

    def add(self, posts: Rows) -> None:
        """Count posts in.

        Args:
            posts: `bucket`, `traits` (see there), and a column for each label.
        """
        if not len(posts):
            return
        values = posts.column("traits").flatten().to_numpy(zero_copy_only=False)
        bucket = posts.ints("bucket")
        # 0 where a label is unknown, 1 for other posts, 2 for viral ones; of all labels together.
        of_label = [np.nan_to_num(posts.floats(name) + 1).astype(np.int64) for name in VIRAL_LABELS]
        label = np.ravel_multi_index(of_label, _LABELLED)
        for feature, value in enumerate(values.reshape(len(posts), len(FEATURES)).T):
            known = ~np.isnan(value)
            if known.any():
                counted = self._counted(value[known], bucket[known], label[known])
                before = self._counts[feature]
                self._counts[feature] = counted if before is None else before.plus(counted)

    def _counted(self, value: Floats, bucket: Ints, label: Ints) -> _Histogram:
        zero = value <= 0
        step = np.floor(np.log10(np.where(zero, 1.0, value)) * _STEPS_PER_DECADE).astype(np.int64)
        low = int(step.min())
        place = np.where(zero, 0, step - low + 1)
        width = int(place.max()) + 1
        least = np.full(width, np.inf)
        np.minimum.at(least, place, value)
        shape = (*_LABELLED, self._buckets, width)
        cells = np.bincount((label * self._buckets + bucket) * width + place, minlength=prod(shape))
        cells = cells.reshape(shape)
        axes = range(len(_LABELLED))
        counts = [
            cells.sum(axis=tuple(other for other in axes if other != axis)).take(kind, axis=0)
            for axis in axes
            for kind in (_VIRAL, _OTHER)
        ]
        return _Histogram(low, least, np.stack(counts))

    def rows(self) -> pa.Table:
        """A row for each feature, by number, bucket and step that has posts."""
        tables = []
        for feature, histogram in enumerate(self._counts):
            if histogram is not None:
                bucket, place = np.nonzero(histogram.counts.any(axis=0))
                step = np.where(place == 0, _ZERO_STEP, histogram.low + place - 1)
                columns = (
                    np.full(len(step), feature), bucket, step, histogram.least[place],
                    *histogram.counts[:, bucket, place],
                )  # fmt: skip
                tables.append(pa.table(dict(zip(STEPS.names, columns, strict=True))))
        return pa.concat_tables(tables) if tables else pa.table({n: [] for n in STEPS.names})


@dataclass(frozen=True)
class _Histogram:
    """Posts by step of a feature.

    Attributes:
        low: the step of place 1; place 0 is of zeros.
        least: by place, the smallest value; infinite where there is none.
        counts: viral and other posts of each label, by bucket and place.
    """

    low: int
    least: Floats
    counts: Ints

    def plus(self, other: _Histogram) -> _Histogram:
        """Both together."""
        low = min(self.low, other.low)
        parts = (self, other)
        width = max(part.low + len(part.least) for part in parts) - low
        least = np.full(width, np.inf)
        counts = np.zeros((*self.counts.shape[:-1], width), np.int64)
        for part in parts:
            begin = part.low - low + 1
            for into, of in (
                (slice(0, 1), slice(0, 1)),
                (slice(begin, begin + len(part.least) - 1), slice(1, None)),
            ):
                least[into] = np.minimum(least[into], part.least[of])
                counts[..., into] += part.counts[..., of]
        return _Histogram(low, least, counts)


def virality(steps: DataFrame, *, clock: Clock, bands: Mapping[str, Band]) -> DataFrame:
    """The effect size of every feature between viral and other posts, by label.

    Args:
        steps: posts whose likes have come in, counted by `Steps`.
        clock: which times of day are times.
        bands: the band of no effect of each measure.

    Returns:
        A row a label and feature. `typical_viral` and `typical_other` are medians, or shares for
        yes/no features. `measure` of the `effect` is Cliff's delta, or the odds ratio for yes/no
        features, over posts whose value is known; `low` to `high` are intervals, clustered by
        account, that in 95 % of tables hold all together. Values closer than 2.3 % count as ties.
    """
    effects = (
        _by_label(steps)
        .groupBy("label", "feature")
        .applyInPandas(_effect_of(bands), schema=_RESULT)
    )
    return _with_every_feature(effects, clock)


def _by_label(steps: DataFrame) -> DataFrame:
    """Viral and other posts by label, feature, bucket of accounts and step of the value."""
    counted = steps.groupBy("feature", "bucket", "step").agg(
        F.min("value").alias("value"), *[F.sum(name).alias(name) for name in _COUNTS]
    )
    by_label = F.array(
        *[
            F.struct(
                F.lit(name).alias("label"),
                F.col(f"{name}_viral").alias("viral"),
                F.col(f"{name}_other").alias("other"),
            )
            for name in VIRAL_LABELS
        ]
    )
    feature = F.get(F.array(*[F.lit(name) for name in FEATURES]), F.col("feature"))
    return counted.select(
        feature.alias("feature"), "bucket", "step", "value", F.inline(by_label)
    ).where(F.col("viral") + F.col("other") > 0)


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
