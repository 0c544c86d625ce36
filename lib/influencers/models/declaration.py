"""What each model may look at: every column with its group, and the groups each label may use.

Features of posts and accounts are declared in `influencers.features`, each with its group; here the
groups are opened or forbidden. A column that is not declared cannot be a feature, and one whose
group the label does not list is a leak: `influencers.models.leakage` holds training to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pyspark.sql.types import BooleanType, StringType

from influencers.features import accounts, duplicates, images, posts
from influencers.features.feature import Feature as Declared
from influencers.models.label_rules import Rule, TimesMedian, TopShare

INFLUENCE, VIRALITY = "influence", "virality"
MODELS = (INFLUENCE, VIRALITY)

# What a model may know of the author: all that was known before posting, or nothing of the author's
# posts, for accounts that are new.
BEFORE_POSTING, WITHOUT_HISTORY = "before_posting", "without_history"
VARIANTS = (BEFORE_POSTING, WITHOUT_HISTORY)

NUMERIC, BOOLEAN, CATEGORICAL, OTHER = "numeric", "boolean", "categorical", "other"

# Groups that no label lists: these columns are never features, and this is why.
FORBIDDEN = {
    "identity": "it names the row",
    "clock": "it says when, and a split by time leaves nothing to learn from it",
    "exposure": "it is known only at the crawl, and in a split by time all of it is extrapolation",
    "outcome": "it is the post's own success, or computed from it",
    "audience": "it is the account's followers, or computed from them",
    "covered": "another feature says the same",
    "hindsight": "it is found in the posts of all time, the scored one and later ones among them",
}


@dataclass(frozen=True)
class Feature:
    """A column that a model could look at.

    Attributes:
        group: the kind of knowledge it is; labels allow or forbid whole groups.
        table: where it comes from.
        kind: numeric, boolean, categorical, or other (never usable).
        title: its name in figures.
    """

    name: str
    group: str
    table: str
    kind: str = NUMERIC
    title: str = ""


@dataclass(frozen=True)
class Label:
    """What a model is asked to tell.

    Attributes:
        rule: how it follows from a row.
        groups: the groups of features it may use.
        baselines: who the forest must beat: a name, and the SQL whose value alone ranks the rows.
    """

    name: str
    model: str
    title: str
    definition: str
    rule: Rule
    groups: frozenset[str]
    baselines: Mapping[str, str]


# The groups that labels of accounts and of posts may use, in the order in which their models have
# the features: forests depend on it.
_ABOUT_ACCOUNTS = (
    "activity", "cadence", "engagement", "content", "image", "duplicates", "community",
)  # fmt: skip
_BEFORE_POSTING = ("format", "text", "timing", "author", "history", "image", "duplicates")
_GROUPS = {INFLUENCE: _ABOUT_ACCOUNTS, VIRALITY: _BEFORE_POSTING}

# Ids of communities are numbered anew by every run, so a saved model cannot know them: how large
# the community is, and how much of the account lies in it, mean the same in the next run.
_COMMUNITY = tuple(
    Feature(name, "community", "account_communities", title=title)
    for name, title in (
        ("community_share", "share of hashtags in its community"),
        ("community_size", "size of its community"),
    )
)
# Of a post's author they would know what was posted later, and the post's own hashtags. They stay
# declared, so that models that were saved with them can be asked.
_COMMUNITY_OF_AUTHOR = tuple(replace(feature, group="hindsight") for feature in _COMMUNITY)

# What the row describes the account by, see `periods`.
_PERIOD = Feature("period", "identity", "periods", OTHER, "period")

# What the variant for new accounts does without.
_OF_HISTORY = frozenset({"history"})

# Groups that are made of the posts of all time, whoever wrote them: they describe an account as a
# whole, but are unknown where accounts are described as they were at a time (see `periods`).
OF_ALL_TIME = frozenset({"community"})

# Groups whose unknown values become the median and nothing else.
SILENT_GAPS = frozenset({"image", "duplicates"})

KEYS = {INFLUENCE: "owner_id", VIRALITY: "shortcode"}
TABLES = {INFLUENCE: "accounts", VIRALITY: "post_features"}
CLOCKS = {INFLUENCE: "first_post_at", VIRALITY: "created_at"}


def in_order(features: Iterable[Declared], model: str) -> list[Declared]:
    """Features by group, as a model has them; those of one group as they come.

    Raises:
        ValueError: a group is neither forbidden nor open to a label of the model.
    """
    groups = (*FORBIDDEN, *_GROUPS[model])
    features = list(features)
    for feature in features:
        if feature.group not in groups:
            raise ValueError(f"feature {feature.name} is of no known group: {feature.group}")
    return sorted(features, key=lambda feature: groups.index(feature.group))


def described(features: Iterable[Declared], model: str, table: str) -> tuple[Feature, ...]:
    """Features as a model knows them, in its order.

    Args:
        features: of posts or of accounts.
        model: influence or virality.
        table: where they come from.
    """
    return tuple(
        Feature(feature.name, feature.group, table, _kind(feature), feature.title or feature.name)
        for feature in in_order(features, model)
    )


def _kind(feature: Declared) -> str:
    """What a column is to a model; what has no title is to none."""
    if not feature.title:
        return OTHER
    kinds = {BooleanType: BOOLEAN, StringType: CATEGORICAL}
    return kinds.get(type(feature.column.type), NUMERIC)


# What an account did comes before what it was last seen with: its table has them the other way.
_OF_ACCOUNT = (
    *accounts.ACTIVITY, *accounts.LAST_SEEN, *accounts.OF_TIER, *accounts.MEASURES,
    *accounts.RATIOS,
)  # fmt: skip

FEATURES: dict[str, tuple[Feature, ...]] = {
    INFLUENCE: (
        *described(_OF_ACCOUNT, INFLUENCE, TABLES[INFLUENCE]),
        *described(images.ACCOUNT_FEATURES, INFLUENCE, "images"),
        *described(duplicates.ACCOUNT_FEATURES, INFLUENCE, "duplicate_pairs"),
        *_COMMUNITY,
        _PERIOD,
    ),
    VIRALITY: (
        *described(posts.FEATURES, VIRALITY, TABLES[VIRALITY]),
        *described(images.FEATURES, VIRALITY, "images"),
        *described(duplicates.FEATURES, VIRALITY, "duplicate_pairs"),
        *_COMMUNITY_OF_AUTHOR,
    ),
}

LABELS: dict[str, Label] = {
    label.name: label
    for label in (
        Label(
            name="top_followers",
            model=INFLUENCE,
            title="influential accounts",
            definition="followers at or above the threshold of the top share of training accounts",
            rule=TopShare("followers", share="influential_share"),
            groups=frozenset(_ABOUT_ACCOUNTS),
            # No followers_only: the label is made of followers.
            baselines={
                "history_only": "median_likes + coalesce(median_comments, 0)",
                "likes_only": "mean_likes",
            },
        ),
        Label(
            name="top_likes",
            model=VIRALITY,
            title="viral posts",
            definition="likes at or above the threshold of the top share of training posts",
            rule=TopShare("likes", share="viral_share"),
            groups=frozenset(_BEFORE_POSTING),
            # What the author's usual engagement rate promises of that many followers.
            baselines={
                "history_only": "history_median_engagement_rate * followers",
                "followers_only": "followers",
                "likes_only": "history_median_likes",
            },
        ),
        Label(
            name="top_engagement_in_tier",
            model=VIRALITY,
            title="viral posts within their follower tier",
            definition=(
                "engagement rate at or above the threshold of the top share of training posts "
                "of its follower tier"
            ),
            rule=TopShare(
                "engagement_rate", share="viral_share", within="tier", unit=1_000_000_000
            ),
            groups=frozenset(_BEFORE_POSTING),
            baselines={
                "history_only": "history_median_engagement_rate",
                "followers_only": "followers",
                "likes_only": "history_median_likes",
            },
        ),
        Label(
            name="beats_own_history",
            model=VIRALITY,
            title="posts that beat their author's own history",
            definition="likes at least `factor` times the median likes of the author's last posts",
            rule=TimesMedian("likes", "history_median_likes", factor="beats_factor"),
            groups=frozenset(_BEFORE_POSTING),
            # Who has outdone the own median before may do so again.
            baselines={
                "history_only": "try_divide(history_max_likes, history_median_likes)",
                "followers_only": "followers",
                "likes_only": "history_median_likes",
            },
        ),
    )
}


def labels_of(model: str) -> tuple[str, ...]:
    """The names of the labels a model can be trained for, the default first."""
    return tuple(name for name, label in LABELS.items() if label.model == model)


def declared(model: str) -> dict[str, Feature]:
    """Every declared column of a model, by name."""
    return {feature.name: feature for feature in FEATURES[model]}


def variants_of(label: Label) -> tuple[str, ...]:
    """The variants a label can be trained in, the default first."""
    return VARIANTS if label.groups & _OF_HISTORY else VARIANTS[:1]


def open_to(
    label: Label, features: Iterable[Feature], variant: str = BEFORE_POSTING
) -> tuple[Feature, ...]:
    """Those of the features that a label may use in a variant, as they come."""
    groups = label.groups - _OF_HISTORY if variant == WITHOUT_HISTORY else label.groups
    return tuple(feature for feature in features if feature.group in groups)


def allowed_features(label: Label, variant: str = BEFORE_POSTING) -> tuple[Feature, ...]:
    """Every feature that a label may use in a variant, in declaration order."""
    return open_to(label, FEATURES[label.model], variant)


def baselines_of(label: Label, variant: str = BEFORE_POSTING) -> tuple[str, ...]:
    """The baselines that know no more of the author than a variant does."""
    return tuple(
        name
        for name, sql in label.baselines.items()
        if variant == BEFORE_POSTING or "history_" not in sql
    )
