"""Features: posts become post features and accounts."""

from __future__ import annotations

import sys

from pyspark.sql import SparkSession

from influencers.config import Config
from influencers.features.describe import posts_and_accounts
from influencers.features.tables import ACCOUNTS, POST_FEATURES
from influencers.ingest.tables import POSTS
from influencers.measured.metrics import Metrics
from influencers.run import persisted
from influencers.storage.store import Store
from jobs.command_line import OUTPUT, Job, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Describe every post and every account."""
    store = Store(spark, config)
    few = store.has_few(POSTS)
    with persisted.frames() as keep:
        described = posts_and_accounts(
            store.read(POSTS),
            tier_edges=config.features.tier_edges,
            history_length=config.features.history_posts,
            target=store.target(POST_FEATURES),
            keep=keep,
        )
        if described.post_features is None:
            store.commit(described.files, POST_FEATURES, replace=True)
        else:
            store.write(described.post_features, POST_FEATURES, few=few)
        store.write(described.accounts, ACCOUNTS, few=True)
    return Metrics()


JOB = Job(
    name="features",
    summary="Describe every post, with its author's history before it, and every account.",
    reads="table posts",
    writes="tables post_features, accounts",
    run=run,
    options=(OUTPUT,),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
