"""What makes a record unusable: one table of rules, each a code and a column expression.

To add a rule, add a row. A record that breaks several rules carries all their codes; one that its
reader could not split into cells carries the reader's code alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.config import IngestConfig
from influencers.ingest import rounded
from influencers.ingest.columns import FIELDS
from influencers.ingest.rounded import COUNTS, with_exponent
from influencers.ingest.values import (
    address,
    is_ambiguous_date,
    is_ambiguous_hour,
    is_ambiguous_number,
    is_given,
    is_rounded,
    is_spoilt_key,
    iso_time,
    key,
    seconds,
    text,
    truth,
    whole_number,
)


@dataclass(frozen=True)
class Rule:
    """A reason to put a record into quarantine.

    Attributes:
        code: `what:field`, as it stands in the table.
        broken: true where a record of raw string columns breaks the rule; never null.
    """

    code: str
    broken: Column

    @property
    def field(self) -> str:
        """The field that it is about."""
        return self.code.partition(":")[2]


_NUMBERS = ("owner_id", *COUNTS)
_BOOLEANS = ("is_video", "multiple_images")
_TIMES = ("created_at", "crawled_at")
_HIDEABLE = ("likes", "comments")
_OPEN = ("followers", "following")
_KEYS = ("shortcode", "owner_id", "created_at")
# No account or post has come within a hundredth of it, and sums of a million of them fit a bigint.
MOST = 10**12
# By field, what an unreadable cell is not.
_KINDS = {
    **dict.fromkeys(_NUMBERS, "number"),
    **dict.fromkeys(_BOOLEANS, "boolean"),
    **dict.fromkeys(_TIMES, "time"),
}


def _values(config: IngestConfig) -> Mapping[str, Column]:
    """The fields as values, in a frame with what `with_values` prepares."""
    number = partial(whole_number, decimal=config.decimal)
    special = {
        "owner_id": number(F.col("owner_id")),
        **{name: number(F.col(f"{name}_cell")) for name in COUNTS},
        **{name: truth(F.col(name)) for name in _BOOLEANS},
        **{name: _time(name, config) for name in _TIMES},
        "shortcode": key(F.col("shortcode")),
        "image_url": address(F.col("image_url")),
        "caption": F.col("caption"),
    }
    return {name: special[name] if name in special else text(F.col(name)) for name in FIELDS}


def _time(field: str, config: IngestConfig) -> Column:
    number, iso = F.col(f"{field}_number"), F.col(f"{field}_iso")
    return seconds(F.col(field), number=number, iso=iso, timezone=config.timezone)


def _known_why(config: IngestConfig) -> dict[str, dict[str, Column]]:
    """By field, what a cell that says no one thing is: the codes, and where they hold."""
    known: dict[str, dict[str, Column]] = {}
    for field in _NUMBERS:
        ambiguous = is_ambiguous_number(F.col(field), decimal=config.decimal)
        if field in COUNTS:
            ambiguous |= rounded.is_ambiguous(F.col(field), decimal=config.decimal)
        known[field] = {"ambiguous_number": ambiguous}
    for field in _TIMES:
        ambiguous = is_ambiguous_date(F.col(field), date_order=config.date_order)
        known[field] = {"ambiguous_date": ambiguous}
    return known


def rules(config: IngestConfig, *, now: int) -> tuple[Rule, ...]:
    """The rules, in the order in which their codes are listed.

    Args:
        config: the earliest and latest time that a post may have.
        now: Unix seconds, for a configuration that names no latest time.
    """
    # A post may be looked for up to an earlier time than it was crawled at.
    latest = {
        "created_at": config.latest_time or now,
        "crawled_at": max(config.latest_time, now),
    }
    known = _known_why(config)
    return (
        *(Rule(f"missing:{field}", ~is_given(F.col(field))) for field in _KEYS),
        Rule(
            "spoilt_key:shortcode", is_given(F.col("shortcode")) & is_spoilt_key(F.col("shortcode"))
        ),
        *(
            Rule(f"unreadable_{kind}:{field}", _is_unreadable(field, known.get(field, {})))
            for field, kind in _KINDS.items()
        ),
        *(
            Rule(f"{code}:{field}", broken)
            for field, codes in known.items()
            for code, broken in codes.items()
        ),
        *(_rounded() if config.rounded == "refuse" else ()),
        _sure("rounded_id:owner_id", value("owner_id").isNotNull() & is_rounded(F.col("owner_id"))),
        *(
            _sure(
                f"time_out_of_range:{field}",
                (value(field) < config.earliest_time) | (value(field) > last),
            )
            for field, last in latest.items()
        ),
        # -1 is how a hidden count is written.
        *(_sure(f"negative_count:{field}", value(field) < -1) for field in _HIDEABLE),
        *(_sure(f"negative_count:{field}", value(field) < 0) for field in _OPEN),
        *(_sure(f"count_out_of_range:{field}", value(field) > MOST) for field in _HIDEABLE + _OPEN),
    )


def _rounded() -> list[Rule]:
    steps = {field: F.col(f"{field}_resolution") for field in COUNTS}
    return [Rule(f"rounded_count:{field}", step.isNotNull()) for field, step in steps.items()]


def _is_unreadable(field: str, known: Mapping[str, Column]) -> Column:
    nothing = is_given(F.col(field)) & value(field).isNull()
    return reduce(lambda broken, why: broken & ~why, known.values(), nothing)


def value(field: str) -> Column:
    """What a field's cell was read as, in a frame from `with_values`."""
    return F.col(f"{field}_value")


