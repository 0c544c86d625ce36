"""Post features and accounts by polars: a contender of `ingest.py`, and alone a process of it.

All cores, a lazy query. Windows take all rows: the engine in memory is no slower than the streaming
one here, and holds no more.
"""

from __future__ import annotations

import polars as pl
from ingest_task import (
    ACCOUNTS,
    DAY,
    FALSE,
    HISTORY,
    NUMBERS,
    POST_FEATURES,
    QUESTION,
    TEXTS,
    TIERS,
    TRUE,
    Task,
    given_task,
)

_WORD = r"\p{L}\p{Nd}\p{Pc}[\p{M}--[\x{FE00}-\x{FE0F}]]\x{200c}\x{200d}"
_TAG = rf"[#＃][{_WORD}]*\p{{L}}[{_WORD}]*"
# There is no looking behind: the character before is taken with it.
_MENTION = r"(?:^|[^\w@.])[@＠][A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?"
_NAMED = ("owner_username", "username")


def _truth(name: str) -> pl.Expr:
    cell = pl.col(name).str.to_lowercase()
    return pl.when(cell.is_in(TRUE)).then(True).when(cell.is_in(FALSE)).then(False).alias(name)


def _tier(edges: tuple[int, ...]) -> pl.Expr:
    tier = pl.when(pl.col("followers") < edges[0]).then(pl.lit(TIERS[0]))
    for edge, name in zip(edges[1:], TIERS[1:], strict=False):
        tier = tier.when(pl.col("followers") < edge).then(pl.lit(name))
    return tier.when(pl.col("followers") >= edges[-1]).then(pl.lit(TIERS[-1])).alias("tier")


