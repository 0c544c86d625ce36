"""Train the labels of a model: thresholds, normalisers, forests, calibration, metrics.

All labels and variants share one table of rows that is laid out once, and each split is gone
through few times: one pass learns the thresholds of all labels, one fits a normaliser for each set
of features, one scores all forests and baselines. Nothing here knows a held-out row before it is
scored: thresholds are learnt where `part` is not test, everything else where it is `fit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial, reduce
from itertools import chain
from math import ceil

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.config import ModelsConfig
from influencers.models import labels as label_rules
from influencers.models.asked import predicted
from influencers.models.declaration import (
    BEFORE_POSTING,
    CLOCKS,
    INFLUENCE,
    KEYS,
    LABELS,
    MODELS,
    Label,
    baselines_of,
)
from influencers.models.evaluate.calibration import CALIBRATED
from influencers.models.evaluate.model_metrics import who_of
from influencers.models.evaluate.performance import Fold, summary
from influencers.models.explain.contributions import REASONS
from influencers.models.fitting import train_split
from influencers.models.folds import further_folds
from influencers.models.labels import label_column
from influencers.models.results import SplitResult, kept
from influencers.models.rows.periods import described_as_a_whole
from influencers.models.rows.split import (
    BY_ACCOUNT,
    FIT,
    SPLITS,
    TEST,
    Shares,
    fitted_share,
    part_of,
    with_parts,
    with_spare,
)
from influencers.models.rows.split_counts import Sizes, size_of, sizes_of
from influencers.run import side_by_side

# Every partition counts every node of the trees for itself: few are cheap. Forests are fitted two
# at a time, so that one partition of few rows keeps no core waiting.
_FEW_ROWS = 50_000


def models_to_train(config: ModelsConfig) -> tuple[str, ...]:
    """The models that the configuration asks for."""
    return MODELS if config.model == "both" else (config.model,)


def labels_to_train(config: ModelsConfig, model: str) -> tuple[Label, ...]:
    """The labels of a model that the configuration asks for, the one that is shown first."""
    if model == INFLUENCE:
        return (LABELS["top_followers"],)
    return tuple(LABELS[name] for name in dict.fromkeys((config.label, *config.labels)))


def partitions_for(rows: int, config: ModelsConfig) -> int:
    """How many partitions to lay `rows` out in: by their number, never by the machine's."""
    least = 1 if rows <= _FEW_ROWS else 2
    return max(least, ceil(rows / config.partition_rows))


def train_labels(
    frame: DataFrame, labels: Sequence[Label], config: ModelsConfig, *, cut: int | None = None
) -> list[list[SplitResult]]:
    """Learn from the training rows of every split, and measure on the rest.

    Args:
        frame: what `frames.model_frame` makes; persisted, as it is read many times.
        labels: labels of one model, the one that is shown first.
        config: shares, forest, seed.
        cut: of accounts, where the split by time lies; see `split.with_parts`.

    Returns:
        For each label, what came of it on every split. The main variant of the first label is
        measured on further folds of accounts, too (`models.evaluation_folds`).

    Raises:
        UserError: the configuration asks for a feature that a label forbids.
    """
    clock = CLOCKS[labels[0].model]
    shares = shares_of(config)
    marked, rules = with_parts(frame, clock=clock, shares=shares, seed=config.seed, cut=cut)
    training = {split: F.col(part_of(split)) != TEST for split in SPLITS}
    learnt = label_rules.learn(labels, marked, training, config)
    rows = marked.withColumns(
        {
            label_column(label, split): label_rules.labelled(label, learnt[split][label.name])
            for split in SPLITS
            for label in labels
        }
    )
    rows, sizes = _limited(rows, sizes_of(rows, labels, clock), labels, config)
    with side_by_side.started(frame.sparkSession) as start:
        splits = [
            start(
                partial(
                    train_split, rows, labels, split, rules[split], learnt[split], sizes, config
                )
            )
            for split in SPLITS
        ]
        # Of the label that is shown alone: each fold is a forest more.
        others = [
            start(call) for call in further_folds(described_as_a_whole(frame), labels[0], config)
        ]
        trained = [future.result() for future in splits]
        folds = [future.result() for future in others]
    results = [list(of_label) for of_label in zip(*trained, strict=True)]
    return [
        _with_performance(of_label, folds if place == 0 else [], config)
        for place, of_label in enumerate(results)
    ]


