"""From JSON to the types: unknown keys are left aside, missing ones have their defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from influencers.errors import UserError
from influencers.measured.metrics import Metrics
from influencers.measured.models import Performance

METRICS: TypeAdapter[Metrics] = TypeAdapter(Metrics)
_PERFORMANCE: TypeAdapter[Performance] = TypeAdapter(Performance)

_T = TypeVar("_T")


def read_metrics(text: str, *, source: str) -> Metrics:
    """The numbers of a metrics.json.

    Args:
        text: of the file.
        source: where it lies.

    Raises:
        UserError: it is no JSON, or a value is of another kind.
    """
    return _read(METRICS.validate_json, text, source)


def read_performance(value: Any, *, source: str) -> Performance:
    """What a model is worth, out of its card.

    Args:
        value: as JSON has it.
        source: the model.

    Raises:
        UserError: a value is of another kind.
    """
    return _read(_PERFORMANCE.validate_python, value, source)


def _read(read: Callable[[Any], _T], value: Any, source: str) -> _T:
    try:
        return read(value)
    except ValidationError as error:
        # Without the value itself: it may be long.
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UserError(
            f"{source} is not as this version writes it ({where or 'JSON'}: {first['msg']}): "
            "run again what wrote it"
        ) from error
