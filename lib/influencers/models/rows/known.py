"""The rows of a model: its table with all that is known beside it, for training and for scoring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.config import Config
from influencers.features.describe import account_features
from influencers.features.duplicates import account_copies, copy_features
from influencers.features.images import account_images, image_features
from influencers.models.declaration import INFLUENCE
from influencers.models.rows.frames import community_features, with_communities, with_images
from influencers.models.rows.periods import PERIOD, WHOLE, cut_of, divided
from influencers.models.rows.split import held_out_account
from influencers.run.persisted import Keep

_OfPosts = tuple[DataFrame | None, DataFrame | None]


@dataclass(frozen=True)
class Known:
    """What is known beside the table of a model.

    Attributes:
        posts: all posts, those that are scored among them; None: there is no such table.
        account_communities, post_images, images, duplicate_pairs: the tables of these names;
            None: the stage has not run, and what it finds is unknown.
        algorithm: whose communities, see `frames.community_features`.
        of_posts: the features of images and of copies, where they are at hand, see `computed_once`.
    """

    posts: DataFrame | None = None
    account_communities: DataFrame | None = None
    post_images: DataFrame | None = None
    images: DataFrame | None = None
    duplicate_pairs: DataFrame | None = None
    algorithm: str = ""
    of_posts: _OfPosts | None = None


def computed_once(known: Known, keep: Keep) -> Known:
    """The same, with what the rows of all models join: the features of images and of copies.

    Args:
        known: what is known.
        keep: persists a frame for as long as rows are made of it.
    """
    images, copies = _of_posts(known)
    return replace(
        known,
        of_posts=(
            None if images is None else keep(images),
            None if copies is None else keep(copies),
        ),
    )


def with_known(table: DataFrame, known: Known, *, model: str) -> DataFrame:
    """The table of a model with the features that stand elsewhere; null where they are unknown.

    Grain: as the table.

    Args:
        table: has the model's key and `owner_id`; what it has of the features stays as it is.
        known: what else there is.
        model: influence or virality.
    """
    images, copies = _of_posts(known)
    if model == INFLUENCE:
        images, copies = _of_accounts(known.posts, images, copies)
    return with_images(_with_communities(table, known), images, copies, model=model)


def account_rows(
    accounts: DataFrame,
    known: Known,
    *,
    cut: int,
    held_out: Column,
    tier_edges: Sequence[int],
) -> DataFrame:
    """Accounts described as a whole, and as a split by time knows them (see `periods`).

    Grain: one row for each `owner_id` and `period`. What is found in the posts of all time
    (`declaration.OF_ALL_TIME`) is null but for whole accounts.

    Args:
        accounts: the table accounts.
        known: with posts.
        cut: Unix microseconds, see `periods.cut_of`.
        held_out: whether an account is held out.
        tier_edges: see `tiers.tier`.
    """
    assert known.posts is not None
    whole = with_known(accounts, known, model=INFLUENCE).withColumn(PERIOD, F.lit(WHOLE))
    tables = [whole]
    of_posts = _of_posts(known)
    for period, posts in divided(known.posts, cut=cut, held_out=held_out):
        table = account_features(posts, tier_edges=tier_edges)
        images, copies = _of_accounts(posts, *of_posts)
        table = with_images(with_communities(table, None), images, copies, model=INFLUENCE)
        tables.append(table.withColumn(PERIOD, F.lit(period)).select(*whole.columns))
    return reduce(DataFrame.unionByName, tables)


def accounts_with_cut(
    accounts: DataFrame, post_features: DataFrame | None, known: Known, config: Config
) -> tuple[DataFrame, int | None]:
    """Accounts as `account_rows` has them, and the Unix microsecond that parts their posts.

    Where posts cannot be parted by time, accounts are described as a whole alone, without a
    `period`, and the second is None.

    Args:
        accounts: the table accounts.
        post_features: the table of that name; None: there is none.
        known: what else there is.
        config: shares, seed and tiers.
    """
    cut = None
    if post_features is not None and known.posts is not None:
        cut = cut_of(post_features, share=config.models.time_share)
    if post_features is None or cut is None:
        return with_known(accounts, known, model=INFLUENCE), None
    held_out = held_out_account(
        F.col("owner_id"), share=config.models.account_share, seed=config.models.seed
    )
    rows = account_rows(
        accounts,
        known,
        cut=cut,
        held_out=held_out,
        tier_edges=config.features.tier_edges,
    )
    return rows, cut


def _with_communities(table: DataFrame, known: Known) -> DataFrame:
    communities = known.account_communities
    if communities is not None:
        communities = community_features(communities, algorithm=known.algorithm)
    return with_communities(table, communities)


def _of_posts(known: Known) -> _OfPosts:
    """What is known of the images of posts, and of what was posted before with them."""
    if known.of_posts is not None:
        return known.of_posts
    posts, shown, ledger, pairs = (
        known.posts, known.post_images, known.images, known.duplicate_pairs,
    )  # fmt: skip
    if posts is None or shown is None or ledger is None:
        return None, None
    images = image_features(shown, ledger)
    copies = None if pairs is None else copy_features(posts, shown, ledger, pairs)
    return images, copies


def _of_accounts(
    posts: DataFrame | None, images: DataFrame | None, copies: DataFrame | None
) -> _OfPosts:
    """The same of the accounts that made these posts."""
    if posts is None:
        return None, None
    return (
        None if images is None else account_images(posts, images),
        None if copies is None else account_copies(posts, copies),
    )
