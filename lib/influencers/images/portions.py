"""Due images in portions: each becomes ledger rows, fetched under one budget for all hosts."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.buckets import bucket
from influencers.config import ImagesConfig
from influencers.images import ledger, settings, statuses
from influencers.images.budget.server import BudgetServer
from influencers.images.fetch_task import FetchTask
from influencers.images.tables import IMAGES
from influencers.run import session


@contextmanager
def portions(
    due: DataFrame, count: int, config: ImagesConfig, *, placeholders: Iterable[str], now: float
) -> Iterator[tuple[int, Iterator[DataFrame]]]:
    """Ledger rows of all that is due, in portions of about `commit_images` for each core.

    Gives the number of portions, and one frame for each; a frame asks the hosts whenever it is
    computed, and can be computed until the block ends.

    Args:
        due: what `ledger.due` makes, persisted.
        count: how many rows it has.
        config: what hosts bear, and how images are asked for.
        placeholders: SHA-256 of known placeholders, in hexadecimal digits.
        now: Unix seconds.

    Raises:
        UserError: a setting cannot be read.
    """
    spark = due.sparkSession
    cores = spark.sparkContext.defaultParallelism
    number = math.ceil(count / (config.commit_images * cores))
    partitions = max(cores, min(2 * cores, count // 1000))
    secret = secrets.token_bytes(32)
    host, bind = session.driver_addresses(spark)
    portion = bucket("image_key", count=number)
    options = settings.budget_options(config)
    with BudgetServer(options, secret, host=bind, port=config.budget_port) as server:
        address = (host, server.address[1])
        task = settings.fetch_task(
            config, budget_address=address, secret=secret, placeholders=placeholders
        )
        yield (
            number,
            (
                _settled(due.where(portion == place), task, partitions, now=now)
                for place in range(number)
            ),
        )


def _settled(rows: DataFrame, task: FetchTask, partitions: int, *, now: float) -> DataFrame:
    hopeless = ledger.hopeless()
    asked = rows.where(~hopeless).select("image_key", "url", "host", "attempts")
    fetched = asked.repartition(partitions, "image_key").mapInArrow(task, IMAGES.schema)
    status = F.when(F.col("expired"), statuses.EXPIRED).otherwise(statuses.BAD_URL)
    return fetched.unionByName(ledger.without_asking(rows.where(hopeless), status, now=now))
