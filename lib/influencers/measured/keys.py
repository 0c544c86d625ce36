"""How a key of metrics.json is declared, and how what holds it goes to JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final


class Written(Enum):
    """When a key is written.

    Attributes:
        ALWAYS: null or empty where nothing is known.
        ONCE_MEASURED: as soon as anything of its object is known, null or empty or not.
        IF_OTHER: if its value is another than its default.
    """

    ALWAYS = "always"
    ONCE_MEASURED = "once measured"
    IF_OTHER = "if other"


class Absent(Enum):
    """The value of a key that may be missing, where null says something else."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


def key(
    meaning: str,
    default: Any = dataclasses.MISSING,
    *,
    factory: Callable[[], Any] | None = None,
    written: Written = Written.ALWAYS,
) -> Any:
    """A field of a part of metrics.json.

    Args:
        meaning: with the unit, and what null means; the schema has it as the description.
        default: its value before it is measured, and in files that lack the key; without default
            and factory a file needs the key.
        factory: makes a default that is a mapping.
        written: when it is in the file.
    """
    # pydantic takes `description` from here.
    said = {"description": meaning, "written": written}
    if factory is not None:
        return dataclasses.field(default_factory=factory, metadata=said)
    return dataclasses.field(default=default, metadata=said)


def key_if_known(meaning: str) -> Any:
    """A field as of `key`: None and missing where nothing is known."""
    return key(meaning, None, written=Written.IF_OTHER)


def as_json(value: Any) -> Any:
    """A part as JSON has it: objects without the keys that are not written, lists for tuples.

    >>> from influencers.measured.records import PostsTable
    >>> as_json(PostsTable())
    {'rows': None}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: as_json(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if _is_written(value, field)
        }
    if isinstance(value, Mapping):
        return {str(name): as_json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(part) for part in value]
    return value


def _is_written(part: Any, field: dataclasses.Field[Any]) -> bool:
    when = field.metadata["written"]
    if when is Written.ONCE_MEASURED:
        return bool(part != type(part)())
    return when is Written.ALWAYS or bool(getattr(part, field.name) != _default(field))


def _default(field: dataclasses.Field[Any]) -> Any:
    made = field.default_factory
    return field.default if made is dataclasses.MISSING else made()
