"""Old versions of tables go some days after a newer one has taken their place.

Delta keeps the data files of old versions, so that whoever reads one goes on reading. They hold all
that the table held: posts since replaced, records that left the quarantine, thumbnails.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator

from pyspark.sql import SparkSession

from influencers.storage import files
from influencers.storage.store import Store

# Delta refuses less than a week unless this is off: one run at a time writes an output, and how
# long readers have is what the setting says. What it logs of itself would be a version of its own.
_SETTINGS = {
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    "spark.databricks.delta.vacuum.logging.enabled": "false",
    # Folders are listed by this many tasks, 10,000 by default, however few there are.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "8",
}


def remove_old_versions(store: Store) -> list[str]:
    """Remove what tables have kept for longer than `storage.retain_days`; returns their names.

    A file goes when it is older than that, and no version names it that was current since then.
    Delta counts in hours: begun ones are whole ones. Folders are listed first: Spark is asked for
    tables that have something to remove alone.
    """
    hours = math.ceil(store.config.storage.retain_days * 24)
    before_ms = int((time.time() - hours * 3600) * 1000)
    old = [name for name in store.written() if _has_old(store, name, before_ms)]
    with _checks_off(store.spark):
        for name in old:
            store.vacuum(name, hours=hours)
    return old


def _has_old(store: Store, name: str, before_ms: int) -> bool:
    older = files.older_names(store.spark, store.location(name), before_ms)
    if not older:
        return False
    return bool(older.difference(store.files(name)))


@contextlib.contextmanager
def _checks_off(spark: SparkSession) -> Iterator[None]:
    before = {key: spark.conf.get(key, None) for key in _SETTINGS}
    for key, value in _SETTINGS.items():
        spark.conf.set(key, value)
    try:
        yield
    finally:
        for key, was in before.items():
            if was is None:
                spark.conf.unset(key)
            else:
                spark.conf.set(key, was)
