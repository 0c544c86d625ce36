"""All tables made anew at once, without their old versions: to the end, whenever a run dies.

The new rows are written beside the tables first. When all of them are there, a note says so; from
then on every table is made from those, again if need be. Nothing is renamed: stores of objects
cannot. Until the end no other job may write.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from pyspark.sql import DataFrame

from influencers.errors import UserError
from influencers.storage import files
from influencers.storage.store import Store, partition_of


def prepare(store: Store, change: Callable[[DataFrame, str], DataFrame]) -> None:
    """Write what every table is to be beside it, and then the note.

    Args:
        change: the new rows, of the old ones and the table's name.
    """
    files.delete(store.spark, _beside(store))
    names = store.written()
    for name in names:
        changed = change(store.read(name), name)
        files.may_write()
        partition = partition_of(store.spark, store.location(name))
        changed.write.format("delta").partitionBy(*partition).save(_beside(store, name))
    files.write_text(store.spark, _note(store), json.dumps({"tables": names}) + "\n")


def finish(store: Store) -> None:
    """Put all that is prepared in the place of the tables; nothing is prepared, nothing happens."""
    spark, note = store.spark, _note(store)
    if not files.exists(spark, note):
        return
    for name in json.loads(files.read_text(spark, note))["tables"]:
        beside = _beside(store, name)
        rows = spark.read.format("delta").load(beside)
        store.rewrite(rows, name, partition=partition_of(spark, beside))
    files.delete(spark, note)
    files.delete(spark, _beside(store))


def require_finished(store: Store) -> None:
    """Raises UserError where a run died between the two."""
    if files.exists(store.spark, _note(store)):
        raise UserError(
            f"a run of forget on {store.output} has not come to its end: run it again first"
        )


def _beside(store: Store, *names: str) -> str:
    return files.join(store.output, "_forget", *names)


def _note(store: Store) -> str:
    return files.join(store.output, "_forget.json")
