"""Held-out performance of forests and baselines.

WHO is a fitted model (forest, without_history: so called for every estimator) or a baseline
(history_only, followers_only, likes_only).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from influencers.measured.keys import Written, key, key_if_known

# Low and high: the 2.5th and 97.5th percentile over draws of accounts.
Interval = tuple[float, float]

_UNKNOWN = "null where it has no meaning, for want of rows, positives or negatives"
_INTERVAL = "95 % interval, low and high, over accounts; null where too few speak"


@dataclass(frozen=True)
class Ranked:
    """How good a ranking of held-out rows is; its metrics are in `metrics.measures`."""

    rows: int = key("Held-out rows.", 0)
    positives: int = key("Positives among them.", 0)
    prevalence: float | None = key(f"Share of positives, 0 to 1; {_UNKNOWN}.", None)
    random_average_precision: float | None = key(
        f"Mean average precision over all orders of the rows, 0 to 1; {_UNKNOWN}.", None
    )
    average_precision: float | None = key(
        f"Without interpolation, ties sharing a rank, 0 to 1; {_UNKNOWN}.", None
    )
    auc: float | None = key(
        f"Chance that a positive ranks above a negative, ties counting half, 0 to 1; {_UNKNOWN}.",
        None,
    )
    precision_at_top_decile: float | None = key(
        f"Share of positives in the best-ranked tenth of the rows, 0 to 1; {_UNKNOWN}.", None
    )
    lift_at_top_decile: float | None = key(
        f"The same, divided by the prevalence; {_UNKNOWN}.", None
    )
    recall_at_precision_80: float | None = key(
        f"Highest recall of a threshold whose precision is 0.8 or more, 0 to 1; {_UNKNOWN}.",
        None,
    )


@dataclass(frozen=True)
class TierMetrics:
    """The metrics that mean something within one follower tier, of both classes."""

    rows: int = key("Held-out rows.", 0)
    prevalence: float | None = key(f"Share of positives, 0 to 1; {_UNKNOWN}.", None)
    average_precision: float | None = key(f"Average precision, 0 to 1; {_UNKNOWN}.", None)
    auc: float | None = key(f"Area under the ROC curve, 0 to 1; {_UNKNOWN}.", None)


@dataclass(frozen=True)
class Bin:
    """Rows of about the same predicted probability."""

    rows: int = key("Held-out rows.")
    predicted: float = key("Their mean predicted probability, 0 to 1.")
    observed: float = key("Share of positives among them, 0 to 1.")


@dataclass(frozen=True)
class Gain:
    """How much more average precision one ranking has than another of the same rows."""

    average_precision: float | None = key(
        "The difference, -1 to 1; null where one of them is unknown.", None
    )
    interval: Interval | None = key(f"Of the difference itself: {_INTERVAL}.", None)


@dataclass(frozen=True)
class Drop:
    """How much average precision is lost when something is shuffled."""

    mean: float = key("Over all shuffles; below 0 where shuffling happened to help.")
    interval: Interval | None = key(f"{_INTERVAL}.", None)


@dataclass(frozen=True)
class Importance:
    """Permutation importance of each feature and group of features, the most important first."""

    rows: int = key("Held-out rows that were asked.")
    average_precision: float = key("Of these, with nothing shuffled, 0 to 1.")
    features: Mapping[str, Drop] = key("By feature: what is lost without it.", factory=dict)
    groups: Mapping[str, Drop] = key("By group of features: what is lost.", factory=dict)


@dataclass(frozen=True)
class ModelMetrics(Ranked):
    """A forest or a baseline on the held-out rows of a split."""

    brier: float | None = key_if_known(
        "Brier score of the calibrated probabilities, 0 perfect to 1. Missing for baselines."
    )
    brier_of_votes: float | None = key_if_known(
        "The same before calibration. Missing for baselines."
    )
    intervals: Mapping[str, Interval | None] = key(f"By metric: {_INTERVAL}.", factory=dict)
    tiers: Mapping[str, TierMetrics] = key(
        "By follower tier that has both classes: the metrics within it.", factory=dict
    )
    reliability: tuple[Bin, ...] | None = key_if_known(
        "What was predicted and what came of it, by rising probability. Missing for baselines."
    )
    over: Mapping[str, Gain] | None = key_if_known(
        "By baseline: the gain in average precision over it. Missing for baselines."
    )
    importance: Importance | None = key_if_known(
        "Permutation importance. Missing but for the default variant that is saved."
    )

    def interval(self, metric: str) -> Interval | None:
        """The interval of a metric; None where there is none."""
        return self.intervals.get(metric)


@dataclass(frozen=True)
class Skipped:
    """A split on which a label cannot be learnt or measured."""

    skipped: str = key("Why.")


# By WHO, forests first.
SplitMetrics = Mapping[str, ModelMetrics] | Skipped


@dataclass(frozen=True)
class Baseline:
    """The baseline of most mean average precision over the folds."""

    name: str = key("Which.")
    average_precision: float = key("Mean over folds, 0 to 1.")
    deviation: float | None = key("Standard deviation between folds; null of one fold.", None)


@dataclass(frozen=True, kw_only=True)
class Performance:
    """What a forest is worth over folds of accounts, beside the best baseline and chance."""

    split: str = key("The split of the saved model, which is the first fold.", "")
    folds: int = key("Folds of accounts.", 1)
    rows: int = key("Held-out rows, of all folds together.", 0)
    account_groups: int = key("Groups of accounts that intervals are drawn of.", 0)
    average_precision: float = key("Mean over folds, 0 to 1.")
    deviation: float | None = key("Standard deviation between folds; null of one fold.", None)
    values: tuple[float, ...] = key("Average precision of every fold.", ())
    interval: Interval | None = key(f"Of the mean: {_INTERVAL}.", None)
    prevalence: float = key("Mean share of positives over folds, 0 to 1.", 0.0)
    random: float = key("Mean average precision of a random order over folds, 0 to 1.", 0.0)
    over_random: Gain = key("Gain over a random order.", Gain())
    best_baseline: Baseline | None = key("The best baseline; null where there is none.", None)
    over_best: Gain | None = key_if_known(
        "Gain over the best baseline. Missing where there is none."
    )
    verdict: str | None = key_if_known(
        "What the interval of that gain says: better, no clear gain, worse, too few accounts. "
        "Missing where there is no baseline."
    )


@dataclass(frozen=True)
class LabelMetrics:
    """A label of a model, by split."""

    by_account: SplitMetrics | None = key_if_known(
        "On accounts that nothing was learnt from, by WHO; or why not. Missing where it was not "
        "tried."
    )
    by_time: SplitMetrics | None = key_if_known(
        "On later posts than those learnt from, by WHO; or why not. Missing where it was not tried."
    )
    folds: Mapping[str, Performance] = key(
        "What each forest of the saved split is worth, by WHO: means over folds of accounts. "
        "Missing where all splits were skipped.",
        factory=dict,
        written=Written.IF_OTHER,
    )

    def splits(self) -> Mapping[str, SplitMetrics]:
        """What is known of each split, by its name."""
        named = {"by_account": self.by_account, "by_time": self.by_time}
        return {split: metrics for split, metrics in named.items() if metrics is not None}

    def measured(self) -> Mapping[str, Mapping[str, ModelMetrics]]:
        """The metrics by split and WHO, where they were measured."""
        splits = self.splits()
        return {
            name: metrics for name, metrics in splits.items() if not isinstance(metrics, Skipped)
        }

    def skipped(self) -> Mapping[str, str]:
        """Why splits were skipped, by split."""
        splits = self.splits()
        return {
            name: metrics.skipped
            for name, metrics in splits.items()
            if isinstance(metrics, Skipped)
        }


# By label, the one that is shown first.
Labels = Mapping[str, LabelMetrics]
