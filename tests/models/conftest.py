"""Small synthetic tables with planted drivers, made by numpy from a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from influencers.catalog import TABLES
from influencers.config import ModelsConfig
from influencers.images.tables import IMAGES
from influencers.ingest.posts import with_captions_read
from influencers.ingest.tables import POSTS

TIERS = ("nano", "micro", "mid", "macro", "mega")


def make_posts(accounts: int = 60, posts: int = 12, seed: int = 1) -> pd.DataFrame:
    """Posts whose likes follow the author's size, with history strictly before each."""
    random = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for owner in range(accounts):
        followers = int(10 ** random.uniform(3, 6.5))
        history: list[int] = []
        for place in range(posts):
            likes = int(followers * random.lognormal(-3, 0.5)) + 1
            before = history[-10:]
            known = bool(before)
            rows.append(
                {
                    "shortcode": f"p{owner:03d}x{place:02d}",
                    "owner_id": 1_000 + owner,
                    "created_at": pd.Timestamp("2017-01-01")
                    + pd.Timedelta(hours=int(random.integers(0, 24)), days=place * 3 + owner % 5),
                    "is_video": False,
                    "multiple_images": bool(random.integers(0, 2)),
                    "content_type": [None, "photo", "carousel"][int(random.integers(0, 3))],
                    "has_location": bool(random.integers(0, 2)),
                    "likes": likes,
                    "comments": likes // 50,
                    "followers": followers,
                    "following": int(random.integers(10, 2_000)),
                    "tier": TIERS[int(np.searchsorted([1e4, 1e5, 5e5, 1e6], followers, "right"))],
                    "post_age_days": float(random.uniform(1, 90)),
                    "hour": int(random.integers(0, 24)),
                    "day_of_week": int(random.integers(1, 8)),
                    "engagement": likes + likes // 50,
                    "engagement_rate": (likes + likes // 50) / followers,
                    "caption_length": int(random.integers(0, 500)),
                    "word_count": int(random.integers(0, 80)),
                    "line_count": int(random.integers(1, 9)),
                    "hashtag_count": int(random.integers(0, 30)),
                    "mention_count": int(random.integers(0, 4)),
                    "emoji_count": int(random.integers(0, 6)),
                    "question": bool(random.integers(0, 2)),
                    "history_posts": place,
                    "days_since_last_post": 3.0 if known else None,
                    "history_median_engagement_rate": np.median(before) / followers
                    if known
                    else None,
                    "history_last_engagement_rate": before[-1] / followers if known else None,
                    "history_max_engagement_rate": max(before) / followers if known else None,
                    "history_median_likes": float(np.median(before)) if known else None,
                    "history_last_likes": float(before[-1]) if known else None,
                    "history_max_likes": float(max(before)) if known else None,
                    "history_min_engagement_rate": min(history) / followers if known else None,
                }
            )
            history.append(likes)
    return pd.DataFrame(rows)


def make_raw_posts(accounts: int = 60, posts: int = 12, seed: int = 3) -> pd.DataFrame:
    """Posts as the table has them; likes follow the author's size and how bright the image is.

    Images are shared among posts, and each address of one is signed anew. Every author has hashtags
    of one of three topics, above all.
    """
    random = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for owner in range(accounts):
        followers = int(10 ** random.uniform(3, 6.5))
        following = int(random.integers(10, 2_000))
        for place in range(posts):
            image = int(random.integers(0, KNOWN_IMAGES))
            likes = int(followers * random.lognormal(-4 + 2 * brightness(image), 0.3)) + 1
            said = ["word", "@friend", "really?", "\U0001f600", "line\nline"]
            picked = random.integers(0, 5, random.integers(0, 9))
            words = " ".join(said[one] for one in picked)
            # One post in five is of the next topic.
            topic = (owner + int(random.integers(0, 5) == 0)) % 3
            tagged = random.integers(0, 5, random.integers(1, 4))
            tags = " ".join(f"#t{topic}x{one}" for one in tagged)
            rows.append(
                {
                    "shortcode": f"q{owner:03d}x{place:02d}",
                    "owner_id": 1_000 + owner,
                    "owner_username": f"account{owner}",
                    "username": f"Account {owner}",
                    "is_video": bool(random.integers(0, 4) == 0),
                    "multiple_images": bool(random.integers(0, 2)),
                    "caption": f"{words} {tags}",
                    "likes": likes,
                    "comments": likes // 50,
                    "created_at": pd.Timestamp("2017-01-01")
                    + pd.Timedelta(hours=int(random.integers(0, 24)), days=place * 3 + owner % 7),
                    "location": ["Here", None][int(random.integers(0, 2))],
                    "image_url": f"http://images.example/p/{image}.jpg?sig={owner}x{place}",
                    "followers": followers,
                    "following": following,
                }
            )
    return pd.DataFrame(rows)


KNOWN_IMAGES = 200


def brightness(image: int) -> float:
    """Of an image of `make_raw_posts`, in 0..1."""
    return (image * 37 % KNOWN_IMAGES) / KNOWN_IMAGES


def make_images() -> list[dict[str, Any]]:
    """What is known of the images of `make_raw_posts`: every tenth could not be fetched."""
    random = np.random.default_rng(4)
    names = ("contrast", "saturation", "colorfulness", "edge_density", "glcm_contrast",
             "glcm_homogeneity", "glcm_entropy", "sharpness")  # fmt: skip
    return [
        {
            "image_key": f"/p/{image}.jpg",
            "status": "ok" if image % 10 else "not_found",
            "sha256": f"sha{image // 2}" if image % 10 else None,
            # Two of each pair are alike to the byte; pairs of pairs are near.
            "phash": int(image // 4 * 1_000 + image // 2 % 2),
            "degenerate": False,
            "brightness": brightness(image),
            "width": 100 + image,
            "height": 200,
            "colors": [{"hex": "#000000", "share": float(random.uniform(0, 1))}],
            **{name: float(random.uniform(0, 1)) for name in names},
        }
        for image in range(KNOWN_IMAGES)
    ]


def make_accounts(accounts: int = 160, seed: int = 2) -> pd.DataFrame:
    """Accounts whose likes follow their followers."""
    random = np.random.default_rng(seed)
    followers = (10 ** random.uniform(3, 6.5, accounts)).astype("int64")
    likes = followers * random.lognormal(-3, 0.4, accounts)
    first = pd.Timestamp("2016-01-01") + pd.to_timedelta(random.integers(0, 400, accounts), "D")
    shares = {
        name: random.uniform(0, 1, accounts)
        for name in ("video_share", "carousel_share", "location_share")
    }
    return pd.DataFrame(
        {
            "owner_id": np.arange(accounts) + 5_000,
            "owner_username": [f"account{i}" for i in range(accounts)],
            "username": [f"Account {i}" for i in range(accounts)],
            "followers": followers,
            "following": random.integers(10, 2_000, accounts),
            "tier": [TIERS[i] for i in np.searchsorted([1e4, 1e5, 5e5, 1e6], followers, "right")],
            "posts": random.integers(1, 40, accounts),
            "first_post_at": first,
            "last_post_at": first + pd.Timedelta(days=30),
            "posts_per_week": random.uniform(0, 7, accounts),
            "median_gap_days": random.uniform(0, 9, accounts),
            "mean_likes": likes,
            "median_likes": likes * 0.9,
            "mean_comments": likes / 50,
            "median_comments": likes / 60,
            "mean_engagement_rate": likes / followers,
            "median_engagement_rate": likes / followers,
            **shares,
            "mean_caption_length": random.uniform(0, 500, accounts),
            "mean_hashtag_count": random.uniform(0, 30, accounts),
            "mean_mention_count": random.uniform(0, 4, accounts),
            "mean_emoji_count": random.uniform(0, 6, accounts),
            "follower_following_ratio": followers / 100,
        }
    )


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if isinstance(value, np.generic) else value


@pytest.fixture(scope="session")
def quick() -> ModelsConfig:
    """A forest that is small enough for a test, and large enough to find what was planted."""
    return ModelsConfig(
        trees=8,
        depth=4,
        max_bins=16,
        min_positives=5,
        account_share=0.3,
        min_groups=10,
        evaluation_folds=1,
        seed=11,
    )


@pytest.fixture(scope="session")
def as_table(spark: SparkSession) -> Callable[..., DataFrame]:
    """A function that makes a DataFrame, with a table's declared types, of a pandas one."""

    def make(rows: pd.DataFrame, name: str) -> DataFrame:
        plain = rows.astype(object).where(rows.notna(), None)
        names = TABLES[name].schema.fieldNames()
        values = [
            [_plain(value) for value in row]
            for row in plain[names].itertuples(index=False, name=None)
        ]
        return spark.createDataFrame(values, TABLES[name].schema)

    return make


@pytest.fixture(scope="session")
def posts(spark: SparkSession) -> DataFrame:
    """The table posts of `make_raw_posts`."""
    rows = make_raw_posts()
    plain = rows.astype(object).where(rows.notna(), None)
    fields = [field for field in POSTS.schema.fields if field.name in plain.columns]
    values = [
        [_plain(value) for value in row]
        for row in plain[[field.name for field in fields]].itertuples(index=False, name=None)
    ]
    typed = spark.createDataFrame(values, StructType(fields)).withColumns(
        {
            "crawled_at": F.lit(None).cast("timestamp"),
            "source_file": F.lit("posts.csv"),
        }
    )
    return with_captions_read(typed).persist()


@pytest.fixture(scope="session")
def images(spark: SparkSession) -> DataFrame:
    """The table images of `make_images`."""
    names = IMAGES.schema.fieldNames()
    rows = [[one.get(name) for name in names] for one in make_images()]
    return spark.createDataFrame(rows, IMAGES.schema).persist()


@pytest.fixture(scope="session")
def post_features(as_table: Callable[..., DataFrame]) -> DataFrame:
    return as_table(make_posts(), "post_features").persist()


@pytest.fixture(scope="session")
def accounts(as_table: Callable[..., DataFrame]) -> DataFrame:
    return as_table(make_accounts(), "accounts").persist()


@pytest.fixture(scope="session")
def account_communities(spark: SparkSession, post_features: DataFrame) -> DataFrame:
    owner = F.col("owner_id")
    return (
        post_features.select("owner_id")
        .distinct()
        .where(owner % 4 != 0)
        .select(
            F.lit("label_propagation").alias("algorithm"),
            owner,
            (owner % 3).alias("community"),
            F.lit(0.5).alias("share"),
        )
    )
