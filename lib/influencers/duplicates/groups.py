"""Groups of images that are duplicates of each other, and how far apart they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.duplicates.links import earliest_first

# Distinct hashes of a group up to which its diameter is measured: all are compared with all.
_MOST_COMPARED = 20_000
# Hashes of a group up to which groups of one size are measured together, some at once.
_FEW, _AT_ONCE = 64, 1 << 20
_MEMBERS = pa.schema([("component", pa.int64()), ("phash", pa.int64())])


def grouped(images: DataFrame, components: DataFrame, *, radius: int) -> DataFrame:
    """The images that have a duplicate, by group; grain: an image.

    Nearness does not carry over: an image may be in a group through others only. Each row has the
    `representative` of its group (the earliest, ties by id), `distance_to_representative` in bits
    and `linked_through_others`: whether that is beyond the radius; the `images` of the group and
    its `diameter`, the largest distance between two of them: null above 20,000 distinct hashes.
    `group_id` is made of the representative, so that it stays when others join.

    Args:
        images: of `links.copied`: `id`, `phash` (null: matches nothing but its own bytes),
            `at`, `first_of_bytes`.
        components: of `components.components`.
        radius: of the search.
    """
    known = images.join(components, on="phash", how="left")
    hash_of = F.coalesce("component", "phash")
    ordered = earliest_first("hash", "bytes")
    members = known.select(
        "id",
        "phash",
        "at",
        "component",
        hash_of.alias("hash"),
        # Without a hash an image is known by its bytes.
        F.when(hash_of.isNull(), F.col("first_of_bytes")).alias("bytes"),
    ).withColumns(
        {
            "images": F.count(F.lit(1)).over(ordered),
            "representative": F.first("id").over(ordered),
            "its_phash": F.first("phash").over(ordered),
        }
    )
    distance = F.coalesce(_distance(F.col("phash"), F.col("its_phash")), F.lit(0))
    duplicates = members.where(F.col("images") > 1)
    wide = _diameters(duplicates)
    return duplicates.join(wide, on="component", how="left").select(
        F.xxhash64("representative").alias("group_id"),
        F.col("id").alias("image_key"),
        "representative",
        distance.alias("distance_to_representative"),
        (distance > radius).alias("linked_through_others"),
        "images",
        F.when(F.col("component").isNull(), 0).otherwise(F.col("measured")).alias("diameter"),
    )


def _distance(first: Column, second: Column) -> Column:
    return F.bit_count(first.bitwiseXOR(second))


def _diameters(members: DataFrame) -> DataFrame:
    """The diameter of each component: `component`, `measured`."""
    hashes = members.where(F.col("component").isNotNull()).select("component", "phash").distinct()
    return hashes.repartition("component").mapInArrow(measured, "component bigint, measured int")


def measured(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The diameters of the components of a partition, those of one size together."""
    table = pa.Table.from_batches(batches, schema=_MEMBERS)
    components, phashes = (column.to_numpy() for column in table.columns)
    order = np.argsort(components, kind="stable")
    words = phashes[order].view(np.uint64)
    names, starts, sizes = sorted_runs(components[order])
    widest = np.zeros(len(names), dtype=np.int32)
    for size in np.unique(sizes[sizes <= _FEW]).tolist():
        alike = np.flatnonzero(sizes == size)
        for some in np.array_split(alike, len(alike) * size * size // _AT_ONCE + 1):
            widest[some] = diameters(words[starts[some, None] + np.arange(size)])
    for large in np.flatnonzero(sizes > _FEW).tolist():
        if sizes[large] <= _MOST_COMPARED:
            widest[large] = diameter(words[starts[large] :][: sizes[large]])
    unknown = sizes > _MOST_COMPARED
    yield pa.RecordBatch.from_pydict(
        {"component": pa.array(names), "measured": pa.array(widest, mask=unknown)}
    )


def sorted_runs(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The different values of a sorted array, where each begins, and how often it is there."""
    new = np.ones(len(values), dtype=np.bool_)
    new[1:] = values[1:] != values[:-1]
    starts = np.flatnonzero(new)
    return values[starts], starts, np.diff(np.append(starts, len(values)))


def diameters(words: np.ndarray) -> np.ndarray:
    """The diameter of each row of words, all of one length."""
    apart = np.bitwise_count(words[:, :, None] ^ words[:, None, :])
    widest: np.ndarray = apart.max(axis=(1, 2))
    return widest


def diameter(words: np.ndarray) -> int:
    """The most bits in which two words differ."""
    widest = 0
    for start in range(0, len(words), 64):
        apart = np.bitwise_count(words[start : start + 64, None] ^ words[None, start:])
        widest = max(widest, int(apart.max()))
    return widest


def count_groups(groups: DataFrame) -> dict[str, int]:
    """How many groups there are, and how many images are in them."""
    row = groups.agg(
        F.count_if(F.col("image_key") == F.col("representative")),
        F.count(F.lit(1)),
        F.count_if("linked_through_others"),
    ).head()
    return {"groups": row[0], "grouped": row[1], "linked_through_others": row[2]}  # type: ignore[index]
