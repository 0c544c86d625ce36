"""Draw the figures and write the analyses, with the tables behind them."""

from __future__ import annotations

import sys

from pyspark.sql import SparkSession

from influencers.catalog import TABLES
from influencers.config import Config
from influencers.explore import content, virality
from influencers.explore.analyses import explored
from influencers.explore.figures import FIGURES
from influencers.features.tables import ACCOUNTS, POST_FEATURES
from influencers.figures import style
from influencers.ingest.tables import POSTS
from influencers.measured.explore import Explore
from influencers.measured.metrics import Metrics
from influencers.run import persisted, side_by_side
from influencers.storage import files
from influencers.storage.store import Store
from jobs.command_line import OUTPUT, Job, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Figures, figure tables and analyses of the features as they stand; returns the verdicts."""
    store = Store(spark, config)
    posts, described = store.read(POSTS), store.read_complete(POST_FEATURES)
    accounts = store.read_complete(ACCOUNTS)
    with persisted.frames(persisted.IN_MEMORY) as keep, side_by_side.started(spark) as start:
        found = explored(posts, described, accounts, config, keep=keep, start=start)
        for figure in FIGURES:
            rows = found.figures[f"figure_{figure.name}"]
            target = files.join(config.paths.output, figure.png)
            files.write_bytes(spark, target, style.png(figure.draw(rows.to_pandas(), config)))
        analyses = {name: rows.result() for name, rows in found.analyses.items()}
    for name, rows in {**found.figures, **analyses}.items():
        store.write_rows(rows, TABLES[name])
    outcomes = content.verdicts(analyses["analysis_content"].to_pandas())
    traits = virality.verdicts(analyses["analysis_virality"].to_pandas())
    return Metrics(explore=Explore(outcomes["engagement_rate"], outcomes, traits))


JOB = Job(
    name="explore",
    summary="Draw the figures and analyse influence, virality and content.",
    reads="tables/posts, tables/post_features, tables/accounts",
    writes="figures/*.png, tables/figure_*, tables/analysis_*",
    run=run,
    options=(OUTPUT,),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
