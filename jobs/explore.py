"""Draw the figures and write the analyses, with the tables behind them."""

from __future__ import annotations

import sys
from functools import partial

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from influencers.catalog import TABLES
from influencers.config import Config
from influencers.explore import content, virality
from influencers.explore.analyses import analyses
from influencers.explore.figures import FIGURES, Exploration, Sources
from influencers.explore.relative import with_relative_rate
from influencers.features.tables import ACCOUNTS, POST_FEATURES
from influencers.figures import style
from influencers.ingest.tables import POSTS
from influencers.measured.explore import Explore
from influencers.measured.metrics import Metrics
from influencers.run import persisted, side_by_side
from influencers.storage import files
from influencers.storage.store import Store
from influencers.storage.table import Table, conform
from jobs.command_line import OUTPUT, Job, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Figures, figure tables and analyses of the features as they stand; returns the verdicts."""
    store = Store(spark, config)
    posts, described = store.read(POSTS), store.read_complete(POST_FEATURES)
    with persisted.frames(persisted.IN_MEMORY) as keep, side_by_side.started(spark) as start:
        # Every table below reads these two.
        accounts = keep(store.read_complete(ACCOUNTS))
        features = keep(with_relative_rate(described, accounts, min_posts=config.explore.min_posts))
        sources = Sources(features, accounts)
        figures = {
            figure: start(partial(_figure_table, figure, sources, config, store))
            for figure in FIGURES
        }
        results = {
            name: start(partial(_written, table, TABLES[name], store))
            for name, table in analyses(posts, features, accounts, config, keep).items()
        }
        # Drawn one by one: matplotlib knows one thread.
        for figure, table in figures.items():
            target = files.join(config.paths.output, figure.png)
            files.write_bytes(spark, target, style.png(figure.draw(table.result(), config)))
    outcomes = content.verdicts(results["analysis_content"].result())
    traits = virality.verdicts(results["analysis_virality"].result())
    return Metrics(explore=Explore(outcomes["engagement_rate"], outcomes, traits))


def _figure_table(
    figure: Exploration, sources: Sources, config: Config, store: Store
) -> pd.DataFrame:
    return _written(figure.table(sources, config), TABLES[f"figure_{figure.name}"], store)


def _written(table: DataFrame, declared: Table, store: Store) -> pd.DataFrame:
    """Write a table of bounded size, and bring it here without computing or reading it again."""
    rows = conform(table, declared).toArrow()
    store.write_rows(rows, declared)
    frame: pd.DataFrame = rows.to_pandas()
    return frame


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
