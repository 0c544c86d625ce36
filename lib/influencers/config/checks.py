"""What a value has to fulfil, and how that is said to the user."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from influencers.errors import UserError


@dataclass(frozen=True)
class Check:
    """A condition on the value of a setting.

    Attributes:
        holds: whether a value fulfils it.
        wanted: what is wanted, as in `images.threads must be WANTED`.
        choices: all values there are, if the setting, or each of its items, is chosen from a list.
    """

    holds: Callable[[Any], bool]
    wanted: str
    choices: tuple[str, ...] = ()

    def __and__(self, other: Check) -> Check:
        """Both conditions."""
        return Check(
            lambda value: self.holds(value) and other.holds(value),
            f"{self.wanted} and {other.wanted}",
        )


def require(condition: bool, key: str, wanted: str, value: object) -> None:
    """Raises a UserError that names the key and what is wanted, unless the condition is true."""
    if not condition:
        shown = list(value) if isinstance(value, tuple) else value
        raise UserError(f"{key} must be {wanted}, not {shown!r}: correct it in the configuration")


def at_least(low: float) -> Check:
    """The number `low` or a larger one.

    >>> at_least(1).wanted, at_least(0).wanted
    ('at least 1', '0 or more')
    """
    wanted = f"at least {low:,}" if low else "0 or more"
    return Check(lambda value: bool(value >= low), wanted)


def at_most(high: float) -> Check:
    """The number `high` or a smaller one."""
    return Check(lambda value: bool(value <= high), f"at most {high:,}")


def above(low: float) -> Check:
    """A number larger than `low`."""
    return Check(lambda value: bool(value > low), f"above {low:,}")


def below(high: float) -> Check:
    """A number smaller than `high`."""
    return Check(lambda value: bool(value < high), f"below {high:,}")


def within(low: float, high: float) -> Check:
    """A number from `low` to `high`, both included.

    >>> within(0, 5_000_000).wanted
    '0 to 5,000,000'
    """
    return Check(lambda value: bool(low <= value <= high), f"{low:,} to {high:,}")


def one_of(*choices: str) -> Check:
    """One of some words."""
    return Check(lambda value: value in choices, f"one of {', '.join(choices)}", choices)


def empty_or(*choices: str) -> Check:
    """The empty text, or one of some words."""
    wanted = f"empty or one of {', '.join(choices)}"
    return Check(lambda value: value in ("", *choices), wanted, choices)


def among(*choices: str) -> Check:
    """A list of none, some or all of these words."""
    return Check(lambda values: set(values) <= set(choices), f"among {', '.join(choices)}", choices)


def some_of(*choices: str) -> Check:
    """A list of at least one of these words, each at most once."""
    return Check(
        lambda values: 0 < len(set(values) & set(choices)) == len(values),
        f"some of {', '.join(choices)}, each once",
        choices,
    )


def matching(pattern: str, wanted: str) -> Check:
    """A text that the whole regular expression matches."""
    return Check(lambda value: re.fullmatch(pattern, value, re.DOTALL) is not None, wanted)
