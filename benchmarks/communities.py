"""Communities: how good they are, how long they take, and beside whom.

    PYTHONPATH=lib:. .venv/bin/python benchmarks/communities.py [--edges 1000000 10000000]
    ... --quality DIR   the real graphs of a folder and LFR graphs, beside igraph
    ... --posts FILE    the hashtag graph of a file of posts
    ... --pairs         the pairs of hashtags of a million posts, with one hashtag in half of them

Of the first: a graph with planted communities (of a hundred vertices, mean degree 20, three
edges of ten lead out) in Parquet. A round of weighted label propagation is the difference
between 12 and 2 rounds, divided by 10; what a round costs whatever its edges is told by a graph of
a thousand. The peers take turns with it, each from the edges in its own memory: igraph's and
networkx's label propagation until they end, GraphFrames' with as many rounds.

The folder of `--quality` has karate.gml, polbooks.gml and so on; LFR graphs (networkx) have 1,000
vertices of mean degree 20, and the mixing that is told is counted in them.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from images_machine import machine

_REAL = ("karate", "polbooks", "football", "polblogs", "eu-core")
_UNIT = 1_000_000
_ROUNDS = (2, 12)
Pairs = np.ndarray


def planted(edges: int, seed: int = 1) -> Pairs:
    """Edges of a graph with communities of a hundred vertices; each once, src < dst."""
    random = np.random.default_rng(seed)
    count = max(200, edges // 10)
    src = random.integers(0, count, edges + edges // 50)
    near = src // 100 * 100 + random.integers(0, 100, len(src))
    dst = np.where(random.random(len(src)) < 0.7, near, random.integers(0, count, len(src)))
    dst = np.minimum(dst, count - 1)
    ends = np.stack([np.minimum(src, dst), np.maximum(src, dst)], axis=1)
    ends = ends[ends[:, 0] < ends[:, 1]]
    keys = np.unique(ends[:, 0] * count + ends[:, 1])
    keys = np.sort(random.permutation(keys)[:edges])
    return np.stack([keys // count, keys % count], axis=1)


def frame(spark: Any, pairs: Pairs, path: Path) -> Any:
    """The edges as the algorithms take them, from Parquet."""
    weights = np.full(len(pairs), _UNIT)
    columns = {"src": pairs[:, 0], "dst": pairs[:, 1], "weight": weights}
    pq.write_table(pa.table(columns), path, row_group_size=len(pairs) // 4 + 1)
    return spark.read.parquet(str(path))


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def weighted(edges: Any, rounds: int) -> None:
    """So many rounds of weighted label propagation, settled or not."""
    from influencers.communities.weighted_label_propagation import weighted_label_propagation

    with weighted_label_propagation(edges, max_iterations=rounds, tolerance=-1.0) as found:
        found.count()


def graphframes(edges: Any, rounds: int) -> None:
    """As many rounds of GraphFrames' own, in which weights do not count."""
    from influencers.communities.label_propagation import label_propagation

    with label_propagation(edges, rounds=rounds) as found:
        found.count()


def louvain(edges: Any, driver_edges: int) -> None:
    """Louvain, with so many edges left to the driver."""
    from influencers.communities.louvain import louvain as run

    with run(edges, driver_edges=driver_edges, seed=1) as found:
        found.count()


def networkx_labels(graph: Any) -> None:
    """Networkx's quickest label propagation."""
    import networkx as nx

    list(nx.community.fast_label_propagation_communities(graph, seed=1))


