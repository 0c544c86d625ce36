"""Post features and accounts by DuckDB: a contender of `ingest.py`, and alone a process of it.

All cores, SQL, in a database in memory.
"""

from __future__ import annotations

import duckdb
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

_WORD = r"\p{L}\p{Nd}\p{Pc}\p{M}\x{200c}\x{200d}"
# Groups would cost three times as much as whole matches that are cut afterwards.
_TAG = rf"[#＃][{_WORD}]*\p{{L}}[{_WORD}]*"
# There is no looking behind: the character before is taken with it.
_MENTION = r"(?:^|[^\p{L}\p{N}_@.])[@＠][A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?"
_WORDS = r"[^\s\p{Z}\x{0B}\x{1C}-\x{1F}\x{85}]+"
_BREAKS = r"\r\n|[\n\r\x{85}\x{2028}\x{2029}]"


def _truth(name: str) -> str:
    return (
        f"CASE WHEN lower({name}) IN {TRUE} THEN true WHEN lower({name}) IN {FALSE} THEN false END"
    )


def _tier(edges: tuple[int, ...], followers: str = "followers") -> str:
    parts = zip(edges, TIERS, strict=False)
    below = " ".join(f"WHEN {followers} < {edge} THEN '{name}'" for edge, name in parts)
    return f"CASE {below} WHEN {followers} >= {edges[-1]} THEN '{TIERS[-1]}' END"


def _distinct(marks: str, pattern: str, cut: str) -> str:
    """SQL: how many different ones of a pattern are in a text, whatever their case."""
    some = " OR ".join(f"contains(text, '{mark}')" for mark in marks)
    written = f"list_transform(regexp_extract_all(text, '{pattern}'), lambda one: lower({cut}))"
    return f"CASE WHEN {some} THEN len(list_distinct({written})) ELSE 0 END"


def latest(source: str) -> str:
    """SQL: the records of the file, the latest crawl of each post."""
    return f"""
        SELECT * EXCLUDE (likes, comments),
            CASE WHEN likes >= 0 THEN likes END AS likes,
            CASE WHEN comments >= 0 THEN comments END AS comments
        FROM (SELECT {", ".join((*NUMBERS, *TEXTS))} FROM read_csv('{source}', header = true,
            delim = ',', quote = '"', escape = '"', types = {_types()}))
        QUALIFY row_number() OVER (PARTITION BY shortcode ORDER BY
            likes DESC NULLS LAST, comments DESC NULLS LAST, followers DESC, following DESC) = 1"""


def _types() -> str:
    types = {**dict.fromkeys(NUMBERS, "BIGINT"), **dict.fromkeys(TEXTS, "VARCHAR")}
    return "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in types.items()) + "}"


def described(task: Task) -> str:
    """SQL: the features of every post that need no other post but the latest of all."""
    return f"""
        SELECT * EXCLUDE (caption, location, is_video, multiple_images, text),
            {_truth("is_video")} AS is_video,
            {_truth("multiple_images")} AS multiple_images,
            CASE WHEN {_truth("is_video")} THEN 'video'
                WHEN {_truth("multiple_images")} THEN 'carousel'
                WHEN coalesce(is_video, multiple_images) IS NOT NULL THEN 'photo'
            END AS content_type,
            location IS NOT NULL AS has_location,
            {_tier(task.edges)} AS tier,
            (max(created_at) OVER () - created_at) / {DAY} AS post_age_days,
            created_at % {DAY} // 3600 AS hour,
            (created_at // {DAY} + 3) % 7 + 1 AS day_of_week,
            likes + coalesce(comments, 0) AS engagement,
            (likes + coalesce(comments, 0)) / nullif(followers, 0) AS engagement_rate,
            length(text) AS caption_length,
            len(regexp_extract_all(text, '{_WORDS}')) AS word_count,
            CASE WHEN text = '' THEN 0 ELSE len(regexp_extract_all(text, '{_BREAKS}')) + 1
            END AS line_count,
            {_distinct("#＃", _TAG, "nfc_normalize(substr(one, 2))")} AS hashtag_count,
            {_distinct("@＠", _MENTION, "regexp_extract(one, '[@＠](.*)', 1)")} AS mention_count,
            regexp_matches(text, '{QUESTION}') AS question
        FROM (SELECT *, coalesce(caption, '') AS text FROM ({latest(task.source)}))"""


