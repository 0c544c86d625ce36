"""Draw the figures and write the analyses, with the tables behind them."""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from influencers import files, tables
from influencers.config import Config
from influencers.explore import content, style, virality
from influencers.explore.analyses import analyses
from influencers.explore.figures import FIGURES, Sources
from influencers.schemas import SCHEMAS
from jobs.command_line import OUTPUT, Job, main


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Figures, figure tables and analyses of the features as they stand; returns the verdicts."""
    posts = tables.read(spark, config, "posts")
    # Every table below reads these two, some twice.
    features = tables.read(spark, config, "post_features").persist()
    accounts = tables.read(spark, config, "accounts").persist()
    for figure in FIGURES:
        table = figure.table(Sources(features, accounts), config)
        drawn = figure.draw(_written(table, config, f"figure_{figure.name}"), config)
        target = files.join(config.paths.output, "figures", f"{figure.name}.png")
        files.write_bytes(spark, target, style.png(drawn))
    found = {
        name: _written(table, config, name)
        for name, table in analyses(posts, features, accounts, config).items()
    }
    features.unpersist()
    accounts.unpersist()
    return {
        "explore": {
            "content": content.verdicts(found["analysis_content"]),
            "virality": virality.verdicts(found["analysis_virality"]),
        }
    }


def _written(table: DataFrame, config: Config, name: str) -> pd.DataFrame:
    """Write a table of bounded size, and bring it here without computing or reading it again."""
    rows = tables.conform(table, name).toArrow()
    tables.write(table.sparkSession.createDataFrame(rows, SCHEMAS[name]), config, name)
    frame: pd.DataFrame = rows.to_pandas()
    return frame


JOB = Job(
    name="explore",
    summary="Draw the six figures and analyse influence, virality and content.",
    reads="tables/posts, tables/post_features, tables/accounts",
    writes="figures/*.png, tables/figure_*, tables/analysis_*",
    run=run,
    options=(OUTPUT,),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
