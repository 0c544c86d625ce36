"""Communities: which hashtags go together, which circles they form, which accounts are in them."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers import files, progress, schemas, tables
from influencers.checkpoints import checkpoints
from influencers.communities import profiles
from influencers.communities.algorithms import find_communities
from influencers.communities.backbone import BACKBONES, kept
from influencers.communities.cooccurrence import (
    bounded_tags,
    left_out,
    linked_tags,
    pair_counts,
    tag_uses,
    ubiquitous_tags,
    without_tags,
)
from influencers.communities.edge_list import edges_from_rows
from influencers.communities.excerpt import take_excerpt
from influencers.communities.graphml import graphml, heaviest
from influencers.communities.membership import assign_accounts
from influencers.communities.modularity import Quality, best_by_modularity, nothing, quality
from influencers.communities.picture import draw_communities
from influencers.communities.stability import stability
from influencers.communities.view import interactive
from influencers.config import CommunitiesConfig, Config
from influencers.explore import style
from jobs.command_line import OUTPUT, Job, Option, main


def run(spark: SparkSession, config: Config) -> dict[str, Any]:
    """Link hashtags, find their communities, assign accounts; returns the numbers."""
    settings = config.communities
    posts = _read_posts(spark, config)
    bounded = bounded_tags(posts, max_tags=settings.max_tags)
    uses = tag_uses(bounded).persist()
    try:
        with checkpoints(spark, config):
            graph = _link(spark, config, bounded, uses)
            edges = tables.read(spark, config, "hashtag_edges")
            with find_communities(edges, settings.algorithms, settings) as found:
                tables.write(found, config, "communities")
            communities = tables.read(spark, config, "communities")
            measured = {name: nothing() for name in settings.algorithms} | quality(
                edges, communities
            )
            chosen = settings.chosen or best_by_modularity(measured)
            own = communities.where(F.col("algorithm") == chosen)
            numbers = {name: asdict(one) | {"chosen": name == chosen}
                       for name, one in measured.items()}  # fmt: skip
            _say(measured, chosen)
            numbers[chosen]["accounts"] = _describe(spark, config, posts, uses, chosen)
            if settings.stability_runs:
                again = stability(edges, own, algorithm=chosen, settings=settings)
                numbers[chosen]["stability"] = asdict(again) if again else None
    finally:
        uses.unpersist()
    _draw(spark, config, edges, own, measured[chosen], chosen)
    return {"hashtags": graph, "communities": numbers}


def _link(
    spark: SparkSession, config: Config, bounded: DataFrame, uses: DataFrame
) -> dict[str, Any]:
    """Write the graph of hashtags; returns what of the posts and of all links is in it."""
    settings = config.communities
    common: list[str] = []
    if settings.edges:
        links = edges_from_rows(_read_rows(spark, settings.edges), source=settings.edges)
    else:
        common = ubiquitous_tags(uses, max_account_share=settings.max_account_share)
        pairs = pair_counts(without_tags(bounded, common))
        links = linked_tags(pairs, uses, min_accounts=settings.min_accounts)
    links = links.persist()
    try:
        backbone = BACKBONES[settings.backbone](
            links, significance=settings.significance, neighbours=settings.neighbours
        )
        tables.write(backbone, config, "hashtag_edges")
        edges = tables.read(spark, config, "hashtag_edges")
        numbers = asdict(kept(links, edges)) | left_out(bounded, uses, edges)
    finally:
        links.unpersist()
    _say_graph(numbers, common, settings)
    return numbers | {"ubiquitous": len(common)}


def _describe(
    spark: SparkSession, config: Config, posts: DataFrame, uses: DataFrame, chosen: str
) -> int:
    """Write what the chosen algorithm's communities and their accounts are; how many accounts."""
    edges, found = (tables.read(spark, config, name) for name in ("hashtag_edges", "communities"))
    # The models may want another algorithm's accounts than the figure.
    wanted = {chosen, config.models.community_algorithm}
    assigned = found.where(F.col("algorithm").isin(*wanted))
    tables.write(assign_accounts(uses, assigned), config, "account_communities")
    accounts = tables.read(spark, config, "account_communities")
    own, members = (frame.where(F.col("algorithm") == chosen) for frame in (found, accounts))
    inside = profiles.posts_in(posts, own).persist()
    try:
        listed = config.communities.profile_entries
        described = profiles.described(
            edges, own, members, posts=posts, uses=uses, inside=inside, most=listed
        )
        tables.write(described, config, "community_profiles")
        months = profiles.by_month(inside).withColumn("algorithm", F.lit(chosen))
        tables.write(months, config, "community_growth")
    finally:
        inside.unpersist()
    return members.count()


