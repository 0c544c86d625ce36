"""Post features and accounts by pandas: a contender of `ingest.py`, and alone a process of it.

One core, all in memory. Captions are gone through in Python, which is faster than what
`Series.str` does with the same patterns.
"""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pandas as pd
import regex
from ingest_task import (
    ACCOUNTS,
    DAY,
    FALSE,
    NUMBERS,
    POST_FEATURES,
    QUESTION,
    TEXTS,
    TIERS,
    TRUE,
    Task,
    given_task,
)

_ASKS = re.compile(QUESTION)
_BREAKS = re.compile("\r\n|[\n\r\u0085\u2028\u2029]")
_WORD = r"\p{L}\p{Nd}\p{Pc}[\p{M}--[\uFE00-\uFE0F]]\u200c\u200d"
_TAGS = regex.compile(rf"[#＃]([{_WORD}]*\p{{L}}[{_WORD}]*)", regex.VERSION1)
_MENTIONS = re.compile(r"(?<![\w@.])[@＠]([A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?)")


def read(source: str) -> pd.DataFrame:
    """The records of the file, the latest crawl of each post."""
    records = pd.read_csv(
        source,
        usecols=[*NUMBERS, *TEXTS],
        dtype={**dict.fromkeys(TEXTS, "object"), "likes": "float64", "comments": "float64"},
        keep_default_na=False,
        na_values={name: [""] for name in ("likes", "comments")},
    )
    for name in ("likes", "comments"):
        records[name] = records[name].where(records[name] >= 0)
    repeated = records["shortcode"].duplicated(keep=False)
    order = ["likes", "comments", "followers", "following"]
    latest = records[repeated].sort_values(order, na_position="first")
    return pd.concat([records[~repeated], latest.drop_duplicates("shortcode", keep="last")])


def _hashtags(caption: str) -> int:
    if "#" not in caption and "＃" not in caption:
        return 0
    written = _TAGS.findall(caption)
    return len({unicodedata.normalize("NFKC", tag).casefold() for tag in written})


def _mentions(caption: str) -> int:
    if "@" not in caption and "＠" not in caption:
        return 0
    return len({name.lower() for name in _MENTIONS.findall(caption)})


def _lines(caption: str) -> int:
    return len(_BREAKS.findall(caption)) + 1 if caption else 0


def _tier(followers: pd.Series, edges: tuple[int, ...]) -> pd.Categorical:
    return pd.Categorical.from_codes(np.searchsorted(edges, followers, side="right"), TIERS)


def _truth(cells: pd.Series) -> pd.Series:
    spelt = {
        cell: cell.lower() in TRUE if cell.lower() in TRUE + FALSE else None
        for cell in cells.unique()
    }
    return cells.map(spelt).astype("boolean")


