"""What is declared of the tables is complete, and in the units of the field."""

from __future__ import annotations

import importlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql.types import DoubleType, TimestampType

from influencers.catalog import TABLES
from influencers.features import duplicates, images
from influencers.images.tables import IMAGES, IMAGES_FETCHED
from influencers.storage.table import FRACTION, PER_FOLLOWER, UTC, Column, Table, bigint, string

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = [
    pytest.param(column, id=f"{table.name}.{path}")
    for table in TABLES.values()
    for path, column in table.described()
] + [
    # Columns of the rows of models, which are in no table.
    pytest.param(feature.column, id=feature.name)
    for family in (images, duplicates)
    for feature in (*family.FEATURES, *family.ACCOUNT_FEATURES)
]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_has_a_grain_a_key_and_a_job(table: Table) -> None:
    assert re.match(r"an? [\w-]+", table.grain) and not table.grain.endswith(".")
    assert set(table.key) <= set(table.schema.names)
    assert (ROOT / "jobs" / f"{table.job}.py").is_file()


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_says_what_it_means(column: Column) -> None:
    # Enough words to say more than the name does, in the style of a list.
    assert len(column.meaning.split()) >= 2
    assert column.meaning != column.name.replace("_", " ")
    for text in (column.meaning, column.unit, column.null):
        assert text == " ".join(text.split()) and not text.endswith(".")


# How units follow from names; a rate may be above 1, a share may not.
UNITS = {
    r"(.*_)?(share|probability|percentile|saturation|brightness|edge_density)": FRACTION,
    r".*engagement_rate(_.*)?|rate_.*|median_low|median_high": PER_FOLLOWER,
    r".*relative_.*": "multiple of the author's median",
    r".*days.*": "days",
    r"distance.*|diameter": "bits",
    r"width|height": "pixels",
    r".*_ratio|lift|growth": "ratio",
    r"weight": "millionths",
    r"bytes": "bytes",
}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_has_the_unit_of_its_kind(column: Column) -> None:
    if isinstance(column.type, TimestampType):
        assert column.unit == UTC
    for pattern, unit in UNITS.items():
        if re.fullmatch(pattern, column.name) and column.name != "relative_posts":
            assert column.unit == unit


def test_numbers_without_a_unit_are_of_counts() -> None:
    bare = {
        column.name
        for table in TABLES.values()
        for _, column in table.described()
        if isinstance(column.type, DoubleType) and not column.unit
    }
    counts = re.compile(r".*(likes|comments|followers|length|count)|median|p90|column_.*|label")
    # On scales of their own, which their sources define.
    assert {name for name in bare if not counts.fullmatch(name)} == {"colorfulness", "sharpness"}


def test_the_catalog_has_every_table_that_is_declared() -> None:
    folders = (ROOT / "lib" / "influencers").glob("*/tables.py")
    modules = [importlib.import_module(f"influencers.{one.parent.name}.tables") for one in folders]
    declared = [one for module in modules for one in vars(module).values() if type(one) is Table]
    assert sorted(one.name for one in declared) == sorted(TABLES)
    assert all(TABLES[one.name] is one for one in declared)


def test_images_on_their_way_have_the_columns_of_images() -> None:
    assert IMAGES_FETCHED.columns is IMAGES.columns
    assert IMAGES_FETCHED.schema == IMAGES.schema


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"columns": (string("tag", "a tag"), bigint("tag", "a tag"))}, "declares column tag 2"),
        ({"key": ("tag", "post")}, "has no column post, which its key names"),
        ({"partition": ("month",)}, "has no column month, which its partition names"),
        ({"key": ()}, "must say its grain"),
        ({"grain": " "}, "must say its grain"),
        ({"job": ""}, "must say its grain"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(changed: dict[str, Any], message: str) -> None:
    tags = Table("tags", "a tag", ("tag",), "features", (string("tag", "a hashtag"),))
    with pytest.raises(ValueError, match=message):
        replace(tags, **changed)


def test_a_column_without_a_meaning_is_refused() -> None:
    with pytest.raises(ValueError, match="column likes has no meaning"):
        bigint("likes", " ")
