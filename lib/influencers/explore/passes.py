"""One pass over the posts of each account, in tasks: what all figures and analyses rest on.

Posts come together by account, in Arrow batches. Each task counts all that is asked for while it
has them, and gives few rows of four kinds in one frame: cells, standings and steps, which are sums
over its posts, and accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructField, StructType

from influencers.buckets import bucket
from influencers.config import Config
from influencers.explore import cells, influence, levels, standing, virality
from influencers.explore.cells import Cells
from influencers.explore.clock import Clock
from influencers.explore.content import count_relative_rates
from influencers.explore.figures import FIGURES
from influencers.explore.relative import relative_rate, settled
from influencers.explore.rows import Rows
from influencers.explore.standing import Standings
from influencers.explore.virality import Steps
from influencers.features.account_posts import Gathering
from influencers.run.persisted import Keep
from influencers.storage.table import rows_with

_CELL, _STANDING, _STEP, _ACCOUNT = "cell", "standing", "step", "account"
_MADE = StructType(
    [
        StructField(_CELL, cells.SCHEMA),
        StructField(_STANDING, standing.SCHEMA),
        StructField(_STEP, virality.STEPS),
        StructField(_ACCOUNT, influence.INTERVALS),
    ]
)
# So many posts are counted at once.
_ROWS = 100_000
# Rows of three tables come together by account.
_AUTHOR, _TAGGED, _POST = range(3)
# What steps alone need.
_OF_STEPS = ("traits", *virality.VIRAL_LABELS, "usual_rate", "newest", "created", "post_age_days")
# What is read of a post as the table post_features has it.
_READ = (
    "owner_id", "shortcode", "likes", "comments", "followers", "engagement_rate", "content_type",
    "hashtag_count", "has_location", "question", "day_of_week", "post_age_days",
)  # fmt: skip


@dataclass(frozen=True)
class Questions:
    """What has to be known of all posts before they are passed through.

    Attributes:
        clock: which times of day are times.
        viral: a column for every label of virality (see `virality.viral_labels`).
        hashtags: that are judged (see `levels.supported_hashtags`).
    """

    clock: Clock
    viral: dict[str, Column]
    hashtags: tuple[str, ...]


@dataclass(frozen=True)
class Passed:
    """What tasks have counted.

    Attributes:
        rows: each is of one kind; the columns of the others are null.
    """

    rows: DataFrame

    @property
    def cells(self) -> DataFrame:
        """Posts by small keys, as `cells.SCHEMA` has them."""
        return self._of(_CELL)

    @property
    def standings(self) -> DataFrame:
        """Standings within accounts, as `standing.SCHEMA` has them."""
        return self._of(_STANDING)

    @property
    def steps(self) -> DataFrame:
        """Viral and other posts, as `virality.STEPS` has them."""
        return self._of(_STEP)

    @property
    def accounts(self) -> DataFrame:
        """Accounts that can be ranked, as `influence.INTERVALS` has them."""
        return self._of(_ACCOUNT)

    def _of(self, kind: str) -> DataFrame:
        return self.rows.where(F.col(kind).isNotNull()).select(f"{kind}.*")


def passed(
    posts: DataFrame,
    post_features: DataFrame,
    accounts: DataFrame,
    questions: Questions,
    config: Config,
    *,
    keep: Keep = lambda frame: frame,
) -> Passed:
    """Go through the posts of each account once.

    Args:
        posts: the table posts.
        post_features: the table of that name.
        accounts: the table accounts.
        questions: what is known of all posts.
        config: of the figures and analyses.
        keep: persists what comes out, which is read several times.
    """
    rows = _rows(posts, post_features, accounts, questions, config)
    in_order = rows.repartition("owner_id").sortWithinPartitions("owner_id", "kind")
    go = partial(_pass, config=config, hashtags=questions.hashtags)
    return Passed(keep(in_order.mapInArrow(go, _MADE)))


def _rows(
    posts: DataFrame,
    post_features: DataFrame,
    accounts: DataFrame,
    questions: Questions,
    config: Config,
) -> DataFrame:
    """What is read of posts, of their hashtags, and of their authors.

    One after another, and not joined: a join of large tables takes a shuffle and a sort of its own,
    and tears apart the posts of a large account.
    """
    chosen = config.explore
    # Features that are of the time of day are of one that can be trusted.
    described = post_features.withColumn("hour", questions.clock.hour()).select(
        F.lit(_POST).alias("kind"), *_READ,
        F.col("hour").alias("trusted_hour"),
        F.unix_timestamp("created_at").alias("created"),
        bucket("owner_id", count=chosen.account_buckets).cast("int").alias("bucket"),
        *[label.alias(name) for name, label in questions.viral.items()],
        virality.traits().alias("traits"),
    )  # fmt: skip
    usual = F.when(F.col("posts") >= chosen.min_posts, F.col("median_engagement_rate"))
    authors = accounts.select(
        F.lit(_AUTHOR).alias("kind"), "owner_id", usual.alias("usual_rate"),
        F.unix_timestamp("last_post_at").alias("newest"),
    )  # fmt: skip
    tagged = levels.tagged_posts(posts, questions.hashtags).select(
        F.lit(_TAGGED).alias("kind"), "*"
    )
    together = described.unionByName(authors, allowMissingColumns=True)
    return together.unionByName(tagged, allowMissingColumns=True)


def counted_accounts(accounts: DataFrame, config: Config) -> DataFrame:
    """Accounts by small keys, as `cells.SCHEMA` has them.

    Args:
        accounts: the table accounts.
        config: of the figures.
    """
    read = accounts.select("tier", "followers", "posts", "median_engagement_rate")
    return read.mapInArrow(partial(_count_accounts, config=config), cells.SCHEMA)


def _pass(
    batches: Iterable[pa.RecordBatch], *, config: Config, hashtags: tuple[str, ...]
) -> Iterator[pa.RecordBatch]:
    """The rows of a partition, which has all posts of its accounts, in their order."""
    chosen = config.explore
    counted, authors, gathering = Cells(), _Authors(chosen.settled_days), Gathering()
    standings = Standings(chosen.account_buckets, len(levels.levels(hashtags)))
    steps = Steps(chosen.account_buckets)

    def count(whole: pa.Table) -> Iterator[pa.RecordBatch]:
        posts = _tagged_posts(Rows(whole))
        for figure in FIGURES:
            if not figure.of_accounts:
                figure.count(counted, posts, config)
        described = influence.intervals(posts, min_posts=chosen.leader_min_posts)
        yield from _structs(_ACCOUNT, described)
        settled_posts = posts.where(posts.is_true("settled"))
        count_relative_rates(counted, settled_posts, hashtags)
        standings.add(settled_posts, hashtags)

    for some in _in_parts(batches):
        rows = authors.beside(some)
        steps.add(rows.where(rows.is_true("settled")))
        # The posts of an account are held together: of each only what that takes.
        for batch in rows.without(*_OF_STEPS).batches():
            for whole in gathering.add(batch):
                yield from count(whole)
    for whole in gathering.rest():
        yield from count(whole)
    yield from _structs(_CELL, counted.rows())
    yield from _structs(_STANDING, standings.rows())
    yield from _structs(_STEP, steps.rows())


def _in_parts(batches: Iterable[pa.RecordBatch]) -> Iterator[Rows]:
    """Batches put together to some that are not small, wherever accounts end."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(map(len, held)) >= _ROWS:
            yield Rows(pa.Table.from_batches(held))
            held = []
    if sum(map(len, held)):
        yield Rows(pa.Table.from_batches(held))


