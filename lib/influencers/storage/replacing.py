"""All tables made anew at once, without their old versions: to the end, whenever a run dies.

The new rows are written beside the tables first. When all of them are there, a note says so; from
then on every table is made from those, again if need be. Nothing is renamed: stores of objects
cannot. Until the end no other job may write.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from pyspark.sql import DataFrame, SparkSession

from influencers.config import Config
from influencers.errors import UserError
from influencers.storage import files, tables


def prepare(
    spark: SparkSession, config: Config, change: Callable[[DataFrame, str], DataFrame]
) -> None:
    """Write what every table is to be beside it, and then the note.

    Args:
        change: the new rows, of the old ones and the table's name.
    """
    files.delete(spark, _beside(config))
    names = tables.written(spark, config)
    for name in names:
        changed = change(tables.read(spark, config, name), name)
        files.may_write()
        changed.write.format("delta").save(_beside(config, name))
    files.write_text(spark, _note(config), json.dumps({"tables": names}) + "\n")


def finish(spark: SparkSession, config: Config) -> None:
    """Put all that is prepared in the place of the tables; nothing is prepared, nothing happens."""
    if not files.exists(spark, _note(config)):
        return
    for name in json.loads(files.read_text(spark, _note(config)))["tables"]:
        tables.rewrite(spark.read.format("delta").load(_beside(config, name)), config, name)
    files.delete(spark, _note(config))
    files.delete(spark, _beside(config))


def require_finished(spark: SparkSession, config: Config) -> None:
    """Raises UserError where a run died between the two."""
    if files.exists(spark, _note(config)):
        raise UserError(
            f"a run of forget on {config.paths.output} has not come to its end: run it again first"
        )


def _beside(config: Config, *names: str) -> str:
    return files.join(config.paths.output, "_forget", *names)


def _note(config: Config) -> str:
    return files.join(config.paths.output, "_forget.json")