def _over_nothing(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    return pl.when(denominator != 0).then(numerator / denominator)


def read(source: str) -> pl.LazyFrame:
    """The records of the file, the latest crawl of each post."""
    wanted = {**dict.fromkeys(NUMBERS, pl.Int64), **dict.fromkeys(TEXTS, pl.String)}
    counts = pl.col("likes", "comments")
    order = ["likes", "comments", "followers", "following"]
    return (
        pl.scan_csv(source, schema_overrides=wanted)
        .select(*wanted)
        .with_columns(pl.when(counts >= 0).then(counts))
        .sort(order, nulls_last=False)
        .unique("shortcode", keep="last")
    )


def post_features(posts: pl.LazyFrame, task: Task) -> pl.LazyFrame:
    """The features of every post with its account's names, in the order of accounts and times."""
    caption, made = pl.col("caption").fill_null(""), pl.col("created_at")
    breaks = caption.str.count_matches(r"\r\n|[\n\r\x{85}\x{2028}\x{2029}]")
    tags = caption.str.extract_all(_TAG).list.eval(
        pl.element().str.slice(1).str.normalize("NFKC").str.to_lowercase()
    )
    mentions = caption.str.extract_all(_MENTION).list.eval(
        pl.element().str.extract("([A-Za-z0-9_.]+)$").str.to_lowercase()
    )
    engagement = pl.col("likes") + pl.col("comments").fill_null(0)
    described = posts.with_columns(
        _truth("is_video"),
        _truth("multiple_images"),
        _tier(task.edges),
        pl.col("location").is_not_null().alias("has_location"),
        ((made.max() - made) / DAY).alias("post_age_days"),
        (made % DAY // 3_600).cast(pl.Int32).alias("hour"),
        ((made // DAY + 3) % 7 + 1).cast(pl.Int32).alias("day_of_week"),
        engagement.alias("engagement"),
        _over_nothing(engagement, pl.col("followers")).alias("engagement_rate"),
        caption.str.len_chars().alias("caption_length"),
        caption.str.count_matches(r"\S+").alias("word_count"),
        pl.when(caption != "").then(breaks + 1).otherwise(0).alias("line_count"),
        tags.list.n_unique().alias("hashtag_count"),
        mentions.list.n_unique().alias("mention_count"),
        caption.str.contains(QUESTION).alias("question"),
    ).drop("caption", "location")
    return _with_history(described.with_columns(_content_type()), task.history)


def _content_type() -> pl.Expr:
    video, several = pl.col("is_video"), pl.col("multiple_images")
    kind = pl.when(video).then(pl.lit("video")).when(several).then(pl.lit("carousel"))
    return kind.when(video.is_not_null() | several.is_not_null()).then(pl.lit("photo")).alias(
        "content_type"
    )  # fmt: skip


def _with_history(posts: pl.LazyFrame, length: int) -> pl.LazyFrame:
    """Posts with what lies before each, all posts of one time having the same before them."""
    before = [
        pl.int_range(pl.len(), dtype=pl.Int64).alias("history_posts"),
        pl.col("created_at").shift(1).alias("last_at"),
    ]
    for name in ("engagement_rate", "likes"):
        past = pl.col(name).cast(pl.Float64).shift(1)
        before += [
            past.rolling_median(length, min_samples=1).alias(f"history_median_{name}"),
            past.forward_fill(limit=length - 1).alias(f"history_last_{name}"),
            past.rolling_max(length, min_samples=1).alias(f"history_max_{name}"),
        ]
    lowest = pl.col("engagement_rate").cum_min().forward_fill().shift(1)
    before.append(lowest.alias("history_min_engagement_rate"))
    owner, made = pl.col("owner_id"), pl.col("created_at")
    opens = (owner != owner.shift(1)) | (made != made.shift(1))
    first = pl.when(opens.fill_null(True)).then(pl.int_range(pl.len())).forward_fill()
    known = ("history_posts", "last_at", *HISTORY)
    return (
        posts.sort("owner_id", "created_at", "shortcode")
        .with_columns(one.over("owner_id") for one in before)
        .with_columns(first.alias("first"))
        .with_columns(pl.col(*known).gather(pl.col("first")))
        .with_columns(((made - pl.col("last_at")) / DAY).alias("days_since_last_post"))
    )


def accounts(posts: pl.LazyFrame, task: Task) -> pl.LazyFrame:
    """The features of every account, out of those of posts in their order."""
    made = pl.col("created_at")
    weeks = (made.max() - made.min()) / (7 * DAY)
    counted = ("likes", "comments", "engagement_rate")
    lengths = ("caption_length", "hashtag_count", "mention_count")
    return (
        posts.group_by("owner_id")
        .agg(
            pl.col(*_NAMED, "followers", "following").last(),
            pl.len().cast(pl.Int64).alias("posts"),
            made.min().alias("first_post_at"),
            made.max().alias("last_post_at"),
            _over_nothing(pl.len() - 1, weeks).alias("posts_per_week"),
            (made.diff() / DAY).median().alias("median_gap_days"),
            pl.col(*counted, *lengths).mean().name.prefix("mean_"),
            pl.col(*counted).median().name.prefix("median_"),
            pl.col("is_video").mean().alias("video_share"),
            pl.col("multiple_images").mean().alias("carousel_share"),
            pl.col("has_location").mean().alias("location_share"),
        )
        .with_columns(
            _tier(task.edges),
            _over_nothing(pl.col("followers"), pl.col("following")).alias(
                "follower_following_ratio"
            ),
        )
    )


def _write(frame: pl.LazyFrame, columns: tuple[str, ...], times: list[str], path: str) -> None:
    stamps = pl.from_epoch(pl.col(*times), "s").cast(pl.Datetime("us"))
    frame.with_columns(stamps).select(*columns).sink_parquet(path, compression="zstd")


def main() -> None:
    """Read, describe, write."""
    task = given_task()
    posts = post_features(read(task.source), task).collect().lazy()
    _write(posts, POST_FEATURES, ["created_at"], task.posts)
    _write(accounts(posts, task), ACCOUNTS, ["first_post_at", "last_post_at"], task.accounts)


if __name__ == "__main__":
    main()
