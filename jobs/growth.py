"""Growth: what changes between crawls, and how posts do beside their author's earlier ones."""

from __future__ import annotations

import sys

from pyspark.sql import SparkSession

from influencers import progress
from influencers.config import Config
from influencers.features.tables import ACCOUNTS
from influencers.figures import style
from influencers.growth import figures, passes, summary
from influencers.growth.counting import Counts
from influencers.growth.curves import Curves, like_curves
from influencers.growth.movers import top_movers
from influencers.growth.peers import peers_of
from influencers.growth.rows import gathered
from influencers.growth.tables import ACCOUNT_GROWTH, LIKE_CURVES, POST_PERFORMANCE
from influencers.ingest.tables import ACCOUNT_OBSERVATIONS, POST_OBSERVATIONS, POSTS
from influencers.measured.metrics import Metrics
from influencers.run import persisted
from influencers.storage import data_files, files
from influencers.storage.store import Store
from jobs.command_line import OUTPUT, Job, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Compare what crawls saw, of accounts and of posts; returns the numbers."""
    store, settings = Store(spark, config), config.growth
    with persisted.frames() as keep:
        rows = keep(
            gathered(
                store.read(POSTS),
                store.read(ACCOUNTS),
                post_observations=store.read_or_empty(POST_OBSERVATIONS),
                account_observations=store.read_or_empty(ACCOUNT_OBSERVATIONS),
            )
        )
        seen = keep(passes.seen_in_time(rows, settings))
        observed = (POST_OBSERVATIONS, ACCOUNT_OBSERVATIONS)
        none = all(store.has_few(table, most=0) for table in observed)
        counts = Counts() if none else passes.counts_of(seen)
        progress.say(*summary.remarks(counts))
        curves = like_curves(counts, least=settings.min_curve_posts)
        store.write_rows(curves, LIKE_CURVES)
        if counts.intervals:
            found = passes.intervals_of(seen)
            peers = peers_of(found, least=settings.min_peers)
            growth = passes.account_growth(found, peers, settings)
            store.write(growth, ACCOUNT_GROWTH, few=counts.intervals <= config.storage.driver_rows)
        else:
            store.write_rows(ACCOUNT_GROWTH.arrow_schema.empty_table(), ACCOUNT_GROWTH)
        target = store.target(POST_PERFORMANCE)
        compared = passes.post_performance(rows, Curves.of(curves), settings, target=target)
        if target is None:
            store.write(compared, POST_PERFORMANCE, few=store.has_few(POSTS))
        else:
            store.commit(data_files.collected(compared), POST_PERFORMANCE, replace=True)
    growth = store.read(ACCOUNT_GROWTH)
    if counts.intervals or counts.repeats:
        movers = top_movers(growth, store.read(ACCOUNTS), most=figures.PANELS)
        drawn = {
            figures.LIKE_CURVE: figures.draw_like_curves(curves.to_pandas()),
            figures.TOP_MOVERS: figures.draw_top_movers(movers),
        }
        for figure, drawing in drawn.items():
            files.write_bytes(spark, files.join(store.output, figure.png), style.png(drawing))
    performance = store.read(POST_PERFORMANCE)
    numbers = summary.numbers(counts, curves, growth=growth, performance=performance)
    return Metrics(growth=numbers)


JOB = Job(
    name="growth",
    summary="Compare what crawls saw: growth of followers and likes, and performance of posts.",
    reads="tables posts, accounts, post_observations, account_observations",
    writes="tables account_growth, like_curves, post_performance; figures",
    run=run,
    options=(OUTPUT,),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
