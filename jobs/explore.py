"""Draw the figures and write the analyses, with the tables behind them."""

from __future__ import annotations

import sys
from typing import Any

from pyspark.sql import SparkSession

from influencers import files, tables
from influencers.config import Config
from influencers.explore import content, style, virality
from influencers.explore.analyses import analyses
from influencers.explore.figures import FIGURES, Sources
from jobs.command_line import OUTPUT, Job, main


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Figures, figure tables and analyses of the features as they stand; returns the verdicts."""
    posts, features, accounts = (
        tables.read(spark, config, name) for name in ("posts", "post_features", "accounts")
    )
    for figure in FIGURES:
        table = f"figure_{figure.name}"
        tables.write(figure.table(Sources(features, accounts), config), config, table)
        drawn = figure.draw(tables.read(spark, config, table).toPandas(), config)
        target = files.join(config.paths.output, "figures", f"{figure.name}.png")
        files.write_bytes(spark, target, style.png(drawn))
    for name, frame in analyses(posts, features, accounts, config).items():
        tables.write(frame, config, name)
    return {
        "explore": {
            "content": content.verdicts(tables.read(spark, config, "analysis_content")),
            "virality": virality.verdicts(tables.read(spark, config, "analysis_virality")),
        }
    }


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