def speed(spark: Any, chosen: argparse.Namespace, folder: Path) -> None:
    """Print what a round costs, and what others take."""
    import igraph
    import networkx as nx

    fixed = _round_seconds(frame(spark, planted(1_000), folder / "few"), chosen.rounds)
    print(f"a round of 1,000 edges: {fixed:.2f} s", flush=True)
    whole: dict[int, float] = {}
    for count in chosen.edges:
        pairs = planted(count)
        edges = frame(spark, pairs, folder / f"edges-{count}")
        each = _round_seconds(edges, chosen.rounds)
        rate = len(pairs) / max(each - fixed, 1e-9)
        print(f"{len(pairs):,} edges: a round {each:.2f} s; beyond the fixed cost "
              f"{rate / 1e6:.2f} M edge-rounds a second", flush=True)  # fmt: skip
        contenders: dict[str, Callable[[], object]] = {
            "weighted label propagation, 12 rounds": partial(weighted, edges, 12),
        }
        if count <= chosen.most_for_peers:
            own, other = igraph.Graph(pairs.tolist()), nx.Graph(pairs.tolist())
            contenders |= {
                "GraphFrames label propagation, 12 rounds": partial(graphframes, edges, 12),
                "Louvain on the driver": partial(louvain, edges, 10**9),
                "igraph label propagation": own.community_label_propagation,
                "igraph Louvain": own.community_multilevel,
                "networkx label propagation": partial(networkx_labels, other),
            }
        took: dict[str, list[float]] = {name: [] for name in contenders}
        for _, (name, work) in itertools.product(range(chosen.rounds), contenders.items()):
            took[name].append(seconds(work))
        for name, found in took.items():
            print(f"{len(pairs):,} edges: {name}: {statistics.median(found):.1f} s", flush=True)
        whole[count] = statistics.median(took["weighted label propagation, 12 rounds"])
    for small, large in itertools.pairwise(chosen.edges):
        print(f"from {small:,} to {large:,} edges: {whole[large] / whole[small]:.1f} times as long")


def _round_seconds(edges: Any, times: int) -> float:
    few, many = _ROUNDS
    weighted(edges, few)  # what is compiled the first time
    found = [
        (seconds(lambda: weighted(edges, many)) - seconds(lambda: weighted(edges, few)))
        / (many - few)
        for _ in range(times)
    ]
    return statistics.median(found)


def quality(spark: Any, chosen: argparse.Namespace) -> None:
    """Print the modularity of real graphs, and what is found again of LFR graphs."""
    import networkx as nx

    for name in _REAL:
        graph = nx.Graph(nx.read_gml(chosen.quality / f"{name}.gml", label="id"))
        graph.remove_edges_from(list(nx.selfloop_edges(graph)))
        graph.remove_nodes_from(list(nx.isolates(graph)))
        best = max(_igraph_modularity(graph) for _ in range(3))
        told = [f"igraph Louvain, best of three, {best:.4f}"]
        for way, found in _found(spark, graph).items():
            q = nx.community.modularity(graph, _sets(found), weight=None)
            told.append(f"{way} {q:.4f} ({q / best:.1%})")
        print(f"{name}: {'; '.join(told)}", flush=True)
    for asked in chosen.mixing:
        graph = nx.LFR_benchmark_graph(
            1000, 3, 1.5, asked, average_degree=20, max_degree=50, min_community=20,
            max_community=100, seed=chosen.seed,
        )  # fmt: skip
        graph.remove_edges_from(list(nx.selfloop_edges(graph)))
        truth = {node: min(graph.nodes[node]["community"]) for node in graph}
        mixing = np.mean([truth[a] != truth[b] for a, b in graph.edges])
        found = _found(spark, graph)
        told = [f"{way} {_nmi(truth, own):.3f}" for way, own in found.items()]
        print(f"LFR, mixing {mixing:.2f}: NMI {'; '.join(told)}", flush=True)


def _found(spark: Any, graph: Any) -> dict[str, dict[Any, int]]:
    """The communities of a graph by each way, by node."""
    from influencers.communities.algorithms import find_communities
    from influencers.config import ALGORITHMS, CommunitiesConfig

    edges = spark.createDataFrame(
        [(*sorted((str(a), str(b))), _UNIT) for a, b in graph.edges],
        "src string, dst string, weight bigint",
    )
    nodes = {str(node): node for node in graph}
    ways = [(name, (name,), {}) for name in ALGORITHMS]
    ways.append(("louvain by DataFrames", ("louvain",), {"driver_edges": 0}))
    result = {}
    for way, names, settings in ways:
        with find_communities(edges, names, replace(CommunitiesConfig(), **settings)) as found:
            result[way] = {nodes[row.hashtag]: row.community for row in found.collect()}
    return result


def _sets(found: dict[Any, int]) -> list[set[Any]]:
    groups: dict[int, set[Any]] = {}
    for node, community in found.items():
        groups.setdefault(community, set()).add(node)
    return list(groups.values())


def _igraph_modularity(graph: Any) -> float:
    import igraph

    return float(igraph.Graph.from_networkx(graph).community_multilevel().modularity)


