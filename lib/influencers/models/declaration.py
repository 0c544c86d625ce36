"""What each model may look at: every column with its group, and the groups each label may use.

This is the one place that decides. A column that is not declared cannot be a feature, and one
whose group the label does not list is a leak: `influencers.models.leakage` holds training to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

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


def _features(table: str, group: str, kind: str = NUMERIC, **titles: str) -> tuple[Feature, ...]:
    return tuple(Feature(name, group, table, kind, title) for name, title in titles.items())


def _hidden(table: str, group: str, *names: str) -> tuple[Feature, ...]:
    return tuple(Feature(name, group, table, OTHER, name) for name in names)


# Ids of communities are numbered anew by every run, so a saved model cannot know them: how large
# the community is, and how much of the account lies in it, mean the same in the next run.
_COMMUNITY = _features(
    "account_communities",
    "community",
    community_share="share of hashtags in its community",
    community_size="size of its community",
)
# Of a post's author they would know what was posted later, and the post's own hashtags. They stay
# declared, so that models that were saved with them can be asked.
_COMMUNITY_OF_AUTHOR = tuple(replace(one, group="hindsight") for one in _COMMUNITY)

# Measured of the image alone. Whether there is a measure is no feature: it depends on when the
# posts were read and on how long their addresses were valid.
_PICTURE = _features(
    "images",
    "picture",
    picture_brightness="brightness of the image",
    picture_contrast="contrast of the image",
    picture_saturation="saturation of the image",
    picture_colorfulness="colourfulness of the image",
    picture_edge_density="edges in the image",
    picture_glcm_contrast="texture: contrast",
    picture_glcm_homogeneity="texture: homogeneity",
    picture_glcm_entropy="texture: entropy",
    picture_sharpness="sharpness of the image",
    picture_ratio="width to height of the image",
    picture_top_color_share="share of the main colour",
)

# What was posted before with the same picture, as far as pictures are known: likewise.
_DUPLICATES = _features(
    "duplicate_pairs",
    "duplicates",
    copy_posts_before="earlier posts of the image",
    copy_accounts_before="accounts that posted it before",
    copy_is_first="first to post the image",
    copy_days_since_first="days since the image was first posted",
)

# The same of all known pictures of an account.
_PICTURES = tuple(
    Feature(f"median_{one.name}", one.group, one.table, one.kind, f"{one.title}, median")
    for one in _PICTURE
)
_COPIES = _features("duplicate_pairs", "duplicates", copied_share="share of images posted before")

# What the variant for new accounts does without.
_OF_HISTORY = frozenset({"history"})

# Groups that are made of the posts of all time, whoever wrote them: they describe an account as a
# whole, but are unknown where accounts are described as they were at a time (see `periods`).
OF_ALL_TIME = frozenset({"community"})

# Groups whose unknown values become the median and nothing else.
SILENT_GAPS = frozenset({"picture", "duplicates"})

_ACCOUNTS = (
    _hidden("accounts", "identity", "owner_id", "owner_username", "username"),
    _hidden("accounts", "clock", "first_post_at", "last_post_at"),
    _hidden(
        "accounts", "audience", "followers", "tier", "mean_engagement_rate",
        "median_engagement_rate", "follower_following_ratio",
    ),
    _features("accounts", "activity", posts="posts", following="accounts followed"),
    _features(
        "accounts", "cadence",
        posts_per_week="posts per week", median_gap_days="median days between posts",
    ),
    _features(
        "accounts", "engagement",
        mean_likes="mean likes", median_likes="median likes",
        mean_comments="mean comments", median_comments="median comments",
    ),
    _features(
        "accounts", "content",
        video_share="share of videos", carousel_share="share of carousels",
        location_share="share with a location", mean_caption_length="mean caption length",
        mean_hashtag_count="mean hashtags", mean_mention_count="mean mentions",
        mean_emoji_count="mean emoji",
    ),
    _PICTURES,
    _COPIES,
    _COMMUNITY,
    # What the row describes the account by, see `periods`.
    _hidden("periods", "identity", "period"),
)  # fmt: skip

_POSTS = (
    _hidden("post_features", "identity", "shortcode", "owner_id"),
    _hidden("post_features", "clock", "created_at"),
    # Likes grow with the days since posting, but nobody knows at posting when the crawl will be.
    _hidden("post_features", "exposure", "post_age_days"),
    _hidden("post_features", "outcome", "likes", "comments", "engagement", "engagement_rate"),
    _hidden("post_features", "covered", "is_video", "multiple_images", "tier"),
    _features("post_features", "format", CATEGORICAL, content_type="photo, video or carousel"),
    _features("post_features", "format", BOOLEAN, has_location="has a location"),
    _features(
        "post_features", "text",
        caption_length="caption length", word_count="words", line_count="lines of text",
        hashtag_count="hashtags", mention_count="mentions", emoji_count="emoji",
    ),
    _features("post_features", "text", BOOLEAN, question="contains a question mark"),
    _features("post_features", "timing", hour="hour (UTC)", day_of_week="day of the week"),
    _features(
        "post_features", "author", followers="followers", following="accounts followed"
    ),
    _features(
        "post_features", "history",
        history_posts="earlier posts", days_since_last_post="days since the last post",
        history_median_engagement_rate="median engagement rate before",
        history_last_engagement_rate="last engagement rate before",
        history_max_engagement_rate="highest engagement rate before",
        history_median_likes="median likes before", history_last_likes="last likes before",
        history_max_likes="highest likes before",
    ),
    _PICTURE,
    _DUPLICATES,
    _COMMUNITY_OF_AUTHOR,
)  # fmt: skip

FEATURES: dict[str, tuple[Feature, ...]] = {
    INFLUENCE: tuple(feature for part in _ACCOUNTS for feature in part),
    VIRALITY: tuple(feature for part in _POSTS for feature in part),
}

KEYS = {INFLUENCE: "owner_id", VIRALITY: "shortcode"}
TABLES = {INFLUENCE: "accounts", VIRALITY: "post_features"}
CLOCKS = {INFLUENCE: "first_post_at", VIRALITY: "created_at"}

_ABOUT_ACCOUNTS = frozenset(
    {"activity", "cadence", "engagement", "content", "community", "picture", "duplicates"}
)
_BEFORE_POSTING = frozenset(
    {"format", "text", "timing", "author", "history", "picture", "duplicates"}
)

LABELS: dict[str, Label] = {
    label.name: label
    for label in (
        Label(
            name="top_followers",
            model=INFLUENCE,
            title="influential accounts",
            definition="followers at or above the threshold of the top share of training accounts",
            rule=TopShare("followers", share="influential_share"),
            groups=_ABOUT_ACCOUNTS,
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
            groups=_BEFORE_POSTING,
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
            groups=_BEFORE_POSTING,
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
            groups=_BEFORE_POSTING,
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


def allowed_features(label: Label, variant: str = BEFORE_POSTING) -> tuple[Feature, ...]:
    """Every feature that a label may use in a variant, in declaration order."""
    groups = label.groups - _OF_HISTORY if variant == WITHOUT_HISTORY else label.groups
    return tuple(feature for feature in FEATURES[label.model] if feature.group in groups)


def baselines_of(label: Label, variant: str = BEFORE_POSTING) -> tuple[str, ...]:
    """The baselines that know no more of the author than a variant does."""
    return tuple(
        name
        for name, sql in label.baselines.items()
        if variant == BEFORE_POSTING or "history_" not in sql
    )
