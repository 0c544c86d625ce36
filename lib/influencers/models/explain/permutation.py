"""What an ensemble makes of its features, asked on rows that it has not seen.

The gain that Spark sums up while training favours features of many values and says nothing of
new rows (Strobl et al., BMC Bioinformatics 8:25, 2007). Shuffling a feature among held-out rows
says how much average precision hangs on it (Breiman, "Random forests", 2001); shuffling a whole
group at once, row by row, says it of features that could stand in for each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from influencers.measured.models import Drop, Importance
from influencers.models.declaration import CATEGORICAL, Feature
from influencers.models.estimators.normaliser import Normaliser
from influencers.models.evaluate import bootstrap
from influencers.models.evaluate.calibration import Calibration
from influencers.models.evaluate.metrics import average_precision
from influencers.models.explain.trees import Trees
from influencers.models.rows.row_sample import Sheet

Floats = NDArray[np.float64]

# Draws of accounts for the interval of a drop, and rows that a partial dependence is the mean of.
_DRAWS, _ROWS = 100, 500
_POINTS = 12
# Of a deviation: what floating point loses between a number and its place on a scale.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Dependence:
    """The mean probability when a feature is set to a value in every row.

    Attributes:
        name: of the feature.
        grid: rising values; in the feature's own unit.
        probabilities: one for each.
    """

    name: str
    grid: tuple[float, ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Explanation:
    """What is said of a model: what hangs on what, and how the probability goes with it.

    Attributes:
        importance: None where the held-out rows have one class.
        dependences: of the foremost features, the most important first.
    """

    importance: Importance | None
    dependences: Sequence[Dependence]


def permutation_importance(
    trees: Trees,
    sheet: Sheet,
    label: str,
    columns: Sequence[str],
    features: Sequence[Feature],
    *,
    times: int,
    seed: int,
    min_groups: int,
) -> Importance | None:
    """Shuffle every feature, and every group of features, among held-out rows.

    Args:
        trees: of the model.
        sheet: held-out rows.
        label: which of its labels.
        columns: the feature behind every place of the vector.
        features: those features.
        times: how often each is shuffled.
        seed: of the shuffles and of the draws of accounts.
        min_groups: of accounts, or there is no interval.

    Returns:
        None where the rows have one class.
    """
    vectors, truth, groups = sheet.labelled(label)
    if not 0 < truth.sum() < len(truth):
        return None
    names, place = np.unique(groups, return_inverse=True)
    drawn = bootstrap.draws(len(names), seed=seed, times=_DRAWS).astype("float64")
    # The first line is the rows as they are.
    weights = np.vstack((np.ones(len(truth)), drawn[:, place]))
    base = _average_precision(trees.votes(vectors), truth, weights)
    random = np.random.default_rng(seed)
    shuffles = [random.permutation(len(truth)) for _ in range(times)]

    def drop(shuffled: set[str]) -> Drop:
        places = np.array([n for n, name in enumerate(columns) if name in shuffled], "int64")
        lost = np.zeros(len(weights))
        for order in shuffles:
            permuted = vectors.copy()
            permuted[:, places] = vectors[np.ix_(order, places)]
            lost += base - _average_precision(trees.votes(permuted), truth, weights)
        lost /= times
        interval = bootstrap.interval_of(lost[1:], groups=len(names), least=min_groups)
        return Drop(float(lost[0]), interval)

    together: dict[str, set[str]] = {}
    for feature in features:
        together.setdefault(feature.group, set()).add(feature.name)
    return Importance(
        len(truth),
        float(base[0]),
        _falling({feature.name: drop({feature.name}) for feature in features}),
        _falling({group: drop(members) for group, members in together.items()}),
    )


def partial_dependences(
    trees: Trees,
    sheet: Sheet,
    normaliser: Normaliser,
    calibration: Calibration,
    names: Sequence[str],
    *,
    most: int,
) -> list[Dependence]:
    """How the probability goes with each of some features, all others as they are.

    Features with fewer than two values among the rows are left out, and so are categories.

    Args:
        trees: of the model.
        sheet: held-out rows; the first `_ROWS` are asked.
        normaliser: what made the vectors.
        calibration: from votes to probabilities.
        names: the features, the most important first.
        most: how many of them to take.
    """
    kinds = {feature.name: feature.kind for feature in normaliser.features}
    dependences: list[Dependence] = []
    for name in names:
        if len(dependences) == most:
            break
        if kinds[name] == CATEGORICAL:
            continue
        # Numbers come first in the vector; the second place of a name says that it is unknown.
        place, *unknown = (at for at, column in enumerate(normaliser.columns) if column == name)
        grid = _grid(sheet.vectors[:, place])
        if len(grid) < 2:
            continue
        means = []
        for value in grid:
            asked = sheet.vectors[:_ROWS].copy()
            asked[:, place] = value
            asked[:, unknown] = 0.0
            means.append(float(calibration(trees.votes(asked)).mean()))
        scale = normaliser.scales[name]
        values = grid * scale.deviation + scale.mean
        # A 0 comes back from its scale as some 1e-15, which would stretch a logarithmic axis.
        values[np.abs(values) < _ROUNDING * scale.deviation] = 0.0
        dependences.append(Dependence(name, tuple(map(float, values)), tuple(means)))
    return dependences


def _grid(values: Floats) -> Floats:
    """Quantiles, and more points where the last of them lie far apart."""
    quantiles = np.quantile(values, np.linspace(0.02, 0.98, _POINTS))
    before, last_but_one, last = quantiles[-3:].tolist()
    tail = np.concatenate(
        (np.linspace(before, last_but_one, 4), np.linspace(last_but_one, last, 6))
    )
    return np.unique(np.concatenate((quantiles, tail)))


def _average_precision(votes: Floats, truth: Floats, weights: Floats) -> Floats:
    """One for each line of weights; ties share a rank."""
    order = np.argsort(-votes, kind="stable")
    falling = votes[order]
    starts = np.flatnonzero(np.diff(falling, prepend=np.inf))
    rows = np.add.reduceat(weights[:, order], starts, axis=1)
    positives = np.add.reduceat((weights * truth)[:, order], starts, axis=1)
    return average_precision(rows, positives)


def _falling(drops: Mapping[str, Drop]) -> dict[str, Drop]:
    return dict(sorted(drops.items(), key=lambda drop: (-drop[1].mean, drop[0])))
