"""Features: posts become post features and accounts."""

from __future__ import annotations

import sys

from pyspark.sql import SparkSession

from influencers.config import Config
from influencers.features.accounts import account_features
from influencers.features.posts import post_features
from influencers.features.tables import ACCOUNTS, POST_FEATURES
from influencers.ingest.tables import POSTS
from influencers.measured.metrics import Metrics
from influencers.storage.store import Store
from jobs.command_line import OUTPUT, Job, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Describe every post and every account."""
    store = Store(spark, config)
    posts = store.read(POSTS)
    edges = config.features.tier_edges
    described = post_features(posts, tier_edges=edges, history_length=config.features.history_posts)
    written = store.write_and_read(described, POST_FEATURES)
    store.write(account_features(posts, written, tier_edges=edges), ACCOUNTS)
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