def _draw(
    spark: SparkSession, config: Config, edges: DataFrame, own: DataFrame, found: Quality,
    chosen: str,
) -> None:  # fmt: skip
    """The figure, and the graph for other programs."""
    settings = config.communities
    excerpt = take_excerpt(edges, own, top_communities=settings.figure_communities,
                           top_tags=settings.figure_tags)  # fmt: skip
    figure = draw_communities(excerpt, found, algorithm=chosen)
    folder = files.join(config.paths.output, "figures")
    files.write_bytes(spark, files.join(folder, "community_structure.png"), style.png(figure))
    files.write_text(spark, files.join(folder, "community_structure.svg"), interactive(excerpt))
    target = files.join(config.paths.output, "graphs", "hashtags.graphml")
    if not settings.graphml_edges:
        files.delete(spark, target)  # of an earlier run
        return
    drawn = heaviest(edges, most=settings.graphml_edges).persist()
    try:
        ends = drawn.select(F.explode(F.array("src", "dst")).alias("hashtag")).distinct()
        text = graphml(drawn.collect(), own.join(ends, "hashtag", how="left_semi").collect())
    finally:
        drawn.unpersist()
    files.write_text(spark, target, text)


def _say_graph(numbers: dict[str, Any], common: list[str], settings: CommunitiesConfig) -> None:
    progress.say(
        f"hashtag graph: {numbers['tags']:,} hashtags, {numbers['edges']:,} links; "
        f"{numbers['isolated']:,} hashtags without one, {numbers['cut_tags']:,} cut from posts "
        f"with more than {settings.max_tags}"
    )
    if common:
        named = ", ".join(common[:5]) + (", …" if len(common) > 5 else "")
        progress.say(f"left out, as more than {settings.max_account_share:.0%} of accounts use "
                     f"them: {len(common):,} ({named})")  # fmt: skip
    if settings.backbone != "none" and numbers["edges_share"] is not None:
        progress.say(
            f"backbone ({settings.backbone}): keeps {numbers['tags_share']:.1%} of linked "
            f"hashtags, {numbers['edges_share']:.1%} of links, "
            f"{numbers['weight_share']:.1%} of weight"
        )


def _say(measured: dict[str, Quality], chosen: str) -> None:
    for name, one in measured.items():
        modularity = "none" if one.modularity is None else f"{one.modularity:.3f}"
        progress.say(f"{name}: {one.communities:,} communities, modularity {modularity}"
                     f"{' (chosen)' if name == chosen else ''}")  # fmt: skip


def _read_posts(spark: SparkSession, config: Config) -> DataFrame:
    """The posts; none where an edge list takes their place: then no account has a community."""
    if config.communities.edges:
        return spark.createDataFrame([], schemas.SCHEMAS["posts"])
    return tables.read(spark, config, "posts")


def _read_rows(spark: SparkSession, path: str) -> DataFrame:
    files.list_files(spark, path)  # says what is wrong with the path in one line
    return spark.read.csv(path, header=True, escape='"')


JOB = Job(
    name="communities",
    summary="Link hashtags that are used together, find their communities, assign accounts.",
    reads="tables/posts, or with --edges a CSV of src,dst[,weight]",
    writes="tables/hashtag_edges, tables/communities, tables/account_communities, "
    "tables/community_profiles, tables/community_growth, figures/community_structure.png and .svg, "
    "graphs/hashtags.graphml",
    run=run,
    options=(
        OUTPUT,
        Option("--edges", "communities.edges", metavar="FILE"),
        Option("--algorithm", "communities.algorithms", many=True),
    ),
)

if __name__ == "__main__":
    sys.exit(main(JOB))
