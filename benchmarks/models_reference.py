"""Our forests beside scikit-learn's on the posts of a finished run: same rows, split, features.

    PYTHONPATH=lib:. .venv/bin/python benchmarks/models_reference.py --output out

Reads the tables that `features` and `communities` (and, if they were run, `images` and
`duplicates`) have left below `--output`, trains as the job `train` does, and fits scikit-learn's
RandomForestClassifier to the very same vectors. Its scores, ours and the baselines' are compared on
the rows that none has seen, with a 95 % interval of the difference over accounts.

With `--without community image ...` every forest is also fitted without these groups of features,
or without single ones; with `--instead estimator=boosted depth=6,trees=200 ...` with these settings
of `models`. What changes is the mean over `--seeds`: each holds out other accounts, and an interval
draws accounts within each. `--ours` leaves scikit-learn out.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import average_precision_score, roc_auc_score

from influencers.config import Config, ModelsConfig, load
from influencers.models import training
from influencers.models.declaration import (
    BEFORE_POSTING,
    MODELS,
    Label,
    allowed_features,
)
from influencers.models.estimators.ensemble import votes_of
from influencers.models.estimators.normaliser import VECTOR
from influencers.models.known_tables import read_frame, read_known
from influencers.models.labels import label_column
from influencers.models.results import SplitResult
from influencers.models.rows.split import CALIBRATION, FIT, TEST, part_of
from influencers.run.session import build_session
from influencers.storage.store import Store

_DRAWS = 500

# What Spark's subsets of features are called by scikit-learn.
SUBSETS = {"sqrt": "sqrt", "log2": "log2", "onethird": 1 / 3, "all": None}


def vectors_of(result: SplitResult) -> pd.DataFrame:
    """Part, owner, label, vector and our forest's votes of every labelled row."""
    fitted = result.fitted[BEFORE_POSTING]
    assert result.rows is not None
    rows = fitted.normaliser.model.transform(result.rows)
    scored = votes_of(fitted.ensemble, rows, features=VECTOR, column="votes")
    label = F.col(label_column(result.label, result.split))
    found: Any = (
        scored.where(label.isNotNull() & F.col(part_of(result.split)).isNotNull())
        .select(
            F.col(part_of(result.split)).alias("part"),
            "owner_id",
            label.alias("label"),
            vector_to_array(VECTOR).alias("vector"),
            "votes",
        )
        .toPandas()
    )
    return found


def reference_votes(
    train: pd.DataFrame, test: pd.DataFrame, **settings: Any
) -> NDArray[np.float64]:
    """What scikit-learn's forest says of the test rows."""
    forest = RandomForestClassifier(n_jobs=2, random_state=1, **settings)
    forest.fit(np.array(train["vector"].tolist()), train["label"])
    return np.asarray(forest.predict_proba(np.array(test["vector"].tolist()))[:, 1])


def difference(
    test: pd.DataFrame, one: NDArray[np.float64], other: NDArray[np.float64]
) -> tuple[float, float]:
    """The 95 % interval, over accounts, of how much more average precision `one` has."""
    low, high = np.nanpercentile(changes(test, one, other), [2.5, 97.5])
    return float(low), float(high)


