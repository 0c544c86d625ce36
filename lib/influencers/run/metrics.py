"""metrics.json: the run in numbers, the same keys every time (see `influencers.measured`)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from pyspark.sql import SparkSession

from influencers.config import Config
from influencers.measured.keys import as_json
from influencers.measured.metrics import Engines, Metrics
from influencers.measured.reading import read_metrics
from influencers.redaction import without_secrets
from influencers.run import manifest
from influencers.storage import files


def location(config: Config) -> str:
    """Where the file lies."""
    return files.join(config.paths.output, "metrics.json")


def read(spark: SparkSession, config: Config) -> Metrics:
    """The numbers so far; all of them unknown before the first job.

    Raises:
        UserError: the file is not as this version writes it.
    """
    place = location(config)
    if not files.exists(spark, place):
        return Metrics()
    return read_metrics(files.read_text(spark, place), source=place)


def start(spark: SparkSession, config: Config) -> None:
    """Begin a whole run: nothing measured but the engines."""
    _write(spark, config, Metrics(engines=_engines(spark)))


def update(spark: SparkSession, config: Config, new: Metrics) -> None:
    """Add what a job has measured; see `Metrics.with_measured`."""
    known = read(spark, config).with_measured(Metrics(engines=_engines(spark)))
    _write(spark, config, known.with_measured(new))


def as_text(metrics: Metrics) -> str:
    """The text of the file: no secrets, no NaN, floats short enough to read."""
    kept = without_secrets(_plain(as_json(metrics)))
    return json.dumps(kept, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _engines(spark: SparkSession) -> Engines:
    return Engines(**manifest.engines(spark))


def _write(spark: SparkSession, config: Config, known: Metrics) -> None:
    files.write_text(spark, location(config), as_text(known))


def _plain(value: Any) -> Any:
    """JSON without NaN, floats rounded."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
