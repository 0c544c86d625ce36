"""Our forest beside scikit-learn's on identical rows, features and settings, as the rows grow.

    PYTHONPATH=lib:. .venv/bin/python benchmarks/models.py [--rows 100000 1000000] [--rounds 2]

Contenders take turns in one run. Both get the same numbers in memory before the clock starts
(Spark's rows cached in the partitions that `train` would lay them out in, scikit-learn's as one
array), and both use two cores. Average precision is on 100,000 further rows. `--levels` prints how
Spark's time divides over the levels of the trees.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame, SparkSession
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import average_precision_score

from influencers.config import ModelsConfig
from influencers.models.estimators.ensemble import votes_of
from influencers.models.estimators.forest import fit_forest
from influencers.models.estimators.local_forest import MOST_ROWS
from influencers.models.training import partitions_for
from influencers.run.session import build_session

# What Spark's subsets of features are called by scikit-learn.
SUBSETS = {"sqrt": "sqrt", "log2": "log2", "onethird": 1 / 3, "all": None}

_PLACES = 30
_TEST_ROWS = 100_000


def made(rows: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vectors of mixed kinds, and labels (a tenth positive) that seven of their places tell."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(rows, _PLACES))
    vectors[:, 10:20] = np.exp(vectors[:, 10:20]).round(1)
    vectors[:, 20:25] = random.poisson(4, size=(rows, 5))
    vectors[:, 25:] = random.integers(0, 2, size=(rows, 5))
    signal = (
        vectors[:, 0]
        + vectors[:, 1] * vectors[:, 2]
        + 0.5 * np.log(vectors[:, 10] + 0.1)
        + 0.2 * vectors[:, 20]
        + vectors[:, 25] * vectors[:, 3]
    )
    odds = 2 * signal + random.logistic(size=rows)
    # The threshold of the true odds, not of a sample, so that all sizes ask the same.
    return vectors, (odds > 5.6).astype("float64")


def frame_of(
    spark: SparkSession, vectors: NDArray[np.float64], labels: NDArray[np.float64], parts: int
) -> DataFrame:
    """The rows as `train` lays them out, in memory."""
    pieces = []
    for at in np.array_split(np.arange(len(labels)), max(1, len(labels) // 100_000)):
        table = pd.DataFrame({"place": at, "label": labels[at], "x": list(vectors[at])})
        pieces.append(spark.createDataFrame(table))
    whole = pieces[0]
    for one in pieces[1:]:
        whole = whole.unionByName(one)
    laid_out = (
        whole.select("place", "label", array_to_vector("x").alias("features"))
        .repartition(parts, "place")
        .sortWithinPartitions("place")
        .drop("place")
        .persist()
    )
    laid_out.count()
    return laid_out


def ours(train: DataFrame, test: DataFrame, config: ModelsConfig, rows: int) -> tuple[float, float]:
    """Seconds to fit, and average precision; `rows` says whether the driver or tasks fit it."""
    start = time.perf_counter()
    forest = fit_forest(train, config, rows=rows)
    took = time.perf_counter() - start
    found = votes_of(forest, test, features="features", column="votes")
    scored = found.select("label", "votes").toPandas()
    return took, float(average_precision_score(scored["label"], scored["votes"]))


def theirs(
    train: tuple[NDArray[np.float64], NDArray[np.float64]],
    test: tuple[NDArray[np.float64], NDArray[np.float64]],
    config: ModelsConfig,
) -> tuple[float, float]:
    """The same of scikit-learn's forest."""
    forest = RandomForestClassifier(
        n_estimators=config.trees,
        max_depth=config.depth,
        min_samples_leaf=config.min_leaf,
        max_features=SUBSETS[config.feature_subset],
        n_jobs=2,
        random_state=config.seed,
    )
    start = time.perf_counter()
    forest.fit(*train)
    took = time.perf_counter() - start
    return took, float(average_precision_score(test[1], forest.predict_proba(test[0])[:, 1]))


def stages(config: ModelsConfig, train: DataFrame, rows: int) -> None:
    """Print where the time of a fit goes: one line for each depth that trees are limited to."""
    before = 0.0
    for depth in range(1, config.depth + 1):
        start = time.perf_counter()
        fit_forest(train, ModelsConfig(**{**vars(config), "depth": depth}), rows=rows)
        took = time.perf_counter() - start
        print(f"  depth {depth:>2}: {took:6.1f} s, {took - before:+.1f}")
        before = took


def measure(
    spark: SparkSession, rows: int, rounds: int, levels: bool, config: ModelsConfig
) -> float:
    """Print both contenders at a size; returns our seconds."""
    train, test = made(rows, 1), made(_TEST_ROWS, 2)
    ours_train = frame_of(spark, *train, partitions_for(rows, config))
    ours_test = frame_of(spark, *test, 2)
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(rounds):
        found["ours"].append(ours(ours_train, ours_test, config, rows))
        if rows <= MOST_ROWS:
            found["in tasks"].append(ours(ours_train, ours_test, config, MOST_ROWS + 1))
        found["scikit-learn"].append(theirs(train, test, config))
    for name, runs in found.items():
        seconds = [one for one, _ in runs]
        print(
            f"{rows:>10,} rows  {name:<13} {statistics.median(seconds):7.1f} s "
            f"({min(seconds):.1f} to {max(seconds):.1f})  average precision {runs[0][1]:.4f}",
            flush=True,
        )
    if levels:
        stages(config, ours_train, rows)
    ours_train.unpersist()
    ours_test.unpersist()
    return statistics.median(one for one, _ in found["ours"])


def main() -> None:
    """Read the options and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[5_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--trees", type=int, default=ModelsConfig().trees)
    parser.add_argument("--levels", action="store_true")
    parser.add_argument("--master", default="local[2]")
    chosen = parser.parse_args()
    settings = {"spark.master": chosen.master, "spark.driver.memory": "8g"}
    spark = build_session("benchmark models", settings)
    config = ModelsConfig(trees=chosen.trees)
    print(f"{config.trees} trees of depth {config.depth}, {_PLACES} features")
    warm = frame_of(spark, *made(20_000, 3), 2)
    for rows in (20_000, MOST_ROWS + 1):  # compiles
        fit_forest(warm, config, rows=rows)
    last: tuple[int, float] | None = None
    for rows in sorted(chosen.rows):
        took = measure(spark, rows, chosen.rounds, chosen.levels, config)
        if last:
            print(f"x {rows / last[0]:.0f} rows: x {took / last[1]:.1f} seconds of ours")
        last = rows, took
    spark.stop()


if __name__ == "__main__":
    main()
