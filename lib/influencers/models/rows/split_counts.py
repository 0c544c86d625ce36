"""How many rows, positives and accounts each split has of each label, and whether they suffice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.models.declaration import Label
from influencers.models.labels import label_column
from influencers.models.rows.split import CALIBRATION, FIT, SPARE, SPLITS, TEST, part_of

# Medians, means and suspicions need no more rows than this; the driver and one task can hold them.
SAMPLE_ROWS = 50_000

# By split, label and part.
Sizes = Mapping[tuple[str, str, str], Mapping[str, Any]]
_NOTHING = {"rows": 0, "positives": 0, "accounts": 0, "from": None, "to": None}


def sizes_of(rows: DataFrame, labels: Sequence[Label], clock: str) -> Sizes:
    """Rows, positives, accounts, and first and last time, by split, label and part.

    The label "" stands for all rows, whether they have a label or not.
    """
    each = [
        F.struct(
            F.lit(split).alias("split"),
            F.lit("" if label is None else label.name).alias("label"),
            F.col(part_of(split)).alias("part"),
            F.lit(0.0).alias("positive")
            if label is None
            else F.col(label_column(label, split)).alias("positive"),
        )
        for split in SPLITS
        for label in (None, *labels)
    ]
    counts = (
        rows.select("owner_id", F.col(clock).alias("clock"), F.inline(F.array(*each)))
        .where("part is not null and positive is not null")
        .groupBy("split", "label", "part")
        .agg(
            F.count(F.lit(1)).alias("rows"),
            F.sum(F.col("positive").cast("bigint")).alias("positives"),
            F.count_distinct("owner_id").alias("accounts"),
            F.min("clock").cast("string").alias("from"),
            F.max("clock").cast("string").alias("to"),
        )
    )
    return {
        (row["split"], row["label"], row["part"]): {
            name: row[name] for name in ("rows", "positives", "accounts", "from", "to")
        }
        for row in counts.collect()
    }


def size_of(sizes: Sizes, split: str, label: str, part: str) -> Mapping[str, Any]:
    """Rows, positives, accounts, from, to; zeros and None where there is no row."""
    return sizes.get((split, label, part), _NOTHING)


def learnt_from(sizes: Sizes, split: str, label: str) -> dict[str, Any]:
    """What was learnt from: the rows fitted to, with those to calibrate on beside them.

    `spare`: how many rows more there are than `models.fit_rows`.
    """
    fit, calibration = (size_of(sizes, split, label, part) for part in (FIT, CALIBRATION))
    spare = size_of(sizes, split, label, SPARE)["rows"]
    return {**fit, "spare": spare, "calibration": dict(calibration)}


def obstacle(sizes: Sizes, split: str, label: Label, least: int) -> str | None:
    """Why nothing can be learnt or measured, in words; None when it can."""
    for part, side, wanted in ((FIT, "training", least), (TEST, "held-out", 1)):
        size = size_of(sizes, split, label.name, part)
        rows, positives = size["rows"], size["positives"]
        rarest = min(positives, rows - positives)
        if rows == 0:
            return f"no {side} row has a label"
        if rows == 1:
            return f"only one {side} row has a label"
        if rarest == 0:
            return f"all {rows} {side} rows have the same label"
        if rarest < wanted:
            positive = "positive" if positives == 1 else "positives"
            return (
                f"{positives} {positive} among {rows} {side} rows: at least {wanted} of either "
                "class are needed (models.min_positives)"
            )
    return None
