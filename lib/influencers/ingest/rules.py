"""What makes a record unusable: one table of rules, each a code and a column expression.

To add a rule, add a row. A record that breaks several rules carries all their codes; one that its
reader could not split into cells carries the reader's code alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from influencers.config import IngestConfig
from influencers.ingest import values


@dataclass(frozen=True)
class Rule:
    """A reason to put a record into quarantine.

    Attributes:
        code: `what:field`, as it stands in the table.
        broken: true where a record of raw string columns breaks the rule; never null.
    """

    code: str
    broken: Column


def rules(config: IngestConfig, *, now: int) -> tuple[Rule, ...]:
    """The rules, in the order in which their codes are listed.

    Args:
        config: the earliest and latest time that a post may have.
        now: Unix seconds, for a configuration that names no latest time.
    """
    time = values.seconds(F.col("created_at"))
    latest = config.latest_time or now
    return (
        *(Rule(f"missing:{field}", values.text(F.col(field)).isNull()) for field in _KEYS),
        *(_unreadable("number", field, values.whole_number) for field in _NUMBERS),
        *(_unreadable("boolean", field, values.truth) for field in _BOOLEANS),
        *(_unreadable("time", field, values.seconds) for field in _TIMES),
        _sure("time_out_of_range:created_at", (time < config.earliest_time) | (time > latest)),
        *(_sure(f"negative_count:{field}", _number(field) < -1) for field in _HIDEABLE),
        *(_sure(f"negative_count:{field}", _number(field) < 0) for field in _OPEN),
    )


_KEYS = ("shortcode", "owner_id", "created_at")
_HIDEABLE = ("likes", "comments")
_OPEN = ("followers", "following")
_NUMBERS = ("owner_id", *_HIDEABLE, *_OPEN)
_BOOLEANS = ("is_video", "multiple_images")
_TIMES = ("created_at", "crawled_at")


def reasons(config: IngestConfig, *, now: int) -> Column:
    """The codes of all rules that a raw record breaks; empty for a good one."""
    codes = F.array(*(F.when(rule.broken, rule.code) for rule in rules(config, now=now)))
    return F.when(F.col("problem").isNotNull(), F.array("problem")).otherwise(
        F.array_compact(codes)
    )


def _number(field: str) -> Column:
    return values.whole_number(F.col(field))


def _unreadable(kind: str, field: str, read: Callable[[Column], Column]) -> Rule:
    cell = F.col(field)
    return Rule(f"unreadable_{kind}:{field}", values.is_given(cell) & read(cell).isNull())


def _sure(code: str, broken: Column) -> Rule:
    return Rule(code, F.coalesce(broken, F.lit(False)))
