"""Communities: which hashtags go together, which circles they form, which accounts are in them."""

from __future__ import annotations

import sys
from functools import partial

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from influencers import progress
from influencers.communities import hashtag_graph, profiles
from influencers.communities import tables as declared
from influencers.communities.algorithms import find_communities
from influencers.communities.cooccurrence import bounded_tags, tag_uses
from influencers.communities.exports import exports
from influencers.communities.membership import assign_accounts
from influencers.communities.modularity import compare
from influencers.communities.stability import stability_if_asked
from influencers.config import Config
from influencers.ingest.tables import POSTS
from influencers.measured.metrics import Metrics
from influencers.run import persisted, side_by_side
from influencers.storage import files, input_files
from influencers.storage.checkpoints import checkpoints
from influencers.storage.store import Store
from jobs.command_line import OUTPUT, Job, Option, main


def run(spark: SparkSession, config: Config) -> Metrics:
    """Link hashtags, find their communities, assign accounts; returns the numbers."""
    store, settings = Store(spark, config), config.communities
    rows = input_files.read_csv(spark, settings.edges) if settings.edges else None
    # Where an edge list takes the place of posts, no account has a community.
    no_posts = spark.createDataFrame([], POSTS.schema)
    posts = store.read(POSTS) if rows is None else no_posts
    few = rows is None and store.has_few(POSTS)
    with (
        checkpoints(spark, config),
        persisted.frames(persisted.IN_MEMORY) as keep,
        side_by_side.started(spark) as start,
    ):
        bounded = bounded_tags(posts, max_tags=settings.max_tags)
        uses = keep(tag_uses(bounded))
        with hashtag_graph.linked(bounded, uses, rows, settings) as graph:
            edges = store.write_and_read(graph.backbone, declared.HASHTAG_EDGES, few=few)
            counts = graph.counts(edges)
        progress.say(*hashtag_graph.remarks(counts, graph.ubiquitous, settings))
        # Alone: label propagation lets go of all that was persisted while it ran.
        with find_communities(edges, settings.algorithms, settings) as divisions:
            communities = store.write_and_read(divisions, declared.COMMUNITIES, few=few)
        compared = compare(edges, communities, settings.algorithms, chosen=settings.chosen)
        progress.say(*compared.remarks())
        chosen, is_of = compared.chosen, F.col("algorithm")
        own = communities.where(is_of == chosen)
        exported = start(
            partial(exports, edges, own, compared.qualities[chosen], algorithm=chosen,
                    settings=settings)
        )  # fmt: skip
        # The models may want another algorithm's accounts than the figure.
        wanted = is_of.isin(chosen, config.models.community_algorithm)
        assigned = assign_accounts(uses, communities.where(wanted))
        accounts = store.write_and_read(assigned, declared.ACCOUNT_COMMUNITIES, few=few)
        members = accounts.where(is_of == chosen)
        with profiles.profiles_and_growth(
            edges, own, members, posts=posts, uses=uses, algorithm=chosen,
            most=settings.profile_entries,
        ) as (described, months):  # fmt: skip
            written = start(partial(store.write, months, declared.COMMUNITY_GROWTH, few=few))
            store.write(described, declared.COMMUNITY_PROFILES, few=few)
            written.result()
        stability = stability_if_asked(edges, own, algorithm=chosen, settings=settings)
        numbers = compared.numbers(accounts=members.count(), stability=stability)
        shown = exported.result()
    files.replace_all(spark, config.paths.output, shown)
    return Metrics(hashtags=counts, communities=numbers)


JOB = Job(
    name="communities",
    summary="Link hashtags that are used together, find their communities, assign accounts.",
    reads="tables/posts, or with --edges a CSV of src,dst[,weight]",
    writes="tables hashtag_edges, communities, account_communities, community_profiles, "
    "community_growth; figures/community_structure.png and .svg, graphs/hashtags.graphml",
    run=run,
    options=(OUTPUT, Option("--edges", "communities.edges", metavar="FILE"),
             Option("--algorithm", "communities.algorithms", many=True)),
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(JOB))
