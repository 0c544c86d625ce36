from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.config import ModelsConfig
from influencers.models import tracking, tuning
from influencers.models.declaration import INFLUENCE, LABELS
from influencers.models.rows import frames
from influencers.models.rows.known import Known, with_known
from influencers.models.tuning import Setting, Tried

FEW: tuple[Setting, ...] = (
    {"depth": 2, "min_leaf": 2, "feature_subset": "sqrt", "class_weights": False},
    {"depth": 5, "min_leaf": 2, "feature_subset": "onethird", "class_weights": False},
)


def frame_of(accounts: DataFrame) -> DataFrame:
    rows = with_known(accounts, Known(), model=INFLUENCE)
    return frames.model_frame(rows, model=INFLUENCE, partitions=1).persist()


def test_the_best_setting_on_folds_of_accounts_is_taken(
    accounts: DataFrame, quick: ModelsConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "settings", lambda estimator: list(FEW))
    config = replace(quick, trees=3, folds=2)
    found = tuning.tune(frame_of(accounts), LABELS["top_followers"], config)
    assert all(setting in [one.setting for one in found.tried] for setting in FEW)
    assert len(found.tried) == 3
    assert sum(one.setting["class_weights"] for one in found.tried) == 1
    assert [one.mean for one in found.tried] == sorted(
        (one.mean for one in found.tried), reverse=True
    )
    assert all(len(one.folds) == 2 and 0.4 < one.mean <= 1 for one in found.tried)
    best = found.tried[0].setting
    assert (found.config.depth, found.config.class_weights) == (
        best["depth"],
        best["class_weights"],
    )
    assert found.config.trees == 3
    assert "tuned on 2 folds of accounts" in tuning.lines(found)[0]
    again = tuning.tune(frame_of(accounts.repartition(5)), LABELS["top_followers"], config)
    assert again.tried == found.tried


def test_fewer_accounts_than_folds_are_told_and_nothing_changes(
    accounts: DataFrame, quick: ModelsConfig
) -> None:
    config = replace(quick, folds=20)
    few = frame_of(accounts.where(F.col("owner_id") < 5_012))
    found = tuning.tune(few, LABELS["top_followers"], config)
    assert found.config == config
    assert found.tried == ()
    assert "training accounts are fewer than 20 folds" in found.note


def test_folds_of_one_class_are_told(accounts: DataFrame, quick: ModelsConfig) -> None:
    same = frame_of(accounts.withColumn("followers", F.lit(7).cast("bigint")))
    found = tuning.tune(same, LABELS["top_followers"], quick)
    assert "not every one of 4 folds" in found.note


def test_a_tried_setting_for_the_card() -> None:
    found = Tried(FEW[0], (0.5, 0.7)).numbers()
    assert found["average_precision"] == pytest.approx(0.6)
    assert found["depth"] == 2
    assert found["deviation"] == pytest.approx(0.1414, abs=1e-3)


CARD = {
    "name": "influence-x",
    "forest": {"trees": 3},
    "label": {"name": "x"},
    "metrics": {"by_account": {"forest": {"average_precision": 0.5, "intervals": {}}}},
}


def test_without_mlflow_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    said = tracking.log(CARD, "out/models/x", ModelsConfig(mlflow_uri="file:///nowhere"))
    assert "mlflow is not installed" in said


def test_a_tracking_server_that_fails_costs_no_model(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A package that is there and fails, as a server that cannot be reached makes it."""
    (tmp_path / "mlflow.py").write_text(
        "def set_tracking_uri(uri):\n    raise OSError('connection\\nrefused')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "mlflow", raising=False)
    said = tracking.log(CARD, "out/models/x", ModelsConfig(mlflow_uri="http://127.0.0.1:1"))
    assert said.startswith("influence-x was not logged to MLflow at http://127.0.0.1:1")
    assert said.endswith("connection refused")
    monkeypatch.delitem(sys.modules, "mlflow", raising=False)