def with_values(records: DataFrame, config: IngestConfig) -> DataFrame:
    """Raw records with a column `FIELD_value` for each field: what its cell says, or null.

    Each cell is read once, here: the rules and the table both look at the values. Beside counts is
    `COUNT_resolution`, the step they are rounded to, or null where they are not; beside times is
    `TIME_iso`, as `values.iso_time` has it.
    """
    # What is looked at several times has a column of its own, so that it is worked out once.
    prepared = {
        **{f"{name}_cell": with_exponent(F.col(name), decimal=config.decimal) for name in COUNTS},
        **{f"{name}_number": whole_number(F.col(name), decimal=".") for name in _TIMES},
        **{f"{name}_iso": iso_time(F.col(name), config.date_order) for name in _TIMES},
    }
    cells = records.select("*", *(cell.alias(name) for name, cell in prepared.items()))
    values = (column.alias(f"{name}_value") for name, column in _values(config).items())
    steps = (
        rounded.resolution(F.col(f"{count}_cell")).alias(f"{count}_resolution") for count in COUNTS
    )
    isos = (f"{name}_iso" for name in _TIMES)
    return cells.select(*records.columns, *values, *steps, *isos)


def reasons(config: IngestConfig, *, now: int) -> Column:
    """The codes of all rules that a record breaks, in a frame from `with_values`."""
    return codes(rules(config, now=now))


def codes(broken: Sequence[Rule]) -> Column:
    """As `reasons`, of some rules; of a record that could not be split into cells, its problem."""
    found = _codes(broken)
    return F.when(F.col("problem").isNotNull(), F.array("problem")).otherwise(found)


def notes(config: IngestConfig) -> Column:
    """The codes of what is worth saying of a record that is used, in a frame from `with_values`."""
    hours = (
        _sure(
            f"ambiguous_hour:{field}",
            is_ambiguous_hour(F.col(f"{field}_iso"), timezone=config.timezone),
        )
        for field in _TIMES
    )
    return _codes([*_rounded(), *(hours if config.timezone != "UTC" else ())])


def _codes(broken: Sequence[Rule]) -> Column:
    return F.array_compact(F.array(*(F.when(rule.broken, rule.code) for rule in broken)))


def _sure(code: str, broken: Column) -> Rule:
    return Rule(code, F.coalesce(broken, F.lit(False)))