def changes(
    test: pd.DataFrame, one: NDArray[np.float64], other: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How much more average precision `one` has in each draw of accounts; NaN without positives."""
    owners, place = np.unique(test["owner_id"], return_inverse=True)
    random = np.random.default_rng(1)
    truth = test["label"].to_numpy()
    found = np.full(_DRAWS, np.nan)
    for draw in range(_DRAWS):
        drawn = random.multinomial(len(owners), np.full(len(owners), 1 / len(owners)))[place]
        if (truth * drawn).sum():
            found[draw] = average_precision_score(
                truth, one, sample_weight=drawn
            ) - average_precision_score(truth, other, sample_weight=drawn)
    return found


def compare(result: SplitResult, config: ModelsConfig) -> None:
    """Print a line for each forest and baseline of a label on a split."""
    if not result.fitted:
        print(f"{result.label.name}, {result.split}: {result.skipped}")
        return
    rows = vectors_of(result)
    fit, test = rows[rows["part"] == FIT], rows[rows["part"] == TEST]
    train = rows[rows["part"].isin([FIT, CALIBRATION])]
    ours = test["votes"].to_numpy()
    print(
        f"\n{result.label.name}, {result.split}: {len(fit):,} rows to fit, "
        f"{len(train) - len(fit):,} to calibrate, {len(test):,} to test, "
        f"{test['label'].mean():.3f} positive"
    )
    same = {
        "n_estimators": config.trees,
        "max_depth": config.depth,
        "min_samples_leaf": config.min_leaf,
        "max_features": SUBSETS[config.feature_subset],
    }
    others = {
        "scikit-learn, our settings, our rows": reference_votes(fit, test, **same),
        "scikit-learn, 200 trees, our rows": reference_votes(fit, test, n_estimators=200),
        "scikit-learn, 200 trees, and rows to calibrate": reference_votes(
            train, test, n_estimators=200
        ),
    }
    _line("ours", test, ours)
    for name, votes in others.items():
        low, high = difference(test, ours, votes)
        _line(name, test, votes, f"ours {low:+.3f} to {high:+.3f}")
    for name in result.label.baselines:
        if name in result.metrics:
            found = result.metrics[name]
            over = (result.metrics["forest"].over or {})[name].interval
            gain = f"ours {over[0]:+.3f} to {over[1]:+.3f}" if over else "too few accounts"
            print(f"  {name:<48} AP {found.average_precision:.3f}  AUC {found.auc:.3f}  {gain}")


def _line(name: str, test: pd.DataFrame, votes: NDArray[np.float64], note: str = "") -> None:
    quality = average_precision_score(test["label"], votes)
    auc = roc_auc_score(test["label"], votes)
    print(f"  {name:<48} AP {quality:.3f}  AUC {auc:.3f}  {note}", flush=True)


def asked_otherwise(
    labels: Sequence[Label],
    model: str,
    config: Config,
    without: Sequence[str],
    instead: Sequence[str],
) -> dict[str, tuple[list[Label], ModelsConfig]]:
    """By name, the settings that are held against the run's own, and the labels that they are for.

    Args:
        labels: of the model.
        model: influence or virality.
        config: the run's.
        without: groups of features, or features, to do without.
        instead: settings of `models`, those of one contender parted by commas.
    """  # fmt: skip
    found: dict[str, tuple[list[Label], ModelsConfig]] = {}
    for name in without:
        for label in labels:
            allowed = allowed_features(label)
            kept = tuple(one.name for one in allowed if name not in (one.group, one.name))
            if len(kept) < len(allowed):
                changed = replace(config.models, **{f"{model}_features": kept})
                found[f"{label.name}: without {name}"] = ([label], changed)
    for name in instead:
        settings = [f"models.{one}" for one in name.split(",")]
        changed = load(None, [f"paths.output={config.paths.output}", *settings]).models
        found[name] = (list(labels), changed)
    return found


Asked = Mapping[tuple[str, str], pd.DataFrame]


def asked(
    frame: DataFrame, labels: Sequence[Label], config: ModelsConfig, cut: int | None
) -> Asked:
    """By label and split, the held-out rows with their votes."""
    alone = replace(config, evaluation_folds=1)
    found = {}
    for results in training.train_labels(frame, labels, alone, cut=cut):
        for result in results:
            if result.fitted:
                rows = vectors_of(result)
                found[result.label.name, result.split] = rows[rows["part"] == TEST]
    return found


def hold_against(name: str, before: Sequence[Asked], after: Sequence[Asked]) -> None:
    """Print what changes, label by label and split by split.

    Args:
        name: of what is held against the run's own settings.
        before: what the run's own say, for each seed.
        after: what the others say, in the same order.
    """
    for key in after[0]:
        pairs = [(one[key], other[key]) for one, other in zip(before, after, strict=True)]
        reached = [average_precision_score(test["label"], test["votes"]) for _, test in pairs]
        gains = [
            quality - average_precision_score(test["label"], test["votes"])
            for quality, (test, _) in zip(reached, pairs, strict=True)
        ]
        draws = [changes(test, other["votes"].to_numpy(), test["votes"].to_numpy())
                 for test, other in pairs]  # fmt: skip
        low, high = np.nanpercentile(np.mean(draws, axis=0), [2.5, 97.5])
        print(
            f"  {' '.join(key):<36} {name:<40} AP {np.mean(reached):.4f}  "
            f"{np.mean(gains):+.4f} ({low:+.4f} to {high:+.4f})",
            flush=True,
        )


def main() -> None:
    """Read the options and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, help="the folder of a finished run")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--without", nargs="*", default=[], help="groups, or features")
    parser.add_argument("--instead", nargs="*", default=[], metavar="NAME=VALUE,...")
    parser.add_argument("--seeds", type=int, nargs="+", help="each holds out other accounts")
    parser.add_argument("--ours", action="store_true", help="leave scikit-learn out")
    parser.add_argument("--set", action="append", default=[], help="a setting, as for jobs")
    parser.add_argument("--master", default="local[2]")
    chosen = parser.parse_args()
    spark = build_session("benchmark models", {"spark.master": chosen.master})
    config = load(None, [f"paths.output={chosen.output}", *chosen.set])
    store = Store(spark, config)
    known = read_known(store, config)
    for model in chosen.models:
        frame, cut = read_frame(store, config, model, known)
        frame.persist()
        labels = training.labels_to_train(config.models, model)
        if not chosen.ours:
            for results in training.train_labels(frame, labels, config.models, cut=cut):
                for result in results:
                    compare(result, config.models)
        others = asked_otherwise(labels, model, config, chosen.without, chosen.instead)
        seeds = chosen.seeds or [config.models.seed]
        if others:
            before = [asked(frame, labels, replace(config.models, seed=seed), cut)
                      for seed in seeds]  # fmt: skip
            print(f"\n{model}, means of {len(seeds)} seeds, and what changes:")
            for name, (of, changed) in others.items():
                after = [asked(frame, of, replace(changed, seed=seed), cut) for seed in seeds]
                hold_against(name, before, after)
        frame.unpersist()
    spark.stop()


if __name__ == "__main__":
    main()
