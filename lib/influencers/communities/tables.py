"""The hashtag graph, its communities, and the accounts and months of these."""

from __future__ import annotations

from influencers.config import ALGORITHMS
from influencers.storage.table import (
    FRACTION,
    PER_FOLLOWER,
    Table,
    bigint,
    double,
    string,
    structs,
    timestamp,
)

*_FIRST, _LAST = (f"`{name}`" for name in ALGORITHMS)
_ALGORITHM = string("algorithm", f"{', '.join(_FIRST)} or {_LAST}")
_CHOSEN = string(
    "algorithm", "the chosen algorithm: `communities.chosen`, else that of the highest modularity"
)
_COMMUNITY = bigint(
    "community",
    "number of the community under the algorithm: 0 is the largest, ties by smallest hashtag; "
    "numbered anew by every run",
)

HASHTAG_EDGES = Table(
    "hashtag_edges",
    grain="an edge of the hashtag graph's backbone: two hashtags that accounts use in one post "
    "more often than by chance, or two ends of `communities.edges`",
    key=("src", "dst"),
    job="communities",
    columns=(
        string("src", "the hashtag that sorts first; `src` < `dst`"),
        string("dst", "the other hashtag"),
        bigint("posts", "posts with both", null="the edge is of `communities.edges`"),
        bigint(
            "accounts",
            "accounts that use both in one post",
            null="the edge is of `communities.edges`",
        ),
        bigint(
            "weight",
            "normalised pointwise mutual information (NPMI, Bouma 2009) of the two by accounts, "
            "rounded; above 0. For edges of `communities.edges` the sum of their weights there",
            unit="millionths",
        ),
    ),
)

COMMUNITIES = Table(
    "communities",
    grain="a hashtag of the graph under one algorithm",
    key=("algorithm", "hashtag"),
    job="communities",
    columns=(_ALGORITHM, string("hashtag", "the hashtag, without `#`"), _COMMUNITY),
)

ACCOUNT_COMMUNITIES = Table(
    "account_communities",
    grain="an account that uses a hashtag of the graph, under the chosen algorithm and that of "
    "`models.community_algorithm`",
    key=("algorithm", "owner_id"),
    job="communities",
    columns=(
        _ALGORITHM,
        bigint("owner_id", "id of the account"),
        bigint(
            "community",
            "the community that most of its uses of hashtags lie in, rare hashtags weighing more "
            "(inverse document frequency); ties go to the smaller number",
        ),
        double(
            "share",
            "its uses of hashtags in that community, by the same weights, among its uses of all "
            "hashtags of the graph",
            unit=FRACTION,
        ),
    ),
)

COMMUNITY_PROFILES = Table(
    "community_profiles",
    grain="a community of the chosen algorithm",
    key=("algorithm", "community"),
    job="communities",
    columns=(
        _CHOSEN,
        _COMMUNITY,
        bigint("hashtags", "hashtags in it"),
        double("share", "its hashtags among all of the graph", unit=FRACTION),
        double(
            "conductance",
            "weight of the edges that leave it, divided by the strength of the smaller side: 0 "
            "where none leaves, 1 where all do",
            unit=FRACTION,
            null="there is no other community",
        ),
        bigint("accounts", "accounts in it"),
        bigint(
            "posts",
            "posts in it: most of their hashtags of the graph are; ties go to the smaller number",
        ),
        structs(
            "marking",
            "its distinctive hashtags, the most distinctive first: by accounts × ln(lift)",
            string("hashtag", "the hashtag, without `#`"),
            double(
                "lift",
                "how many times likelier an account of the community uses it than any account",
                unit="ratio",
            ),
            bigint("accounts", "accounts of the community that use it"),
            null="no account is in it",
        ),
        structs(
            "representatives",
            "its typical accounts, the most typical first: by its hashtags that they use × their "
            "share",
            bigint("owner_id", "id of the account"),
            string("owner_username", "handle at its latest post", null="not given"),
            double("share", "as `share` in `account_communities`", unit=FRACTION),
            null="no account is in it",
        ),
        *(
            double(
                f"engagement_rate_{name}",
                f"{what} of its accounts' median engagement rates on posts in it",
                unit=PER_FOLLOWER,
                null="no engagement rate of its posts is known",
            )
            for name, what in (
                ("p25", "25th percentile"), ("median", "median"), ("p75", "75th percentile"),
            )
        ),
        double(
            "growth",
            "its share of posts in the later half of all posts in communities, divided by that in "
            "the earlier half: 1 is steady",
            unit="ratio",
            null="no post of it is in the earlier half",
        ),
    ),
)  # fmt: skip

COMMUNITY_GROWTH = Table(
    "community_growth",
    grain="a month in which a community of the chosen algorithm has a post",
    key=("algorithm", "community", "month"),
    job="communities",
    columns=(
        _CHOSEN,
        _COMMUNITY,
        timestamp("month", "first moment of the month"),
        bigint("posts", "posts of the community in the month"),
        bigint("accounts", "accounts that posted them"),
        double("share", "its posts among all posts in communities of that month", unit=FRACTION),
    ),
)
