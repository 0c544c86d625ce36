"""Accounts as they were at a time: described by what they posted before it, or from it on.

A split by time cuts the posts first and describes the accounts afterwards, so that nothing that is
learnt knows of a post after the cut:

- An account to train on is described by its posts before the cut, and by them alone.
- An account to test on is one that training has not seen: it is held out, as in the split by
  account, or has no post before the cut. It is described by its posts from the cut on.

No account is on both sides: it has one number of followers, which is its label on either.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.models.quantiles import top_share_thresholds

# What a row of accounts is described by: all its posts, those before the cut, or those from it on.
PERIOD = "period"
WHOLE, BEFORE, AFTER = "whole", "before", "after"


def cut_of(posts: DataFrame, *, share: float) -> int | None:
    """The Unix microsecond from which on the newest `share` of the posts lie; None without posts.

    It is the cut of the posts' own split by time: posts of that very moment lie after it.

    Args:
        posts: `created_at`.
        share: above 0, below 1.
    """
    values = posts.select(F.lit("all").alias("group"), F.unix_micros("created_at").alias("value"))
    return top_share_thresholds(values, share=share).get("all")


def divided(posts: DataFrame, *, cut: int, held_out: Column) -> Iterator[tuple[str, DataFrame]]:
    """What accounts are described by in a split by time: the period, and its posts.

    Args:
        posts: the table posts.
        cut: Unix microseconds.
        held_out: whether an account is held out, see `split.held_out_account`.
    """
    earlier = F.unix_micros("created_at") < F.lit(cut)
    begun = posts.where(earlier).select("owner_id", F.lit(True).alias("begun")).distinct()

    unseen = held_out | F.col("begun").isNull()
    later = posts.where(~earlier).join(begun, on="owner_id", how="left").where(unseen)
    yield BEFORE, posts.where(earlier & ~held_out)
    yield AFTER, later.select(*posts.columns)


def described_as_a_whole(frame: DataFrame) -> DataFrame:
    """The rows that are no one period's: one for each account; posts are all of them.

    Args:
        frame: what `frames.model_frame` makes, or `split.with_parts` of it.
    """
    return frame.where(F.col(PERIOD) == WHOLE) if PERIOD in frame.columns else frame