def _limited(
    rows: DataFrame, sizes: Sizes, labels: Sequence[Label], config: ModelsConfig
) -> tuple[DataFrame, Sizes]:
    """Rows of which no split fits to many more than `models.fit_rows`, and their sizes.

    The others are the part `split.SPARE`.
    """
    all_rows = {split: size_of(sizes, split, "", FIT)["rows"] for split in SPLITS}
    shares = {split: fitted_share(count, config) for split, count in all_rows.items()}
    if min(shares.values()) == 1:
        return rows, sizes
    rows = with_spare(rows, shares, seed=config.seed)
    return rows, sizes_of(rows, labels, CLOCKS[labels[0].model])


def _with_performance(
    results: list[SplitResult], folds: Sequence[Fold], config: ModelsConfig
) -> list[SplitResult]:
    """The results of a label, the kept one with what each of its forests is worth.

    Args:
        results: of every split.
        folds: further folds of accounts, of the default variant.
        config: the least number of groups of accounts.
    """
    chosen = kept(results)
    if chosen is None or chosen.fold is None:
        return results
    # The further folds are of accounts: they go with no other split.
    together = [chosen.fold, *(folds if chosen.split == BY_ACCOUNT else [])]
    summaries = {
        who: summary(
            together if variant == BEFORE_POSTING else [chosen.fold],
            who,
            [
                baseline
                for baseline in baselines_of(chosen.label, variant)
                if baseline in chosen.metrics
            ],
            min_groups=config.min_groups,
        )
        for variant, who in ((name, who_of(name)) for name in chosen.fitted)
    }
    known = {
        who: replace(performance, split=chosen.split)
        for who, performance in summaries.items()
        if performance is not None
    }
    return [
        replace(result, performance=known) if result is chosen else result for result in results
    ]


def shares_of(config: ModelsConfig) -> Shares:
    """How much the configuration puts aside."""
    return Shares(config.account_share, config.time_share, config.calibration_share)


def all_predictions(results: Sequence[SplitResult]) -> DataFrame | None:
    """The held-out rows of all splits, as the predictions table has them; None without a model."""
    predictions = [_predictions(result) for result in results if result.fitted]
    return reduce(DataFrame.unionByName, predictions) if predictions else None


def remarks(trained: Sequence[Sequence[SplitResult]]) -> list[str]:
    """What the user should read of the labels of a model: each sentence once."""
    said: dict[str, None] = {}
    for result in chain.from_iterable(trained):
        where = f"{result.label.name}, {result.split}"
        if result.skipped is not None:
            said[f"{where}: skipped, {result.skipped}"] = None
        if spare := result.train.get("spare"):
            rows = result.train["rows"]
            said[
                f"{where}: fitted to {rows:,} of {rows + spare:,} rows, those of a sample of "
                "accounts (models.fit_rows)"
            ] = None
        for fitted in result.fitted.values():
            dropped = fitted.normaliser.dropped
            if dropped:
                names = ", ".join(dropped)
                said[
                    f"{result.label.model}: unknown in all training rows, left out: {names} "
                    f"({result.split})"
                ] = None
            for note in fitted.notes():
                said[f"{where}: {note}"] = None
    return list(said)


def _predictions(result: SplitResult) -> DataFrame:
    fitted = next(iter(result.fitted.values()))
    assert result.rows is not None
    held_out = result.rows.where(F.col(part_of(result.split)) == TEST)
    key = KEYS[result.label.model]
    return (
        fitted.pipeline()
        .transform(held_out)
        .select(
            *dict.fromkeys((key, "owner_id")),
            F.col(label_column(result.label, result.split)).alias("label"),
            F.col(CALIBRATED).alias("probability"),
            F.lit(result.split).alias("split"),
            F.lit(None).cast(REASONS).alias("reasons"),
            *predicted(),
        )
    )
