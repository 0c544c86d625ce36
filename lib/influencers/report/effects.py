"""Effects as the report writes them: their intervals, and what these are of."""

from __future__ import annotations

from collections.abc import Callable

from influencers.report.table import decimal, unknown

TOGETHER = (
    "Intervals are as wide as the number of comparisons in this table asks for: in 95 of 100 such "
    "tables all of them hold. Higher, lower: the whole interval lies beyond the effects that are "
    "too small to matter. Slightly higher, slightly lower: the interval excludes no effect, but "
    "not effects too small to matter. No effect: the interval holds only such effects. Unclear: "
    "these data do not say."
)


def ends(
    low: object,
    high: object,
    write: Callable[[object], str] = lambda end: decimal(end, 2),
) -> str:
    """`0.11 to 0.17`; a dash where one end is unknown.

    Args:
        write: what writes an end.
    """
    return "–" if unknown(low) or unknown(high) else f"{write(low)} to {write(high)}"
