"""How much communities depend on single links, on graphs with and without any."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.communities.algorithms import find_communities
from influencers.communities.stability import stability
from influencers.config import CommunitiesConfig
from influencers.errors import UserError
from influencers.measured.communities import Stability

SETTINGS = replace(CommunitiesConfig(), stability_runs=2)


def frame(spark: SparkSession, graph: nx.Graph) -> DataFrame:
    edges = [(f"v{a:03}", f"v{b:03}", 1_000_000) for a, b in graph.edges]
    return spark.createDataFrame(edges, "src string, dst string, weight long")


def measured(edges: DataFrame, settings: CommunitiesConfig = SETTINGS) -> Stability | None:
    with find_communities(edges, ("louvain",), settings) as found:
        own = found.drop("algorithm").localCheckpoint()
    return stability(edges, own, algorithm="louvain", settings=settings)


def test_planted_circles_are_stable_and_chance_ones_are_not(spark: SparkSession) -> None:
    planted = measured(frame(spark, nx.ring_of_cliques(12, 8)))
    chance = measured(frame(spark, nx.gnm_random_graph(96, 350, seed=2)))
    assert planted is not None and chance is not None
    assert planted.runs == chance.runs == 2
    assert planted.least_ami > 0.95
    assert chance.mean_ami < 0.7
    assert chance.least_ami <= chance.mean_ami


@pytest.mark.long
def test_the_links_left_out_do_not_depend_on_their_order(spark: SparkSession) -> None:
    edges = frame(spark, nx.gnm_random_graph(60, 150, seed=4))
    assert measured(edges.orderBy(F.desc("dst")).repartition(5)) == measured(edges)


def test_what_has_no_links_has_no_stability(spark: SparkSession) -> None:
    assert measured(frame(spark, nx.Graph())) is None


def test_links_that_are_all_left_out_compare_nothing(spark: SparkSession) -> None:
    assert measured(frame(spark, nx.path_graph(2)),
                    replace(SETTINGS, stability_dropped=0.999999)) is None  # fmt: skip


@pytest.mark.parametrize("runs", [-1, 101])
def test_runs_out_of_range_are_refused(runs: int) -> None:
    with pytest.raises(UserError, match=r"communities\.stability_runs must be 0 to 100"):
        replace(CommunitiesConfig(), stability_runs=runs)