def _nmi(truth: dict[Any, int], found: dict[Any, int]) -> float:
    from sklearn.metrics import normalized_mutual_info_score

    nodes = sorted(found)
    return float(normalized_mutual_info_score([truth[n] for n in nodes], [found[n] for n in nodes]))


def posts(spark: Any, chosen: argparse.Namespace, folder: Path) -> None:
    """Print what the job makes of a file of posts, without and with its backbone."""
    from influencers.config import load
    from jobs import communities, ingest

    settings = [f"paths.output={folder}/out", f'paths.input=["{chosen.posts}"]']
    ingest.run(spark, load(None, settings))
    for backbone in ("none", "mutual", "disparity"):
        config = load(None, [*settings, f"communities.backbone={backbone}"])
        took = time.perf_counter()
        numbers = communities.run(spark, config)
        took = time.perf_counter() - took
        graph = numbers.hashtags
        print(f"backbone {backbone}: {graph.tags:,} hashtags, {graph.edges:,} links; {took:.0f} s")
        for name, one in numbers.communities.items():
            print(f"  {name}: modularity {one.modularity:.4f}, {one.communities} "
                  f"communities, the largest {one.largest_share:.1%} of hashtags")  # fmt: skip


def pairs(spark: Any, chosen: argparse.Namespace, folder: Path) -> None:
    """Print how long the pairs of a million posts take, with and without a hashtag in half."""
    from pyspark.sql import functions as F

    from influencers.communities.cooccurrence import bounded_tags, pair_counts

    random = np.random.default_rng(3)
    count = chosen.posts_for_pairs
    ranks = random.zipf(1.3, (count, 8)) % 50_000
    tags = pd.Series([[f"t{n}" for n in row] for row in ranks.tolist()])
    half = random.random(count) < 0.5
    crowded = pd.Series([[*own, "everywhere"] if one else own
                         for own, one in zip(tags, half, strict=True)])  # fmt: skip
    owners = random.integers(0, count // 20, count)
    took: dict[str, list[float]] = {"without it": [], "one hashtag in half of the posts": []}
    for name, column in zip(took, (tags, crowded), strict=True):
        table = pa.table({"owner_id": owners, "hashtags": pa.array(column.tolist())})
        pq.write_table(table, folder / name, row_group_size=count // 8)
    for _, name in itertools.product(range(chosen.rounds + 1), took):
        frame = bounded_tags(spark.read.parquet(str(folder / name)), max_tags=30)
        took[name].append(seconds(lambda f=frame: pair_counts(f).agg(F.sum("posts")).collect()))
    plain, crowd = (statistics.median(each[1:]) for each in took.values())
    print(f"pairs of {count:,} posts: {plain:.1f} s without, {crowd:.1f} s with one hashtag in "
          f"half of them: {crowd / plain:.2f} times as long")  # fmt: skip


def main(arguments: Iterable[str] | None = None) -> None:
    """Read what to measure, measure it, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edges", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=3, help="how often each is timed")
    parser.add_argument("--most-for-peers", type=int, default=1_000_000, metavar="EDGES")
    parser.add_argument("--quality", type=Path, metavar="DIR")
    parser.add_argument("--mixing", type=float, nargs="+", default=[0.1, 0.2, 0.3, 0.4])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--posts", type=Path, metavar="FILE")
    parser.add_argument("--pairs", action="store_true")
    parser.add_argument("--posts-for-pairs", type=int, default=1_000_000)
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    chosen = parser.parse_args(arguments)
    from influencers.run.session import build_session

    print(machine())
    settings = {
        "spark.master": f"local[{chosen.cores}]",
        "spark.ui.enabled": "false",
        "spark.driver.memory": "8g",
        "spark.sql.shuffle.partitions": str(2 * chosen.cores),
    }
    spark = build_session("benchmark communities", settings)
    with tempfile.TemporaryDirectory(prefix="benchmark-communities-") as folder:
        spark.sparkContext.setCheckpointDir(f"{folder}/checkpoints")
        if chosen.quality:
            quality(spark, chosen)
        elif chosen.posts:
            posts(spark, chosen, Path(folder))
        elif chosen.pairs:
            pairs(spark, chosen, Path(folder))
        else:
            speed(spark, chosen, Path(folder))


if __name__ == "__main__":
    main()
