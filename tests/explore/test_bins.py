from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencers.explore.bins import edges, log_bin, rounded_code, rounded_value, whole_edges

COUNTS = [1, 2, 3, 4, 5, 6, 9, 10, 11, 99, 100, 101, 999, 1_000, 9_999_999, 10_000_000, 123_456_789]


@pytest.mark.parametrize("per_decade", [1, 5, 8, 50])
def test_every_count_lies_within_its_bin(per_decade: int) -> None:
    bins = log_bin(np.array(COUNTS, float), per_decade)
    starts, ends = (whole_edges(one, per_decade).tolist() for one in (bins, bins + 1))
    assert all(a <= n < b for a, n, b in zip(starts, COUNTS, ends, strict=True))
    # Powers of ten begin a bin.
    assert {n for n in COUNTS if str(n).strip("0") == "1"} <= set(starts)


def test_whole_numbers_fill_their_bins_without_gaps() -> None:
    bins = np.unique(log_bin(np.arange(1.0, 200.0), 8))
    starts, ends = whole_edges(bins, 8).tolist(), whole_edges(bins + 1, 8).tolist()
    assert ends[:-1] == starts[1:]


def test_the_largest_bin_ends_at_the_largest_bigint() -> None:
    found = whole_edges(np.array([np.nan, 19.0, 40.0]), 1)
    assert found.isna().tolist() == [True, False, False]
    assert found[1:].tolist() == [2**63 - 1] * 2


def test_rates_lie_within_their_bins_and_zero_in_none() -> None:
    rates = np.array([0.000123, 0.01, 0.0999999, 0.1, 1.0, 17.5, 0.0, -1.0, np.nan])
    bins = log_bin(rates, 8)
    starts, ends = edges(bins, 8), edges(bins + 1, 8)
    assert (starts[:6] <= rates[:6] * (1 + 1e-12)).all() and (rates[:6] < ends[:6]).all()
    assert np.isnan(bins[6:]).all()


def rounded(number: float) -> float:
    """Four significant digits by decimal arithmetic."""
    if not number:
        return 0.0
    exact = Decimal(repr(number))
    unit = Decimal(1).scaleb(exact.adjusted() - 3)
    return float((exact / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP) * unit)


numbers = st.one_of(
    st.sampled_from([0.0, 1.0, 9_999.0, 9_999.5, 12_344.0, 12_346.0, 99_996.0, 0.99996, 2.0**63]),
    st.integers(0, 10**18).map(float),
    st.floats(1e-12, 1e12),
)


@given(st.lists(numbers, max_size=30))
def test_rounding_is_to_four_significant_digits(values: list[float]) -> None:
    found = rounded_value(rounded_code(np.array(values)))
    # One in the fourth digit where the fifth digit and those behind it are a half, or nearly so.
    assert found.tolist() == pytest.approx([rounded(value) for value in values], rel=1.01e-3)
    clear = [
        place
        for place, value in enumerate(values)
        if abs(value / (rounded(value) or 1) - 1) < 0.4e-4
    ]
    exact = [rounded(values[place]) for place in clear]
    assert found[clear].tolist() == pytest.approx(exact, rel=1e-12)


@given(st.lists(numbers, min_size=2, max_size=30))
def test_larger_values_have_larger_codes(values: list[float]) -> None:
    codes = rounded_code(np.sort(np.array(values)))
    assert (np.diff(codes) >= 0).all()
