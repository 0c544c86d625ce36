"""One shuffle by account, one sort, one pass: the history of posts, and what accounts did.

Arrow batches of sorted posts go in. Posts with their history come out, and accounts, in one frame:
each is needed, and going through the posts twice would cost as much again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructField, StructType

from influencers.features import accounts, history
from influencers.features.account_posts import AccountPosts, Gathering, arrow
from influencers.features.feature import columns
from influencers.features.history import History
from influencers.storage.table import schema_of

ORDER = ("owner_id", "created_at", "shortcode")
# Stands in rows of accounts, and in no row of a post.
ACCOUNT = "account"


def passed(
    posts: DataFrame, kept: Sequence[str], *, history_length: int | None, with_accounts: bool
) -> DataFrame:
    """Posts with their history, and accounts, of one pass over the posts of each account.

    Grain: one row for each post, whose `account` is null, and, behind the posts of an account, one
    for the account, of which all other columns are null.

    Args:
        posts: what `posts.FEATURES` need, and what `accounts.OF_POSTS` need for accounts.
        kept: the columns of posts that stay.
        history_length: how many earlier posts the history looks at; None: no posts come out.
        with_accounts: whether accounts come out.
    """
    account = StructField(ACCOUNT, schema_of(columns(accounts.OF_POSTS)))
    # All of them nullable: rows of accounts have nothing there.
    fields = (
        ()
        if history_length is None
        else (
            *(StructField(name, posts.schema[name].dataType) for name in kept),
            *schema_of(columns(history.FEATURES)),
        )
    )
    made = StructType([*fields, *([account] if with_accounts else [])])
    in_order = posts.repartition("owner_id").sortWithinPartitions(*ORDER)
    go = partial(_pass, made=to_arrow_schema(made, timezone="UTC"), length=history_length)
    return in_order.mapInArrow(go, made)


def _pass(
    batches: Iterable[pa.RecordBatch], *, made: pa.Schema, length: int | None
) -> Iterator[pa.RecordBatch]:
    """The rows of a partition; see `passed`."""
    past = None if length is None else History(length)
    gathering = Gathering() if ACCOUNT in made.names else None
    for batch in batches:
        if len(batch) == 0:
            continue
        if past is not None:
            yield _of_posts(batch, past, made)
        if gathering is not None:
            for whole in gathering.add(batch.select(accounts.READ)):
                yield _of_accounts(whole, made)
    if gathering is not None:
        for whole in gathering.rest():
            yield _of_accounts(whole, made)


def _of_posts(batch: pa.RecordBatch, past: History, made: pa.Schema) -> pa.RecordBatch:
    computed = dict(zip(_HISTORY, past.before(batch), strict=True))
    return pa.RecordBatch.from_arrays(
        [
            pa.nulls(len(batch), field.type) if field.name == ACCOUNT
            else arrow(computed[field.name], field.type) if field.name in computed
            else batch.column(field.name)
            for field in made
        ],
        schema=made,
    )  # fmt: skip


def _of_accounts(whole: AccountPosts, made: pa.Schema) -> pa.RecordBatch:
    kind = made.field(ACCOUNT).type
    described = pa.StructArray.from_arrays(
        [
            arrow(feature.of(whole), kind.field(place).type)
            for place, feature in enumerate(accounts.OF_POSTS)
        ],
        fields=list(kind),
    )
    return pa.RecordBatch.from_arrays(
        [
            described if field.name == ACCOUNT else pa.nulls(len(described), field.type)
            for field in made
        ],
        schema=made,
    )


_HISTORY = tuple(feature.name for feature in history.FEATURES)
