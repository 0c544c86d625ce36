"""A graph as GraphML, which Gephi, Cytoscape and networkx open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import StringIO
from xml.sax.saxutils import quoteattr

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from influencers.communities.cooccurrence import WEIGHT_UNIT
from influencers.run import persisted

_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_KEYS = (
    ("label", "node", "string"),
    ("community", "node", "long"),
    ("weight", "edge", "double"),
    ("accounts", "edge", "long"),
    ("posts", "edge", "long"),
)


def heaviest(edges: DataFrame, *, most: int) -> DataFrame:
    """The heaviest edges, ties by name: at most so many."""
    return edges.orderBy(F.desc("weight"), "src", "dst").limit(most)


def heaviest_as_graphml(edges: DataFrame, communities: DataFrame, *, most: int) -> str:
    """The text of a GraphML file of the heaviest edges and their ends.

    Args:
        edges: src, dst, posts, accounts, weight in millionths.
        communities: hashtag, community; of one algorithm.
        most: how many edges; these and their ends reach the driver.
    """
    with persisted.frames(persisted.IN_MEMORY) as keep:
        drawn = keep(heaviest(edges, most=most))
        ends = drawn.select(F.explode(F.array("src", "dst")).alias("hashtag")).distinct()
        shown = communities.join(ends, "hashtag", how="left_semi")
        return graphml(drawn.collect(), shown.collect())


def graphml(edges: Iterable[Row], communities: Iterable[Row]) -> str:
    """The text of a GraphML file, undirected; the same graph gives the same text.

    Args:
        edges: src, dst, posts, accounts (null: left out), weight in millionths.
        communities: hashtag, community; for every end of an edge.
    """
    text = StringIO()
    text.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    text.write('<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n')
    for name, of, kind in _KEYS:
        text.write(f'<key id="{name}" for="{of}" attr.name="{name}" attr.type="{kind}"/>\n')
    text.write('<graph edgedefault="undirected">\n')
    places = {}
    for place, row in enumerate(sorted(communities, key=lambda row: row["hashtag"])):
        places[row["hashtag"]] = place
        text.write(f'<node id="n{place}">')
        text.write(f'<data key="label">{_escaped(row["hashtag"])}</data>')
        text.write(f'<data key="community">{row["community"]}</data></node>\n')
    for row in sorted(edges, key=lambda row: (row["src"], row["dst"])):
        text.write(f'<edge source="n{places[row["src"]]}" target="n{places[row["dst"]]}">')
        text.write(f'<data key="weight">{row["weight"] / WEIGHT_UNIT!r}</data>')
        for name in ("accounts", "posts"):
            if row[name] is not None:
                text.write(f'<data key="{name}">{row[name]}</data>')
        text.write("</edge>\n")
    text.write("</graph>\n</graphml>\n")
    return text.getvalue()


def without_impossible(text: str) -> str:
    """The text with U+FFFD for what XML 1.0 cannot hold, not even escaped."""
    return _IMPOSSIBLE.sub("\ufffd", text)


def _escaped(hashtag: str) -> str:
    return quoteattr(without_impossible(hashtag), {'"': "&quot;"})[1:-1]
