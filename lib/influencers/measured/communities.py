"""The hashtag graph and its communities."""

from __future__ import annotations

from dataclasses import dataclass

from influencers.measured.keys import ABSENT, Absent, Written, key, key_if_known


@dataclass(frozen=True)
class Hashtags:
    """What of the posts' hashtags, and of all links between them, is in the graph."""

    tags: int | None = key("Hashtags with a link; null before communities.", None)
    edges: int | None = key("Links of the backbone; null before communities.", None)
    isolated: int | None = key("Different hashtags without a link; null before communities.", None)
    ubiquitous: int | None = key(
        "Hashtags left out, as too many accounts use them; null before communities.", None
    )
    cut: int | None = key(
        "Posts with more hashtags than are counted; null before communities.", None
    )
    edges_share: float | None = key(
        "Share of all links that the backbone keeps, 0 to 1; null without links. Missing before "
        "communities.",
        None,
        written=Written.ONCE_MEASURED,
    )
    tags_share: float | None = key(
        "Share of linked hashtags that it keeps, 0 to 1; null without links. Missing before "
        "communities.",
        None,
        written=Written.ONCE_MEASURED,
    )
    weight_share: float | None = key(
        "Share of the links' weight that it keeps, 0 to 1; null without links. Missing before "
        "communities.",
        None,
        written=Written.ONCE_MEASURED,
    )
    cut_tags: int | None = key_if_known(
        "Hashtags left out of these posts, summed over posts. Missing before communities."
    )


@dataclass(frozen=True)
class Stability:
    """How alike communities are to those found with some links left out."""

    runs: int = key("How many times they were found anew.")
    mean_ami: float = key(
        "Mean adjusted mutual information, from 0 as chance has it to 1 the same."
    )
    least_ami: float = key("The least of them.")


@dataclass(frozen=True)
class Quality:
    """One algorithm's division of the hashtag graph into communities."""

    modularity: float | None = key(
        "With the links' weights, -0.5 to 1; null for a graph without links.", None
    )
    modularity_unweighted: float | None = key(
        "The same with every link counted once; null for a graph without links.", None
    )
    communities: int = key("How many there are.", 0)
    largest_share: float | None = key(
        "Share of all hashtags that is in the largest, 0 to 1; null where there is none.", None
    )
    tags: int = key("Hashtags with a community.", 0)
    edges: int = key("Links of the graph.", 0)
    chosen: bool = key("Whether its communities are described and shown.", False)
    accounts: int | None = key_if_known(
        "Accounts with a community. Missing but for the chosen algorithm."
    )
    stability: Stability | Absent | None = key(
        "How alike its communities are to those found with some links left out; null where that "
        "leaves no links. Missing but for the chosen algorithm, and where it is not asked for.",
        ABSENT,
        written=Written.IF_OTHER,
    )
