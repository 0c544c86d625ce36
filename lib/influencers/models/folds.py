"""Folds of accounts: the forest is fitted and tested again, so that one split does not decide.

The accounts that `split.BY_ACCOUNT` holds out are the first fold; the others are shared out to the
rest by the same hash, so that every account is held out once. For each further fold all is learnt
anew, as it was for the first: thresholds, normaliser, baselines' medians, forest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.config import ModelsConfig
from influencers.models import labels as label_rules
from influencers.models.declaration import KEYS, Feature, Label
from influencers.models.estimators import ensemble
from influencers.models.estimators.baselines import baseline_scores, medians, sought
from influencers.models.estimators.ensemble import votes_of
from influencers.models.estimators.normaliser import VECTOR, fit_normaliser
from influencers.models.evaluate import bootstrap
from influencers.models.evaluate.metrics import probability_score, ranking_metrics
from influencers.models.evaluate.model_metrics import FOREST
from influencers.models.evaluate.performance import Fold, fold_of
from influencers.models.evaluate.score_counts import Ranking, count_scores
from influencers.models.leakage import chosen_features
from influencers.models.rows.row_sample import take_sample
from influencers.models.rows.split import (
    BY_ACCOUNT,
    PARTS,
    account_part,
    fitted_share,
    held_out_account,
    is_fitted,
)
from influencers.models.rows.split_counts import SAMPLE_ROWS
from influencers.run import persisted

_FOLD, _ASIDE, _VOTES = "fold", "put_aside", "votes"
_FITTED, _HELD_OUT = "is_fitted", "is_held_out"


@dataclass(frozen=True)
class _Plan:
    """What the folds have in common.

    Attributes:
        rows: with `fold`, `put_aside` (to calibrate on, which folds do not), and a label each.
        sample: of the rows, to learn normalisers from.
        sizes: by fold: rows to fit to and to test on, and positives among them.
    """

    label: Label
    rows: DataFrame
    features: tuple[Feature, ...]
    sample: pd.DataFrame
    sizes: Mapping[int, Mapping[str, int]]
    config: ModelsConfig


def account_fold(owner_id: Column, *, share: float, folds: int, seed: int) -> Column:
    """The number of the fold that holds an account out; null where its id is.

    Args:
        owner_id: the account.
        share: of the accounts in fold 0, which `split.with_parts` holds out by account; the other
            folds have as many as each other.
        folds: how many there are; 1: all others are in none.
        seed: salts the hash.
    """
    part, first = account_part(owner_id, seed=seed, salt=BY_ACCOUNT), round(share * PARTS)
    if folds == 1:
        return F.when(part < first, 0)
    place = F.floor((part - first) * (folds - 1) / (PARTS - first)).cast("int")
    return F.when(part < first, 0).when(part >= first, 1 + place)


def further_folds(frame: DataFrame, label: Label, config: ModelsConfig) -> list[Callable[[], Fold]]:
    """Calls that fit and test the label's main variant, one for each fold but the first.

    Folds in which too few positives or negatives are left to learn from, or none to test on, are
    left out.

    Args:
        frame: what `frames.model_frame` makes, persisted.
        label: the label.
        config: forest, folds, shares, seed.
    """
    numbers = range(1, config.evaluation_folds)
    if not numbers or not chosen_features(label, getattr(config, f"{label.model}_features")):
        return []
    plan = _plan(frame, label, numbers, config)
    return [partial(_fold, plan, number) for number in numbers if _suffices(plan, number)]


def _plan(frame: DataFrame, label: Label, numbers: Sequence[int], config: ModelsConfig) -> _Plan:
    owner = F.col("owner_id")
    fold = account_fold(
        owner, share=config.account_share, folds=config.evaluation_folds, seed=config.seed
    )
    aside = held_out_account(
        owner, share=config.calibration_share, seed=config.seed, salt="calibration"
    )
    marked = frame.withColumns({_FOLD: fold, _ASIDE: aside})
    training = {_column(number): F.col(_FOLD) != number for number in numbers}
    learnt = label_rules.learn([label], marked, training, config)
    rows = marked.withColumns(
        {split: label_rules.labelled(label, learnt[split][label.name]) for split in training}
    )
    features = chosen_features(label, getattr(config, f"{label.model}_features"))
    others = {name: F.col(name).cast("double") for name in (_FOLD, _ASIDE)}
    declared = {feature.name for feature in features}
    others |= {sql: F.expr(sql) for sql in sought([label]).values() if sql not in declared}
    count, sizes = _sizes(rows, numbers)
    key = KEYS[label.model]
    sample = take_sample(rows, key, features, others, count=count, limit=SAMPLE_ROWS)
    return _Plan(label, rows, features, sample, sizes, config)


def _column(number: int) -> str:
    return f"label_fold_{number}"


def _to_fit(number: int) -> Column:
    return (F.col(_FOLD) != number) & ~F.col(_ASIDE) & F.col(_column(number)).isNotNull()


def _sizes(rows: DataFrame, numbers: Sequence[int]) -> tuple[int, Mapping[int, Mapping[str, int]]]:
    """How many rows there are; and of each fold, those to fit to and to test on."""
    parts = {
        (number, part): (which, F.col(_column(number)))
        for number in numbers
        for part, which in (("fit", _to_fit(number)), ("test", F.col(_FOLD) == number))
    }
    counts = rows.agg(
        F.count(F.lit(1)).alias("rows"),
        *(
            count.alias(f"{part}_{what}_{number}")
            for (number, part), (which, label) in parts.items()
            for what, count in (
                ("rows", F.count_if(which & label.isNotNull())),
                ("positives", F.count_if(which & (label == 1))),
            )
        ),
    ).first()
    assert counts is not None
    names = [f"{part}_{what}" for part in ("fit", "test") for what in ("rows", "positives")]
    return counts["rows"], {
        number: {name: counts[f"{name}_{number}"] for name in names} for number in numbers
    }


def _suffices(plan: _Plan, number: int) -> bool:
    size = plan.sizes[number]
    rarest = [min(size[f"{part}_positives"], size[f"{part}_rows"] - size[f"{part}_positives"])
              for part in ("fit", "test")]  # fmt: skip
    return rarest[0] >= plan.config.min_positives and rarest[1] >= 1


def _fold(plan: _Plan, number: int) -> Fold:
    """Fit to the other folds, and test on this one: the forest, and every baseline."""
    sample, config = plan.sample, plan.config
    learnt = sample[(sample[_FOLD] != number) & (sample[_ASIDE] == 0)]
    normaliser = fit_normaliser(learnt, plan.features)
    baselines = baseline_scores([plan.label], medians(learnt, [plan.label]))
    scores = {f"score_{who}": score for (_, who), score in baselines.items()}
    share = fitted_share(plan.sizes[number]["fit_rows"], config)
    fitted = _to_fit(number) & is_fitted(F.col("owner_id"), share=share, seed=config.seed)
    with persisted.cut_frames() as keep:
        vectors = keep(
            normaliser.model.transform(plan.rows.withColumns(scores)).select(
                "owner_id",
                F.col(_column(number)).alias("label"),
                fitted.alias(_FITTED),
                (F.col(_FOLD) == number).alias(_HELD_OUT),
                *scores,
                VECTOR,
            )
        )
        rows = round(share * plan.sizes[number]["fit_rows"])
        model = ensemble.fit(vectors.where(_FITTED).select("label", VECTOR), config, rows=rows)
        asked = votes_of(model, vectors.where(_HELD_OUT), features=VECTOR, column=_VOTES)
        label = F.col("label")
        rankings = [
            Ranking(FOREST, label, probability_score(F.col(_VOTES))),
            *(Ranking(who, label, F.col(f"score_{who}")) for _, who in baselines),
        ]
        counts = count_scores(
            asked,
            rankings,
            part=F.lit(""),
            tier=F.lit(None).cast("string"),
            rows=plan.sizes[number]["test_rows"],
        )
    names = [ranking.name for ranking in rankings]
    metrics = {name: ranking_metrics(counts.by_score("", name)) for name in names}
    grouped = {name: counts.grouped("", name) for name in names}
    # Folds share no account: each has draws of its own.
    seed = config.seed + number
    drawn = {
        name: bootstrap.metric_draws(by_group, seed=seed) for name, by_group in grouped.items()
    }
    return fold_of(metrics, drawn, groups=grouped[FOREST].rows.shape[1])
