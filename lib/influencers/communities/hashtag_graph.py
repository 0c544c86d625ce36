"""The graph of hashtags, of posts or of an edge list: all links, the backbone, and its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from pyspark.sql import DataFrame

from influencers.communities.backbone import BACKBONES, kept
from influencers.communities.cooccurrence import (
    left_out,
    linked_tags,
    pair_counts,
    ubiquitous_tags,
    without_tags,
)
from influencers.communities.edge_list import edges_from_rows
from influencers.config import CommunitiesConfig
from influencers.measured.communities import Hashtags
from influencers.run import persisted


@dataclass(frozen=True)
class HashtagGraph:
    """Links between hashtags.

    Attributes:
        bounded: as from `cooccurrence.bounded_tags`.
        uses: as from `cooccurrence.tag_uses`, of the same posts.
        links: src, dst, weight: all of them; persisted.
        backbone: those of them that say something of their ends, the table hashtag_edges.
        ubiquitous: hashtags left out, as too many accounts use them; by name.
    """

    bounded: DataFrame
    uses: DataFrame
    links: DataFrame
    backbone: DataFrame
    ubiquitous: Sequence[str]

    def counts(self, edges: DataFrame) -> Hashtags:
        """What of the posts and of all links is in the graph, for metrics.json.

        Args:
            edges: the backbone as it was written.
        """
        return Hashtags(
            ubiquitous=len(self.ubiquitous),
            **asdict(kept(self.links, edges)),
            **left_out(self.bounded, self.uses, edges),
        )


@contextmanager
def linked(
    bounded: DataFrame, uses: DataFrame, rows: DataFrame | None, settings: CommunitiesConfig
) -> Iterator[HashtagGraph]:
    """The graph of hashtags that are used together; its links are kept until the block ends.

    Args:
        bounded: as from `cooccurrence.bounded_tags`.
        uses: as from `cooccurrence.tag_uses`, of the same posts; persisted.
        rows: of an edge list that takes the place of posts (see `edge_list.edges_from_rows`).
        settings: what is too common, the least accounts, the backbone.

    Raises:
        UserError: the edge list cannot be read.
    """
    common: list[str] = []
    if rows is not None:
        links = edges_from_rows(rows, source=settings.edges)
    else:
        common = ubiquitous_tags(uses, max_account_share=settings.max_account_share)
        pairs = pair_counts(without_tags(bounded, common))
        links = linked_tags(pairs, uses, min_accounts=settings.min_accounts)
    with persisted.frames(persisted.IN_MEMORY) as keep:
        links = keep(links)
        backbone = BACKBONES[settings.backbone](
            links, significance=settings.significance, neighbours=settings.neighbours
        )
        yield HashtagGraph(bounded, uses, links, backbone, common)


def remarks(counts: Hashtags, ubiquitous: Sequence[str], settings: CommunitiesConfig) -> list[str]:
    """What is worth saying of the graph, a line each.

    Args:
        counts: what `HashtagGraph.counts` counted.
        ubiquitous: hashtags left out, as too many accounts use them.
        settings: the bounds that were applied.
    """
    lines = [
        f"hashtag graph: {counts.tags:,} hashtags, {counts.edges:,} links; "
        f"{counts.isolated:,} hashtags without one, {counts.cut_tags:,} cut from posts "
        f"with more than {settings.max_tags}"
    ]
    if ubiquitous:
        named = ", ".join(ubiquitous[:5]) + (", …" if len(ubiquitous) > 5 else "")
        lines.append(
            f"left out, as more than {settings.max_account_share:.0%} of accounts use "
            f"them: {len(ubiquitous):,} ({named})"
        )
    if settings.backbone != "none" and counts.edges_share is not None:
        lines.append(
            f"backbone ({settings.backbone}): keeps {counts.tags_share:.1%} of linked "
            f"hashtags, {counts.edges_share:.1%} of links, "
            f"{counts.weight_share:.1%} of weight"
        )
    return lines
