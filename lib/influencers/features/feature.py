"""What a feature is: a column, how it is computed, and what it is used and shown as.

The features of a family are a tuple of these, beside the functions that compute them: the columns
of a table, the frame, what models may look at, and what explore compares all follow from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import NumericType, StringType

from influencers.storage import table

# Called once a session is there: a column cannot be made before.
Expression = Callable[[], Column]


@dataclass(frozen=True)
class Trait:
    """What is compared between viral and other posts.

    Attributes:
        name: in the table analysis_virality.
        value: a number of 0 or above, or a yes or no; over the columns of post_features.
        numeric: whether it is a number.
        timed: whether it needs `hour`, which is unknown where times are cut to the day.
    """

    name: str
    value: Expression
    numeric: bool = False
    timed: bool = False


@dataclass(frozen=True)
class Feature:
    """A column that says something of a post or of an account.

    >>> words = Feature(table.integer("words", "words of the caption"), "text", title="words")
    >>> [trait.name for trait in words.shown]
    ['words']

    Attributes:
        column: its name, type, meaning, unit, and what null means.
        group: the kind of knowledge it is; the labels of models allow or forbid whole groups.
        title: its name in figures; empty where no model may use it.
        value: what computes it; None: the rows have it already.
        traits: what is compared of it; None: itself, where it has a title and is no text.
    """

    column: table.Column
    group: str
    title: str = ""
    value: Expression | None = None
    traits: tuple[Trait, ...] | None = None

    @property
    def name(self) -> str:
        """The name of the column."""
        return self.column.name

    @property
    def shown(self) -> tuple[Trait, ...]:
        """What is compared of it between viral and other posts."""
        if self.traits is not None:
            return self.traits
        is_text = isinstance(self.column.type, StringType)
        return () if is_text or not self.title else (itself(self.column),)


def itself(column: table.Column) -> Trait:
    """A number, or a yes or no, as a trait of its own."""
    numeric = isinstance(column.type, NumericType)
    return Trait(column.name, lambda: F.col(column.name), numeric=numeric)


def columns(features: Iterable[Feature]) -> tuple[table.Column, ...]:
    """The columns of a table."""
    return tuple(feature.column for feature in features)


def names(features: Iterable[Feature]) -> tuple[str, ...]:
    """The names of the columns."""
    return tuple(feature.name for feature in features)


def values(features: Iterable[Feature]) -> list[Column]:
    """What computes the columns, each under its name: for a `select`, or an `agg` of aggregates."""
    return [
        F.col(feature.name) if feature.value is None else feature.value().alias(feature.name)
        for feature in features
    ]
