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
from influencers.storage import data_files
from influencers.storage.data_files import DataFile, Target, Writer
from influencers.storage.table import rows_with, schema_of

ORDER = ("owner_id", "created_at", "shortcode")
# Stands in rows of accounts, and in no others; of files likewise.
ACCOUNT, FILE = "account", "file"


def passed(
    posts: DataFrame,
    kept: Sequence[str],
    *,
    history_length: int | None,
    with_accounts: bool,
    target: Target | None = None,
) -> DataFrame:
    """Posts with their history, and accounts, of one pass over the posts of each account.

    Grain: one row for each post, whose `account` is null, and, behind the posts of an account, one
    for the account, of which all other columns are null. With a target, posts are written there,
    and in their place there is a row for each file, `file`.

    Args:
        posts: what `posts.FEATURES` need, and what `accounts.OF_POSTS` need for accounts.
        kept: the columns of posts that stay.
        history_length: how many earlier posts the history looks at; None: no posts come out.
        with_accounts: whether accounts come out.
        target: where posts go; None: they come out.
    """
    # All of them nullable: rows of accounts have nothing there.
    of_posts = StructType(
        [
            *(StructField(name, posts.schema[name].dataType) for name in kept),
            *schema_of(columns(history.FEATURES)),
        ]
    )
    fields: list[StructField] = []
    if target is not None:
        fields.append(StructField(FILE, data_files.SCHEMA))
    elif history_length is not None:
        fields += of_posts.fields
    if with_accounts:
        fields.append(StructField(ACCOUNT, schema_of(columns(accounts.OF_POSTS))))
    made = StructType(fields)
    in_order = posts.repartition("owner_id").sortWithinPartitions(*ORDER)
    go = partial(
        _pass,
        of_posts=to_arrow_schema(of_posts, timezone="UTC"),
        made=to_arrow_schema(made, timezone="UTC"),
        length=history_length,
        target=target,
    )
    return in_order.mapInArrow(go, made)


def _pass(
    batches: Iterable[pa.RecordBatch],
    *,
    of_posts: pa.Schema,
    made: pa.Schema,
    length: int | None,
    target: Target | None,
) -> Iterator[pa.RecordBatch]:
    """The rows of a partition; see `passed`."""
    past = None if length is None else History(length)
    writer = None if target is None else Writer(target)
    gathering = Gathering() if ACCOUNT in made.names else None
    for batch in batches:
        if len(batch) == 0:
            continue
        if past is not None:
            posts = _of_posts(batch, past, of_posts)
            if writer is None:
                yield rows_with(made, dict(zip(posts.schema.names, posts.columns, strict=True)))
            else:
                yield from _of_files(writer.add(posts), made)
        if gathering is not None:
            for whole in gathering.add(batch.select(accounts.READ)):
                yield _of_accounts(AccountPosts(whole), made)
    if gathering is not None:
        for whole in gathering.rest():
            yield _of_accounts(AccountPosts(whole), made)
    if writer is not None:
        yield from _of_files(writer.close(), made)


def _of_posts(batch: pa.RecordBatch, past: History, schema: pa.Schema) -> pa.RecordBatch:
    computed = dict(zip(_HISTORY, past.before(batch), strict=True))
    return pa.RecordBatch.from_arrays(
        [
            arrow(computed[field.name], field.type)
            if field.name in computed
            else batch.column(field.name)
            for field in schema
        ],
        schema=schema,
    )


def _of_accounts(whole: AccountPosts, made: pa.Schema) -> pa.RecordBatch:
    kind = made.field(ACCOUNT).type
    described = pa.StructArray.from_arrays(
        [
            arrow(feature.of(whole), kind.field(place).type)
            for place, feature in enumerate(accounts.OF_POSTS)
        ],
        fields=list(kind),
    )
    return rows_with(made, {ACCOUNT: described})


def _of_files(files: Iterable[DataFile], made: pa.Schema) -> Iterator[pa.RecordBatch]:
    for file in files:
        yield rows_with(made, {FILE: data_files.row_of(file).to_struct_array()})


_HISTORY = tuple(feature.name for feature in history.FEATURES)
