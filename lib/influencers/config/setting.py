"""The declaration of one setting, and the base of the sections that are made of them."""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, cast

from influencers.config.checks import Check, require

T = TypeVar("T")


@dataclass(frozen=True)
class Setting:
    """What is declared of one setting.

    Attributes:
        key: `section.name`.
        type: of its values: int, float, bool, str, or a tuple of one of these.
        default: its value where nobody sets it.
        help: what it is for, and in which unit.
        check: what a value has to fulfil; None: the type is enough.
        was: the name that it had in earlier versions, without the section; empty: none.
    """

    key: str
    type: Any
    default: Any
    help: str
    check: Check | None = None
    was: str = ""

    @property
    def choices(self) -> tuple[str, ...]:
        """All values there are, if it is chosen from a list; else none."""
        return self.check.choices if self.check else ()

    @property
    def explained(self) -> str:
        """The help text, and which values are allowed where the type does not say it."""
        return f"{self.help} Allowed: {self.check.wanted}." if self.check else self.help


def setting(default: T, help: str, check: Check | None = None, *, was: str = "") -> T:
    """A field of a section: its default, its help text, and what a value has to fulfil.

    Args:
        default: in the configuration of someone who sets nothing.
        help: what it is for, and in which unit; for `--help` and the documentation.
        check: what a value has to fulfil beside having the field's type.
        was: the name that it had in earlier versions; it goes on working, with a warning.
    """
    metadata = {"help": help, "check": check, "was": was}
    return dataclasses.field(default=default, metadata=metadata)


class Section:
    """The base of the sections: frozen dataclasses whose fields are declared with `setting`.

    A section checks its values when it is made. One that relates several of them extends
    `__post_init__`.

    Raises:
        UserError: a value does not fulfil its check.
    """

    section: ClassVar[str]

    def __init_subclass__(cls, *, section: str) -> None:
        super().__init_subclass__()
        cls.section = section

    def __post_init__(self) -> None:
        for name, declared in declarations(type(self)).items():
            value, check = getattr(self, name), declared.check
            if check is not None:
                require(check.holds(value), declared.key, check.wanted, value)


def declarations(section: type[Section]) -> Mapping[str, Setting]:
    """The settings of a section by name, in the order of their declaration."""
    return _declared(cast(Any, section))


# Every section asks when it is made, and reading types takes milliseconds.
@functools.cache
def _declared(section: Any) -> Mapping[str, Setting]:
    hints = typing.get_type_hints(section)
    return {
        field.name: Setting(
            f"{section.section}.{field.name}", hints[field.name], field.default, **field.metadata
        )
        for field in dataclasses.fields(section)
    }
