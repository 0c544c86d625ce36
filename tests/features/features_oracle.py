"""The features again, one post at a time in plain Python, as slow as it is clear."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from influencers.ingest.emoji import count_emoji
from random_posts import Post

DAY = 86_400
# https://www.unicode.org/Public/UCD/latest/ucd/PropList.txt, White_Space
WHITE_SPACE = frozenset("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | frozenset(
    map(chr, range(0x2000, 0x200B))
)
BREAKS = "\n\r\x85\u2028\u2029"
QUESTION_MARKS = "?？؟\u037e՞፧⁇⁈⁉❓"
TIERS = ("nano", "micro", "mid", "macro", "mega")


def words(caption: str) -> int:
    before = " " + caption
    return sum(
        one not in WHITE_SPACE and last in WHITE_SPACE
        for last, one in zip(before, caption, strict=False)
    )


def lines(caption: str) -> int:
    breaks = sum(one in BREAKS for one in caption) - caption.count("\r\n")
    return breaks + 1 if caption else 0


def asks(caption: str) -> bool:
    return any(mark in caption for mark in QUESTION_MARKS)


def tier(followers: int | None, edges: Sequence[int]) -> str | None:
    return None if followers is None else TIERS[sum(followers >= edge for edge in edges)]


def engagement(post: Post) -> int | None:
    return None if post["likes"] is None else post["likes"] + (post["comments"] or 0)


def engagement_rate(post: Post) -> float | None:
    engaged, followers = engagement(post), post["followers"]
    return engaged / followers if engaged is not None and followers else None


def content_type(post: Post) -> str | None:
    if post["is_video"]:
        return "video"
    if post["multiple_images"]:
        return "carousel"
    known = post["is_video"] is not None or post["multiple_images"] is not None
    return "photo" if known else None


def history(post: Post, posts: Sequence[Post], length: int) -> dict[str, Any]:
    earlier = in_order(one for one in posts if one["created_at"] < post["created_at"])
    recent = earlier[-length:]
    rates = [rate for one in recent if (rate := engagement_rate(one)) is not None]
    likes = [float(one["likes"]) for one in recent if one["likes"] is not None]
    all_rates = [rate for one in earlier if (rate := engagement_rate(one)) is not None]
    since = seconds(post) - seconds(earlier[-1]) if earlier else None
    return {
        "history_posts": len(earlier),
        "days_since_last_post": None if since is None else since / DAY,
        "history_median_engagement_rate": statistics.median(rates) if rates else None,
        "history_last_engagement_rate": rates[-1] if rates else None,
        "history_max_engagement_rate": max(rates, default=None),
        "history_median_likes": statistics.median(likes) if likes else None,
        "history_last_likes": likes[-1] if likes else None,
        "history_max_likes": max(likes, default=None),
        "history_min_engagement_rate": min(all_rates, default=None),
    }


def post_features(posts: Sequence[Post], edges: Sequence[int], length: int) -> list[Post]:
    latest = max(map(seconds, posts))
    return [
        {
            **{name: post[name] for name in _KEPT},
            "content_type": content_type(post),
            "has_location": post["location"] is not None,
            "tier": tier(post["followers"], edges),
            "post_age_days": (latest - seconds(post)) / DAY,
            "hour": post["created_at"].hour,
            "day_of_week": post["created_at"].isoweekday(),
            "engagement": engagement(post),
            "engagement_rate": engagement_rate(post),
            "caption_length": len(post["caption"] or ""),
            "word_count": words(post["caption"] or ""),
            "line_count": lines(post["caption"] or ""),
            "hashtag_count": len(post["hashtags"] or ()),
            "mention_count": len(post["mentions"] or ()),
            "emoji_count": count_emoji(post["caption"] or ""),
            "question": asks(post["caption"] or ""),
            **history(post, of_account(posts, post["owner_id"]), length),
        }
        for post in posts
    ]


def accounts(posts: Sequence[Post], features: Sequence[Post], edges: Sequence[int]) -> list[Post]:
    owners = sorted({post["owner_id"] for post in posts})
    return [
        account(of_account(posts, owner), of_account(features, owner), edges) for owner in owners
    ]


def account(posts: Sequence[Post], features: Sequence[Post], edges: Sequence[int]) -> Post:
    last_seen = max(posts, key=lambda one: (crawled(one), one["created_at"], one["shortcode"]))
    times = sorted(map(seconds, posts))
    gaps = [(later - earlier) / DAY for earlier, later in pairwise(times)]
    weeks = (times[-1] - times[0]) / (7 * DAY)
    followers, following = last_seen["followers"], last_seen["following"]
    known_ratio = followers is not None and following
    return {
        **{name: last_seen[name] for name in _TOLD},
        "tier": tier(followers, edges),
        "posts": len(posts),
        "first_post_at": min(one["created_at"] for one in posts),
        "last_post_at": max(one["created_at"] for one in posts),
        "posts_per_week": (len(posts) - 1) / weeks if weeks else None,
        "median_gap_days": median(gaps),
        "mean_likes": mean(posts, "likes"),
        "median_likes": median([one["likes"] for one in posts]),
        "mean_comments": mean(posts, "comments"),
        "median_comments": median([one["comments"] for one in posts]),
        "mean_engagement_rate": mean_rate([engagement_rate(one) for one in posts]),
        "median_engagement_rate": median([engagement_rate(one) for one in posts]),
        "video_share": mean(posts, "is_video"),
        "carousel_share": mean(posts, "multiple_images"),
        "location_share": mean(features, "has_location"),
        **{f"mean_{name}": mean(features, name) for name in _MEANS},
        "follower_following_ratio": followers / following if known_ratio else None,
    }


def mean(rows: Sequence[Post], name: str) -> float | None:
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) / len(known) if known else None


def mean_rate(rates: Sequence[float | None]) -> float | None:
    """The mean of fractions, of their exact sum."""
    known = [Fraction(rate) for rate in rates if rate is not None]
    return float(sum(known)) / len(known) if known else None


def median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(statistics.median(known)) if known else None


def of_account(rows: Sequence[Post], owner_id: int) -> list[Post]:
    return [row for row in rows if row["owner_id"] == owner_id]


def in_order(posts: Any) -> list[Post]:
    return sorted(posts, key=lambda one: (one["created_at"], one["shortcode"]))


def seconds(post: Post) -> int:
    return int(post["created_at"].timestamp())


def crawled(post: Post) -> float:
    return post["crawled_at"].timestamp() if post["crawled_at"] else float("-inf")


_TOLD = ("owner_id", "owner_username", "username", "followers", "following")
_MEANS = ("caption_length", "hashtag_count", "mention_count", "emoji_count")
_KEPT = (
    "shortcode", "owner_id", "created_at", "is_video", "multiple_images", "likes", "comments",
    "followers", "following",
)  # fmt: skip
