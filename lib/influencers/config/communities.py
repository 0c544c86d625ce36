"""Settings of hashtag communities."""

from __future__ import annotations

from dataclasses import dataclass

from influencers.config.checks import (
    above,
    at_least,
    at_most,
    below,
    empty_or,
    one_of,
    require,
    some_of,
    within,
)
from influencers.config.setting import Section, setting

# What `communities.algorithms` declares, by name, in the order in which they are reported.
ALGORITHMS = ("label_propagation", "weighted_label_propagation", "louvain")


@dataclass(frozen=True)
class CommunitiesConfig(Section, section="communities"):
    """How hashtags are linked and grouped."""

    edges: str = setting(
        "", "CSV file of links, src,dst[,weight], to use instead of the posts' hashtags."
    )
    algorithms: tuple[str, ...] = setting(
        ALGORITHMS, "Algorithms of community detection to run.", some_of(*ALGORITHMS)
    )
    chosen: str = setting(
        "",
        "Algorithm whose communities the accounts, the figure and the report show. Empty: the one "
        "with the highest modularity.",
    )
    max_tags: int = setting(
        30,
        "Number of hashtags of a post that count, in the order written; the number of pairs grows "
        "with its square.",
        at_least(2),
    )
    max_account_share: float = setting(
        0.5,
        "Share of accounts above which a hashtag is too common: it is left out of the graph.",
        above(0) & at_most(1),
    )
    min_accounts: int = setting(
        2,
        "Minimum number of accounts that use two hashtags together for the two to be linked.",
        at_least(1),
    )
    backbone: str = setting(
        "mutual",
        "Which links are kept. mutual: those among the heaviest of both ends; disparity: those "
        "that the disparity filter finds significant; none: all.",
        one_of("none", "disparity", "mutual"),
    )
    significance: float = setting(
        0.2, "Significance level of the disparity filter: a smaller one keeps fewer links.",
        above(0) & below(1),
    )  # fmt: skip
    neighbours: int = setting(
        30,
        "Maximum number of links per hashtag in the mutual backbone.",
        at_least(1),
    )
    rounds: int = setting(
        10,
        "Iterations of label propagation; real posts converge in eight to twelve.",
        at_least(1),
    )
    max_iterations: int = setting(
        60,
        "Maximum number of iterations of weighted label propagation, which ends at convergence.",
        at_least(1),
        was="most_rounds",
    )
    tolerance: float = setting(
        0.001,
        "Convergence tolerance of weighted label propagation: the share of hashtags that may "
        "still change their community.",
        at_least(0) & below(1),
        was="settled_share",
    )
    driver_edges: int = setting(
        2_000_000,
        "Number of links up to which Louvain and weighted label propagation run in the driver's "
        "memory. 0: never.",
        within(0, 100_000_000),
    )
    seed: int = setting(20_170_401, "Random seed of Louvain on the driver.", at_least(0))
    stability_runs: int = setting(
        0,
        "Number of repetitions with some links left out, to measure how stable the communities "
        "are; 10 is enough. 0: none.",
        within(0, 100),
    )
    stability_dropped: float = setting(
        0.1, "Share of links that each of these repetitions leaves out.", above(0) & below(1)
    )
    graphml_edges: int = setting(
        100_000,
        "Number of heaviest links that are written as GraphML. 0: no such file.",
        within(0, 5_000_000),
    )
    profile_entries: int = setting(
        10,
        "Number of distinctive hashtags and of typical accounts listed for each community.",
        within(1, 100),
    )
    figure_communities: int = setting(
        8, "Number of largest communities that the figure shows, in 8 colours.", within(1, 8)
    )
    figure_tags: int = setting(
        12, "Number of hashtags that the figure shows of each community.", within(1, 15)
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        chosen = empty_or(*self.algorithms)
        require(chosen.holds(self.chosen), "communities.chosen", chosen.wanted, self.chosen)
