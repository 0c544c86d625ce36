"""From the table posts to post features and accounts.

Whatever needs the author's other posts is computed in one pass over the posts of each account
(`account_pass`); all else is an expression over a post's own row, before, or an account's, after.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from influencers.features import accounts, posts
from influencers.features.account_pass import ACCOUNT, FILE, passed
from influencers.features.feature import Feature, names, values
from influencers.features.tiers import with_tier
from influencers.ingest.captions import with_counts
from influencers.run.persisted import Keep
from influencers.storage import data_files
from influencers.storage.data_files import DataFile, Target

# What accounts need of posts beside the features.
_OF_AUTHOR = ("owner_username", "username", "crawled_at")


class Described(NamedTuple):
    """The tables post_features and accounts of the same posts.

    Attributes:
        post_features: None if they are written already.
        files: of post_features, that have all of them.
        accounts: the table accounts.
    """

    post_features: DataFrame | None
    files: Sequence[DataFile]
    accounts: DataFrame


def posts_and_accounts(
    table: DataFrame,
    *,
    tier_edges: Sequence[int],
    history_length: int,
    target: Target | None = None,
    keep: Keep,
) -> Described:
    """Both tables, of one shuffle and one pass; see `post_features` and `account_features`.

    Args:
        table: the table posts.
        tier_edges: four rising follower counts, see `tiers.tier`.
        history_length: how many earlier posts of the author the history looks at.
        target: where tasks write post_features; None: they do not.
        keep: persists the pass for as long as either is read.
    """
    rows = _rows(posts.with_age(table), posts.OF_POST, tier_edges=tier_edges)
    both = keep(
        passed(
            rows,
            names(posts.OF_POST),
            history_length=history_length,
            with_accounts=True,
            target=target,
        )
    )
    described = _accounts(both.where(F.col(ACCOUNT).isNotNull()), tier_edges=tier_edges)
    if target is None:
        of_posts = both.where(F.col(ACCOUNT).isNull()).select(*names(posts.FEATURES))
        return Described(of_posts, (), described)
    files = both.where(F.col(FILE).isNotNull()).select(f"{FILE}.*")
    return Described(None, data_files.collected(files), described)


def post_features(table: DataFrame, *, tier_edges: Sequence[int], history_length: int) -> DataFrame:
    """The features of every post: the columns of the table post_features.

    Grain: one row for each post. A post's age is the time from it to the latest post of all, so
    that it does not depend on the day of the analysis; day_of_week is 1 on Monday (UTC).

    Args:
        table: the table posts; counts of captions that it lacks are computed.
        tier_edges: four rising follower counts, see `tiers.tier`.
        history_length: how many earlier posts of the author the history looks at.
    """
    rows = _rows(posts.with_age(table), posts.OF_POST, tier_edges=tier_edges)
    return passed(
        rows, names(posts.OF_POST), history_length=history_length, with_accounts=False
    ).select(*names(posts.FEATURES))


def account_features(table: DataFrame, *, tier_edges: Sequence[int]) -> DataFrame:
    """The features of every account: the columns of the table accounts.

    Grain: one row for each owner_id. Names, followers and following are those of the account's
    latest crawl or, without crawl times, of its latest post. Means and medians pass over unknown
    values and are null if all are; `posts_per_week` is null below two different times.

    Args:
        table: the table posts; counts of captions that it lacks are computed.
        tier_edges: four rising follower counts, see `tiers.tier`.
    """
    rows = _rows(table, posts.OF_ROW, tier_edges=tier_edges).select("shortcode", *accounts.READ)
    return _accounts(
        passed(rows, (), history_length=None, with_accounts=True), tier_edges=tier_edges
    )


def _rows(table: DataFrame, features: Sequence[Feature], *, tier_edges: Sequence[int]) -> DataFrame:
    """Posts with these features of their own rows, and what accounts need beside it."""
    counted = with_tier(with_counts(table), edges=tier_edges)
    return counted.select(*values(features), *_OF_AUTHOR)


def _accounts(rows: DataFrame, *, tier_edges: Sequence[int]) -> DataFrame:
    described = with_tier(rows.select(f"{ACCOUNT}.*"), edges=tier_edges)
    return described.select(*values(accounts.FEATURES))