class _Authors:
    """What is known of the author of each post: the author's row comes before its posts.

    Args:
        settled_days: how old posts are that are settled.
    """

    def __init__(self, settled_days: float) -> None:
        self._days = settled_days
        self._last: Rows | None = None

    def beside(self, rows: Rows) -> Rows:
        """Rows with `relative_rate` and `settled`, which is false of all but posts."""
        together = rows if self._last is None else self._last.followed_by(rows)
        is_author = together.ints("kind") == _AUTHOR
        last = np.maximum.accumulate(np.where(is_author, np.arange(len(together)), 0))
        owner = together.ints("owner_id")
        of_it = is_author[last] & (owner[last] == owner)
        usual, newest = (
            np.where(of_it, together.floats(name)[last], np.nan)
            for name in ("usual_rate", "newest")
        )
        self._last = together.at(last[-1:])
        is_settled = settled(
            together.ints("created"), newest, together.floats("post_age_days"), days=self._days
        )
        found = together.with_columns(
            relative_rate=relative_rate(together.floats("engagement_rate"), usual),
            settled=is_settled & (together.ints("kind") == _POST),
        )
        return found.at(np.arange(len(together) - len(rows), len(together)))


def _tagged_posts(rows: Rows) -> Rows:
    """The posts of whole accounts, with their `tags`."""
    kind = rows.ints("kind")
    posts, tagged = rows.where(kind == _POST), rows.where(kind == _TAGGED)
    place = pc.index_in(posts.column("shortcode"), tagged.column("shortcode"))
    return posts.with_columns(tags=tagged.column("tags").take(place))


def _structs(kind: str, rows: pa.Table) -> Iterator[pa.RecordBatch]:
    """Rows of one kind."""
    made = to_arrow_schema(_MADE, timezone="UTC")
    fields = list(made.field(kind).type)
    for batch in rows.to_batches():
        columns = [batch.column(field.name).cast(field.type) for field in fields]
        yield rows_with(made, {kind: pa.StructArray.from_arrays(columns, fields=fields)})


def _count_accounts(
    batches: Iterable[pa.RecordBatch], *, config: Config
) -> Iterator[pa.RecordBatch]:
    counted = Cells()
    for batch in batches:
        accounts = Rows(pa.Table.from_batches([batch]))
        for figure in FIGURES:
            if figure.of_accounts:
                figure.count(counted, accounts, config)
        influence.count_tiers(counted, accounts, min_posts=config.explore.min_posts)
    schema = to_arrow_schema(cells.SCHEMA, timezone="UTC")
    yield from counted.rows().select(schema.names).cast(schema).to_batches()