def post_features(posts: pd.DataFrame, task: Task) -> pd.DataFrame:
    """The features of every post with its account's names, in the order of accounts and times."""
    posts = posts.sort_values(["owner_id", "created_at", "shortcode"], ignore_index=True)
    captions, made = posts["caption"].tolist(), posts["created_at"].to_numpy()
    posts["is_video"] = _truth(posts["is_video"])
    posts["multiple_images"] = _truth(posts["multiple_images"])
    posts["content_type"] = np.select(
        [posts["is_video"].fillna(False), posts["multiple_images"].fillna(False)],
        ["video", "carousel"],
        "photo",
    )
    unknown = posts["is_video"].isna() & posts["multiple_images"].isna()
    posts["content_type"] = posts["content_type"].mask(unknown, None)
    posts["has_location"] = posts["location"] != ""
    posts["tier"] = _tier(posts["followers"], task.edges)
    posts["post_age_days"] = (made.max() - made) / DAY
    posts["hour"] = made % DAY // 3_600
    posts["day_of_week"] = (made // DAY + 3) % 7 + 1
    posts["engagement"] = posts["likes"] + posts["comments"].fillna(0)
    posts["engagement_rate"] = posts["engagement"] / posts["followers"].replace(0, np.nan)
    posts["caption_length"] = [len(caption) for caption in captions]
    posts["word_count"] = [len(caption.split()) for caption in captions]
    posts["line_count"] = [_lines(caption) for caption in captions]
    posts["hashtag_count"] = [_hashtags(caption) for caption in captions]
    posts["mention_count"] = [_mentions(caption) for caption in captions]
    posts["question"] = [_ASKS.search(caption) is not None for caption in captions]
    return posts.assign(**_history(posts, task.history))


def _history(posts: pd.DataFrame, length: int) -> dict[str, np.ndarray]:
    """What lies before each post, all posts of one time having the same before them."""
    owner, made = posts["owner_id"].to_numpy(), posts["created_at"].to_numpy()
    opens = np.ones(len(posts), bool)
    opens[1:] = (owner[1:] != owner[:-1]) | (made[1:] != made[:-1])
    first = np.maximum.accumulate(np.where(opens, np.arange(len(posts)), 0))
    by_owner = posts.groupby("owner_id", sort=False)
    since = made[first] - by_owner["created_at"].shift(1).to_numpy()[first]
    found = {
        "history_posts": by_owner.cumcount().to_numpy()[first],
        "days_since_last_post": since / DAY,
    }
    for name in ("engagement_rate", "likes"):
        before = by_owner[name].shift(1).groupby(posts["owner_id"], sort=False)
        rolling = before.rolling(length, min_periods=1)
        found[f"history_median_{name}"] = rolling.median().to_numpy()[first]
        found[f"history_last_{name}"] = before.ffill(limit=length - 1).to_numpy()[first]
        found[f"history_max_{name}"] = rolling.max().to_numpy()[first]
    lowest = by_owner["engagement_rate"].cummin().groupby(posts["owner_id"], sort=False)
    before = lowest.ffill().groupby(posts["owner_id"], sort=False).shift(1)
    found["history_min_engagement_rate"] = before.to_numpy()[first]
    return found


def accounts(posts: pd.DataFrame, task: Task) -> pd.DataFrame:
    """The features of every account, out of those of posts in their order."""
    gaps = posts.groupby("owner_id", sort=False)["created_at"].diff() / DAY
    by_owner = posts.assign(gap=gaps).groupby("owner_id", sort=False)
    # `last` would pass over missing names.
    found = posts.drop_duplicates("owner_id", keep="last").set_index("owner_id")
    found = found[["owner_username", "username", "followers", "following"]]
    measured = by_owner.agg(
        posts=("shortcode", "size"),
        first_post_at=("created_at", "min"),
        last_post_at=("created_at", "max"),
        median_gap_days=("gap", "median"),
        video_share=("is_video", "mean"),
        carousel_share=("multiple_images", "mean"),
        location_share=("has_location", "mean"),
        **{
            f"{measure}_{name}": (name, measure)
            for name in ("likes", "comments", "engagement_rate")
            for measure in ("mean", "median")
        },
        **{
            f"mean_{name}": (name, "mean")
            for name in ("caption_length", "hashtag_count", "mention_count")
        },
    )
    found = found.join(measured)
    weeks = (found["last_post_at"] - found["first_post_at"]) / (7 * DAY)
    found["posts_per_week"] = (found["posts"] - 1) / weeks.replace(0, np.nan)
    found["tier"] = _tier(found["followers"], task.edges)
    following = found["following"].replace(0, np.nan)
    found["follower_following_ratio"] = found["followers"] / following
    for name in ("owner_username", "username"):
        found[name] = found[name].replace("", None)
    return found.reset_index()


def _write(frame: pd.DataFrame, columns: tuple[str, ...], path: str) -> None:
    whole = frame.columns.intersection(["likes", "comments", "engagement"])
    times = frame.columns.intersection(["created_at", "first_post_at", "last_post_at"])
    frame = frame.astype(dict.fromkeys(whole, "Int64"))
    for name in times:
        frame[name] = pd.to_datetime(frame[name], unit="s").astype("datetime64[us]")
    frame[list(columns)].to_parquet(path, compression="zstd", index=False)


def main() -> None:
    """Read, describe, write."""
    task = given_task()
    posts = post_features(read(task.source), task)
    _write(posts, POST_FEATURES, task.posts)
    _write(accounts(posts, task), ACCOUNTS, task.accounts)


if __name__ == "__main__":
    main()
