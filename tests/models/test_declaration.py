from __future__ import annotations

import pytest

from influencers import catalog
from influencers.errors import UserError
from influencers.models import leakage
from influencers.models.declaration import (
    FEATURES,
    FORBIDDEN,
    INFLUENCE,
    LABELS,
    OTHER,
    TABLES,
    VIRALITY,
    Label,
    allowed_features,
    baselines_of,
    labels_of,
)
from influencers.models.figures.importance import COLOURS


@pytest.mark.parametrize("model", [INFLUENCE, VIRALITY])
def test_every_column_of_the_models_table_is_declared_once(model: str) -> None:
    names = [f.name for f in FEATURES[model] if f.table == TABLES[model]]
    assert sorted(names) == sorted(catalog.TABLES[TABLES[model]].schema.fieldNames())
    assert len({f.name for f in FEATURES[model]}) == len(FEATURES[model])


@pytest.mark.parametrize("label", LABELS.values(), ids=list(LABELS))
def test_a_label_never_sees_what_it_is_made_of(label: Label) -> None:
    assert not label.groups & set(FORBIDDEN)
    names = {f.name for f in allowed_features(label)}
    forbidden = {
        INFLUENCE: {
            "followers", "tier", "mean_engagement_rate", "median_engagement_rate",
            "follower_following_ratio", "owner_id", "first_post_at",
        },
        VIRALITY: {
            "likes", "comments", "engagement", "engagement_rate", "post_age_days", "owner_id",
            "shortcode", "created_at",
        },
    }[label.model]  # fmt: skip
    assert names
    assert not names & forbidden


def test_history_is_open_to_the_label_that_is_measured_against_it() -> None:
    # The median of strictly earlier posts is known before posting: no leak.
    names = {f.name for f in allowed_features(LABELS["beats_own_history"])}
    assert "history_median_likes" in names


def test_labels_of_a_model_start_with_the_default() -> None:
    assert labels_of(INFLUENCE) == ("top_followers",)
    assert labels_of(VIRALITY)[0] == "top_likes"


def test_usable_columns_have_a_kind_a_name_and_a_colour() -> None:
    for model, features in FEATURES.items():
        for feature in features:
            if feature.group not in FORBIDDEN:
                assert feature.kind != OTHER, (model, feature)
                assert feature.title, (model, feature)
                assert feature.group in COLOURS, (model, feature)


@pytest.mark.parametrize(
    ("label", "name", "reason"),
    [
        ("top_likes", "engagement", "success"),
        ("top_likes", "post_age_days", "crawl"),
        ("top_likes", "community_share", "posts of all time"),
        ("top_followers", "follower_following_ratio", "followers"),
        ("top_followers", "likes_per_day", "no declared feature"),
    ],
)
def test_the_guard_names_the_leak_and_the_mend(label: str, name: str, reason: str) -> None:
    with pytest.raises(UserError, match=reason) as caught:
        leakage.chosen_features(LABELS[label], ["following", name])
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_choice_narrows_the_features() -> None:
    chosen = leakage.chosen_features(LABELS["top_likes"], ["hour", "followers"])
    assert [f.name for f in chosen] == ["hour", "followers"]
    assert len(leakage.chosen_features(LABELS["top_likes"], [])) > 20


def test_without_history_the_baselines_know_none_either() -> None:
    assert baselines_of(LABELS["top_likes"]) == ("history_only", "followers_only", "likes_only")
    for label in LABELS.values():
        if label.model == "virality":
            assert baselines_of(label, "without_history") == ("followers_only",)


# A forest depends on the order of its features: another order is another model.
ORDER = {
    "top_followers": (
        "posts", "following", "posts_per_week", "median_gap_days", "mean_likes", "median_likes",
        "mean_comments", "median_comments", "video_share", "carousel_share", "location_share",
        "mean_caption_length", "mean_hashtag_count", "mean_mention_count", "mean_emoji_count",
        "median_image_brightness", "median_image_contrast", "median_image_saturation",
        "median_image_colorfulness", "median_image_edge_density",
        "median_image_glcm_contrast", "median_image_glcm_homogeneity",
        "median_image_glcm_entropy", "median_image_sharpness", "median_image_ratio",
        "median_image_top_color_share", "copied_share", "community_share", "community_size",
    ),
    "top_likes": (
        "content_type", "has_location", "caption_length", "word_count", "line_count",
        "hashtag_count", "mention_count", "emoji_count", "question", "hour", "day_of_week",
        "followers", "following", "history_posts", "days_since_last_post",
        "history_median_engagement_rate", "history_last_engagement_rate",
        "history_max_engagement_rate", "history_median_likes", "history_last_likes",
        "history_max_likes", "history_min_engagement_rate", "image_brightness",
        "image_contrast", "image_saturation", "image_colorfulness", "image_edge_density",
        "image_glcm_contrast", "image_glcm_homogeneity", "image_glcm_entropy",
        "image_sharpness", "image_ratio", "image_top_color_share", "copy_posts_before",
        "copy_accounts_before", "copy_is_first", "copy_days_since_first",
    ),
}  # fmt: skip


@pytest.mark.parametrize("label", ORDER)
def test_the_features_of_a_model_keep_their_order(label: str) -> None:
    assert tuple(one.name for one in allowed_features(LABELS[label])) == ORDER[label]
    for other in LABELS.values():
        if other.model == LABELS[label].model:
            assert allowed_features(other) == allowed_features(LABELS[label])
