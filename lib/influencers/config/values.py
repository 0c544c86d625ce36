"""Values of settings: reading what TOML gives, naming types, writing TOML."""

from __future__ import annotations

import json
import types
import typing
from typing import Any

from influencers.errors import UserError

_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
_PLURALS = {int: "whole numbers", float: "numbers", bool: "true or false", str: "texts"}
# From here on digits are grouped.
_LONG = 10_000


def converted(value: Any, wanted: Any, key: str) -> Any:
    """`value` as the type a field declares; whole numbers serve as floats, lists as tuples.

    Raises:
        UserError: it is of another type.
    """
    if typing.get_origin(wanted) is tuple:
        item = typing.get_args(wanted)[0]
        values = value if isinstance(value, list | tuple) else [value]
        return tuple(converted(each, item, key) for each in values)
    if isinstance(wanted, types.UnionType):
        raise TypeError(f"{key}: optional settings are not used; give it an empty default")
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if wanted is str and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if type(value) is not wanted:
        raise UserError(f"{key} must be {_NAMES[wanted]}, not {value!r}")
    return value


def type_name(wanted: Any) -> str:
    """A setting's type in words.

    >>> type_name(int), type_name(tuple[str, ...])
    ('whole number', 'list of texts')
    """
    if typing.get_origin(wanted) is tuple:
        return f"list of {_PLURALS[typing.get_args(wanted)[0]]}"
    return _NAMES[wanted].removeprefix("a ")


def as_toml(value: Any) -> str:
    """A setting's value as TOML writes it.

    >>> as_toml(20000), as_toml(0.5), as_toml(True), as_toml(("a", "b"))
    ('20_000', '0.5', 'true', '["a", "b"]')
    """
    if isinstance(value, tuple):
        return f"[{', '.join(as_toml(item) for item in value)}]"
    if isinstance(value, int) and not isinstance(value, bool) and value >= _LONG:
        return f"{value:_}"
    return json.dumps(value, ensure_ascii=False)
