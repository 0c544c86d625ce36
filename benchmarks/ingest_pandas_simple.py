"""The simple columns of posts.csv by pandas, a few lines: a contender of `ingest.py`.

No later crawl is looked for, and nothing is known of what lies before a post.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from ingest_task import DAY, NUMBERS, SIMPLE_ACCOUNTS, SIMPLE_POSTS, given_task


def read(source: str) -> pd.DataFrame:
    """The columns of the file that are looked at; hidden counts are unknown."""
    records = pd.read_csv(
        source,
        usecols=[*NUMBERS, "shortcode", "caption"],
        dtype={"caption": "object", "shortcode": "object", "likes": "float", "comments": "float"},
        keep_default_na=False,
        na_values={name: [""] for name in ("likes", "comments")},
    )
    counts = records[["likes", "comments"]]
    records[["likes", "comments"]] = counts.where(counts >= 0)
    return records


def post_features(records: pd.DataFrame) -> pd.DataFrame:
    """The simple features of every record."""
    captions, made = records["caption"].tolist(), records["created_at"]
    engagement = records["likes"] + records["comments"].fillna(0)
    return records.assign(
        caption_length=[len(caption) for caption in captions],
        word_count=[len(caption.split()) for caption in captions],
        line_count=[caption.count("\n") + 1 if caption else 0 for caption in captions],
        hashtag_count=records["caption"].str.count(r"[#＃]\w+"),
        engagement=engagement,
        engagement_rate=engagement / records["followers"].replace(0, np.nan),
        hour=made % DAY // 3_600,
        day_of_week=(made // DAY + 3) % 7 + 1,
    )


def accounts(posts: pd.DataFrame) -> pd.DataFrame:
    """The means of every account."""
    means = ["likes", "comments", "engagement_rate", "caption_length", "hashtag_count"]
    by_owner = posts.groupby("owner_id")
    found = by_owner[means].mean().add_prefix("mean_").assign(posts=by_owner.size())
    return found.reset_index()


def main() -> None:
    """Read, describe, write."""
    task = given_task()
    posts = post_features(read(task.source))
    posts[list(SIMPLE_POSTS)].to_parquet(task.posts, compression="zstd", index=False)
    found = accounts(posts)[list(SIMPLE_ACCOUNTS)]
    found.to_parquet(task.accounts, compression="zstd", index=False)


if __name__ == "__main__":
    main()
