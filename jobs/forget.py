"""Forget: an output without some accounts, in its tables, their old versions, and its files."""

from __future__ import annotations

import dataclasses
import re
import sys
from typing import Any

from pyspark.sql import SparkSession

from influencers import erasure, files, forgotten, manifest, metrics, progress, replacing, tables
from influencers.config import Config
from influencers.errors import UserError
from jobs import ingest
from jobs.command_line import OUTPUT, Job, Option, main

# Files that may name accounts, their posts or what they alone wrote; a stage makes them again.
_FILES = (
    "report.html",
    "exports",
    "graphs",
    "figures/community_structure.png",
    "figures/community_structure.svg",
    "checkpoints",
)


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Remove the accounts; what was begun by a run that died is brought to its end first.

    Raises:
        UserError: an id is no number, or there are no posts.
    """
    owners = _owners(config)
    replacing.finish(spark, config)
    posts = tables.read(spark, config, "posts")
    forgotten.write(spark, config, forgotten.read(spark, config).with_owners(owners))
    found = erasure.traces(posts, owners)
    before = posts.count()
    replacing.prepare(spark, config, lambda table, name: erasure.without(table, name, found))
    replacing.finish(spark, config)
    for name in _FILES:
        files.delete(spark, files.join(config.paths.output, name))
    held = ingest.held(spark, config)
    metrics.update(spark, config, {"tables": held})
    # Not whom: the manifest is one of the files that have to forget.
    manifest.update(
        spark, dataclasses.replace(config, forget=dataclasses.replace(config.forget, owners=())),
        "forget",
    )  # fmt: skip
    for line in _remarks(before - held["posts"]["rows"], manifest.read(spark, config)):
        progress.say(line)
    return {}


def _owners(config: Config) -> list[int]:
    wrong = [one for one in config.forget.owners if not re.fullmatch(r"-?[0-9]{1,19}", one)]
    if wrong or not config.forget.owners:
        raise UserError(
            f"{', '.join(wrong) or '--owner'}: say which accounts by their ids, the numbers in "
            "owner_id"
        )
    return sorted({int(one) for one in config.forget.owners})


def _remarks(gone: int, recorded: dict[str, Any]) -> list[str]:
    inputs = [one["uri"] for one in recorded.get("inputs", [])]
    return [
        f"{gone:,} posts are gone, with all that was known by them alone; ingest will leave these "
        "accounts out",
        "figures, statistics and models still count them: run features, duplicates, communities, "
        "explore, train and report again",
        *([f"the input still has them: {', '.join(inputs)}"] if inputs else []),
    ]


JOB = Job(
    name="forget",
    summary="Remove accounts from every table, with its old versions, and from every file.\n"
    "They are kept out of later inputs by a salted hash of their ids (forgotten.json);\n"
    "the input files themselves stay as they are.",
    reads="all tables",
    writes="all tables anew; removes report.html, exports, graphs, figures of communities",
    run=run,
    options=(
        OUTPUT,
        Option("--owner", "forget.owners", many=True, required=True, metavar="ID"),
    ),
    has_stages=True,
    finishes_others=True,
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(JOB))
