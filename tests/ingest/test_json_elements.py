"""Objects out of JSON texts, whatever they are cut into."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencers.ingest.columns import FIELDS
from influencers.ingest.json_elements import elements
from influencers.ingest.records import json_record

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
RECORDS = st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), max_size=6)
WRITERS = {
    "array": json.dumps,
    "pretty": lambda rows: json.dumps(rows, indent=2),
    "flat": lambda rows: json.dumps(rows, indent=0),
    "lines": lambda rows: "\n".join(map(json.dumps, rows)),
    "behind": lambda rows: "".join(map(json.dumps, rows)),
    "jq": lambda rows: "\n".join(json.dumps(row, indent=2) for row in rows),
    "wrapped": lambda rows: json.dumps({"x": {"é": 1}, "é": rows, "y": [{"z": 1}]}),
}


def cut(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


@given(RECORDS, st.sampled_from(sorted(WRITERS)), st.integers(1, 50))
def test_what_was_written_is_read(rows: list[object], form: str, size: int) -> None:
    text = WRITERS[form](rows)
    wrapper = "é" if form == "wrapped" else ""
    found = elements(cut(text, size), wrapper=wrapper, max_chars=10_000)
    assert [json.loads(one) for one in found] == rows


def good(texts: list[str]) -> list[object]:
    read = []
    for text in texts:
        try:
            read.append(json.loads(text))
        except ValueError:
            read.append(None)
    return read


@given(st.integers(1, 50))
@pytest.mark.parametrize(
    ("text", "want"),
    [
        ('[{"a": 1}, {"a": x}, {"a": 3}]', [{"a": 1}, None, {"a": 3}]),
        ('[{"a": 1}, 7, {"a": 3}]', [{"a": 1}, None]),
        ('[\n  {\n    "a": 1\n  },\n  {\n    "a": "\n  },\n  {\n    "a": 3\n  }\n]',
         [{"a": 1}, None, {"a": 3}]),
        ('[{"a": 1}, {"a": "}, {"a": 3}]', [{"a": 1}, None]),
        ('[{"a": 1}, {"a": "\n{"a": 3}]', [{"a": 1}, None, {"a": 3}]),
        ('[{"a": 1}, {"a": 2', [{"a": 1}, None]),
        ('[{"a": 1}, {"a": "' + "y" * 200 + '"}, {"a": 3}]', [{"a": 1}, None, {"a": 3}]),
    ],
)  # fmt: skip
def test_a_broken_record_is_one_of_the_elements(text: str, want: list[object], size: int) -> None:
    texts = list(elements(cut(text, size), max_chars=99))
    assert good([one if len(one) < 100 else "" for one in texts]) == want


def test_a_cut_text_has_no_broken_end() -> None:
    assert list(elements(['[{"a": 1}, {"a": '], max_chars=99, is_cut=True)) == ['{"a": 1}']


@pytest.mark.parametrize(
    ("number", "cell"), [("1.234", "1.2340"), ("12.000", "12.0000"), ("12.5", "12.5"), ("7", "7")]
)
def test_a_point_of_a_number_in_json_never_groups(number: str, cell: str) -> None:
    record = json_record(f'{{"likes": {number}, "comments": "{number}"}}')
    assert record is not None
    by_field = dict(zip(FIELDS, record.cells, strict=True))
    assert (by_field["likes"], by_field["comments"]) == (cell, number)