def with_history(task: Task) -> str:
    """SQL: post features, all posts of one time having the same before them."""
    measures = ",\n".join(
        f"""median({name}::DOUBLE) OVER past AS history_median_{name},
            last_value({name}::DOUBLE IGNORE NULLS) OVER past AS history_last_{name},
            max({name}::DOUBLE) OVER past AS history_max_{name}"""
        for name in ("engagement_rate", "likes")
    )
    first = ", ".join(
        f"first_value({name}) OVER same_time AS {name}" for name in ("history_posts", *HISTORY)
    )
    return f"""
        SELECT * EXCLUDE (history_posts, last_at, {", ".join(HISTORY)}), {first},
            (created_at - first_value(last_at) OVER same_time) / {DAY} AS days_since_last_post
        FROM (
            SELECT *, row_number() OVER in_order - 1 AS history_posts,
                lag(created_at) OVER in_order AS last_at,
                min(engagement_rate) OVER earlier AS history_min_engagement_rate, {measures}
            FROM ({described(task)})
            WINDOW in_order AS (PARTITION BY owner_id ORDER BY created_at, shortcode),
                past AS (PARTITION BY owner_id ORDER BY created_at, shortcode
                    ROWS BETWEEN {task.history} PRECEDING AND 1 PRECEDING),
                earlier AS (PARTITION BY owner_id ORDER BY created_at, shortcode
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        ) WINDOW same_time AS (PARTITION BY owner_id, created_at ORDER BY shortcode)"""


def accounts(task: Task) -> str:
    """SQL: the features of every account, out of the table `posts`."""
    means = ", ".join(
        f"avg({name}) AS mean_{name}"
        for name in ("likes", "comments", "engagement_rate", "caption_length", "hashtag_count",
                     "mention_count")
    )  # fmt: skip
    medians = ", ".join(
        f"median({name}) AS median_{name}" for name in ("likes", "comments", "engagement_rate")
    )
    return f"""
        SELECT * EXCLUDE (told), unnest(told), {_tier(task.edges, "told.followers")} AS tier,
            told.followers / nullif(told.following, 0) AS follower_following_ratio
        FROM (
            SELECT owner_id, count(*) AS posts,
                arg_max({{'owner_username': owner_username, 'username': username,
                    'followers': followers, 'following': following}},
                    (created_at, shortcode)) AS told,
                make_timestamp(min(created_at) * 1000000) AS first_post_at,
                make_timestamp(max(created_at) * 1000000) AS last_post_at,
                (count(*) - 1) / nullif((max(created_at) - min(created_at)) / {7 * DAY}, 0)
                    AS posts_per_week,
                median(gap) / {DAY} AS median_gap_days, {means}, {medians},
                avg(is_video::INT) AS video_share, avg(multiple_images::INT) AS carousel_share,
                avg(has_location::INT) AS location_share
            FROM (SELECT *, created_at - lag(created_at) OVER (PARTITION BY owner_id
                ORDER BY created_at, shortcode) AS gap FROM posts)
            GROUP BY owner_id)"""


def main() -> None:
    """Read, describe, write."""
    task = given_task()
    made = {"created_at": "make_timestamp(created_at * 1000000) AS created_at"}
    chosen = ", ".join(made.get(name, name) for name in POST_FEATURES)
    options = "(FORMAT parquet, COMPRESSION zstd)"
    database = duckdb.connect()
    # What is read comes in no order that matters.
    database.execute("SET preserve_insertion_order = false")
    database.execute(f"CREATE TABLE posts AS {with_history(task)}")
    database.execute(f"COPY (SELECT {chosen} FROM posts) TO '{task.posts}' {options}")
    columns = ", ".join(ACCOUNTS)
    database.execute(
        f"COPY (SELECT {columns} FROM ({accounts(task)})) TO '{task.accounts}' {options}"
    )


if __name__ == "__main__":
    main()
