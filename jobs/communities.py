"""Communities: which hashtags go together, which circles they form, which accounts are in them."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers import files, schemas, tables
from influencers.communities.cooccurrence import (
    bounded_tags,
    left_out,
    linked_tags,
    pair_counts,
    tag_uses,
)
from influencers.communities.edge_list import edges_from_rows
from influencers.communities.excerpt import take_excerpt
from influencers.communities.label_propagation import label_propagation
from influencers.communities.membership import assign_accounts
from influencers.communities.modularity import quality
from influencers.communities.numbering import number_by_size
from influencers.communities.picture import draw_communities
from influencers.config import ALGORITHMS, Config
from influencers.explore import style
from jobs.command_line import OUTPUT, Job, Option, main


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Link hashtags, find their communities, assign accounts; returns the numbers."""
    settings = config.communities
    bounded = bounded_tags(_read_posts(spark, config), max_tags=settings.max_tags)
    uses = tag_uses(bounded).persist()
    try:
        if settings.edges:
            edges = edges_from_rows(_read_rows(spark, settings.edges), source=settings.edges)
        else:
            pairs = pair_counts(bounded)
            edges = linked_tags(pairs, uses, min_accounts=settings.min_accounts)
        tables.write(edges, config, "hashtag_edges")
        edges = tables.read(spark, config, "hashtag_edges")
        with label_propagation(edges, rounds=settings.rounds) as labels:
            numbered = number_by_size(labels)
            named = numbered.select(F.lit(settings.algorithm).alias("algorithm"), "*")
            tables.write(named, config, "communities")
        communities = tables.read(spark, config, "communities")
        tables.write(assign_accounts(uses, communities), config, "account_communities")
        counts = left_out(bounded, uses, communities)
    finally:
        uses.unpersist()
    found = quality(edges, communities)
    _write_figure(spark, config, draw_communities(
        take_excerpt(edges, communities, top_communities=settings.figure_communities,
                     top_tags=settings.figure_tags),
        found, algorithm=settings.algorithm))  # fmt: skip
    counts["accounts"] = tables.read(spark, config, "account_communities").count()
    return {"communities": {settings.algorithm: asdict(found) | counts}}


def _read_posts(spark: SparkSession, config: Config) -> DataFrame:
    """The posts; none where an edge list takes their place: then no account has a community."""
    if config.communities.edges:
        return spark.createDataFrame([], schemas.SCHEMAS["posts"])
    return tables.read(spark, config, "posts")


def _read_rows(spark: SparkSession, path: str) -> DataFrame:
    files.list_files(spark, path)  # says what is wrong with the path in one line
    return spark.read.csv(path, header=True, escape='"')


def _write_figure(spark: SparkSession, config: Config, figure: Any) -> None:
    target = files.join(config.paths.output, "figures", "community_structure.png")
    files.write_bytes(spark, target, style.png(figure))


JOB = Job(
    name="communities",
    summary="Link hashtags that are used together, find their communities, assign accounts.",
    reads="tables/posts, or with --edges a CSV of src,dst[,weight]",
    writes="tables/hashtag_edges, tables/communities, tables/account_communities, "
    "figures/community_structure.png",
    run=run,
    options=(
        OUTPUT,
        Option("--edges", "communities.edges", "a CSV of src,dst[,weight] instead of hashtags"),
        Option("--algorithm", "communities.algorithm", "how communities are found",
               choices=ALGORITHMS),
    ),
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(JOB))
