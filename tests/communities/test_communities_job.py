"""The communities job on small tables: what it writes, and what it says to bad input."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from pyspark.sql import SparkSession

from influencers.communities.tables import COMMUNITY_PROFILES
from influencers.config import ALGORITHMS, Config
from influencers.errors import UserError
from influencers.ingest.tables import POSTS
from influencers.measured.keys import as_json
from influencers.storage.store import Store
from jobs import communities

CIRCLES = (("alps", "hike", "snow"), ("bread", "cake", "dough"))


def config_for(folder: Path, **settings: Any) -> Config:
    config = Config()
    return replace(
        config,
        paths=replace(config.paths, output=str(folder)),
        # Three accounts of six are no more than half.
        communities=replace(config.communities, rounds=3, **settings),
    )


def write_posts(spark: SparkSession, config: Config) -> None:
    """Six accounts, three in each circle of hashtags, and one that uses none."""
    empty = dict.fromkeys(POSTS.schema.names)
    uses = [(owner, list(CIRCLES[owner % 2])) for owner in range(6)] + [(9, [])]
    rows = [
        {**empty, "shortcode": f"s{owner}", "owner_id": owner, "hashtags": tags}
        for owner, tags in uses
    ]
    Store(spark, config).write(spark.createDataFrame(rows, POSTS.schema), POSTS)


def written(spark: SparkSession, config: Config) -> dict[str, list[tuple[Any, ...]]]:
    names = ("hashtag_edges", "communities", "account_communities")
    return {name: sorted(map(tuple, Store(spark, config).read(name).collect())) for name in names}


def test_posts_become_edges_communities_accounts_and_a_figure(
    spark: SparkSession, tmp_path: Path
) -> None:
    config = config_for(tmp_path)
    write_posts(spark, config)
    numbers = as_json(communities.run(spark, config))
    quality = {"modularity": 0.5, "modularity_unweighted": 0.5, "communities": 2,
               "largest_share": 0.5, "tags": 6, "edges": 6}  # fmt: skip
    others = {name: quality | {"chosen": False} for name in ALGORITHMS[1:]}
    assert {name: numbers[name] for name in ("hashtags", "communities")} == {
        "hashtags": {
            "tags": 6, "edges": 6, "tags_share": 1.0, "edges_share": 1.0, "weight_share": 1.0,
            "cut": 0, "cut_tags": 0, "isolated": 0, "ubiquitous": 0,
        },
        "communities": {
            # All three find the same; the first by name is shown.
            "label_propagation": quality | {"chosen": True, "accounts": 6}, **others,
        },
    }  # fmt: skip
    found = written(spark, config)
    assert found["hashtag_edges"][0] == ("alps", "hike", 3, 3, 1_000_000)
    assert found["communities"] == sorted(
        (name, tag, number)
        for name in ALGORITHMS for number, own in enumerate(CIRCLES) for tag in own
    )  # fmt: skip
    assert found["account_communities"] == [
        ("label_propagation", owner, owner % 2, 1.0) for owner in range(6)
    ]
    profiles = Store(spark, config).read(COMMUNITY_PROFILES).orderBy("community").collect()
    assert [(row["hashtags"], row["share"], row["conductance"], row["accounts"], row["posts"])
            for row in profiles] == [(3, 0.5, 0.0, 3, 3), (3, 0.5, 0.0, 3, 3)]  # fmt: skip
    assert [tuple(one) for one in profiles[0]["marking"]] == [(tag, 2.0, 3) for tag in CIRCLES[0]]
    assert [one["owner_id"] for one in profiles[1]["representatives"]] == [1, 3, 5]
    exported = nx.read_graphml(tmp_path / "graphs" / "hashtags.graphml")
    assert sorted(data["label"] for _, data in exported.nodes(data=True)) == sorted(
        sum(CIRCLES, ())
    )
    assert all(data["weight"] == 1.0 for *_, data in exported.edges(data=True))
    png = (tmp_path / "figures" / "community_structure.png").read_bytes()
    assert png.startswith(b"\x89PNG")


def test_an_edge_list_takes_the_place_of_posts(spark: SparkSession, tmp_path: Path) -> None:
    given = tmp_path / "graph.csv"
    given.write_text('\ufeffsrc,dst,weight\n"a, b",c,2\nc,"a, b",1\nx,y,0.5\n', encoding="utf-8")
    config = config_for(tmp_path / "out", edges=str(given), algorithms=("label_propagation",))
    numbers = communities.run(spark, config).communities["label_propagation"]
    assert (numbers.communities, numbers.tags, numbers.accounts) == (2, 4, 0)
    assert written(spark, config) == {
        "hashtag_edges": [("a, b", "c", None, None, 3_000_000), ("x", "y", None, None, 500_000)],
        "communities": [("label_propagation", tag, number)
                        for tag, number in (("a, b", 0), ("c", 0), ("x", 1), ("y", 1))],
        "account_communities": [],
    }  # fmt: skip


def test_an_edge_list_that_is_not_there_is_named(spark: SparkSession, tmp_path: Path) -> None:
    config = config_for(tmp_path, edges=str(tmp_path / "nowhere.csv"))
    with pytest.raises(UserError, match=r"nowhere\.csv"):
        communities.run(spark, config)


def test_posts_that_link_nothing_give_empty_tables_and_a_figure(
    spark: SparkSession, tmp_path: Path
) -> None:
    config = config_for(tmp_path, min_accounts=50)
    write_posts(spark, config)
    numbers = communities.run(spark, config)
    assert numbers.communities["louvain"].modularity is None
    assert (numbers.hashtags.tags, numbers.hashtags.isolated) == (0, 6)
    assert not any(written(spark, config).values())
    assert (tmp_path / "figures" / "community_structure.png").exists()
