from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencers.images.signed_urls import expires_at


def oracle(url: str) -> int | None:
    """The first value of the query parameter that is eight hex digits."""
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        if name == "oe" and len(value) == 8 and all(c in "0123456789abcdefABCDEF" for c in value):
            return int(value, 16)
    return None


NAMES = st.sampled_from(["oe", "OE", "oh", "_nc_ht", "xoe", "o", "foe"])
VALUES = st.one_of(
    st.integers(0, 2**32 - 1).map(lambda n: f"{n:08x}"),
    st.integers(0, 2**32 - 1).map(lambda n: f"{n:08X}"),
    st.text("0123456789abcdefg", max_size=10),
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=5), st.sampled_from(["", "#x", "#"]))
def test_the_expiry_is_the_parameter_oe(pairs: list[tuple[str, str]], end: str) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    url = f"https://scontent.cdninstagram.com/v/t51.2885-15/1_2_n.jpg?{query}{end}"
    assert expires_at(url) == oracle(url)


@pytest.mark.parametrize(
    ("url", "expiry"),
    [
        ("https://x/a.jpg?oe=5F0E1A2B", 1594759723),
        ("https://x/a.jpg?a=1&oe=ffffffff&b=2", 2**32 - 1),
        ("https://x/a.jpg?oe=00000000#part", 0),
        ("https://x/a.jpg?oe=5F0E1A2", None),
        ("https://x/a.jpg?oe=5F0E1A2BC", None),
        ("https://x/a.jpg?oe=", None),
        ("https://x/oe=5F0E1A2B/a.jpg", None),
        ("https://x/a.jpg", None),
        ("", None),
    ],
)
def test_known_addresses(url: str, expiry: int | None) -> None:
    assert expires_at(url) == expiry
