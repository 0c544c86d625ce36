"""Training and test rows: by account, and by time.

Both mark rows rather than divide them: a boolean `held_out`, null where a row has no place.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.models.quantiles import top_share_thresholds

BY_ACCOUNT, BY_TIME = "by_account", "by_time"
SPLITS = (BY_ACCOUNT, BY_TIME)

_PARTS = 1_000_000


def held_out_account(owner_id: Column, *, share: float, seed: int) -> Column:
    """Whether an account, with all that is its own, is held out.

    A hash of the account's id decides: neither other rows, nor their order, nor the run. Null
    where the id is.
    """
    part = F.pmod(F.xxhash64(F.lit(f"by_account:{seed}"), owner_id), F.lit(_PARTS))
    return F.when(owner_id.isNotNull(), part < round(share * _PARTS))


def time_cut(frame: DataFrame, clock: str, *, share: float) -> int | None:
    """The Unix microsecond from which on rows are held out, so that the newest `share` is.

    Rows of that very moment are all held out. None when no row has a time.
    """
    micros = frame.select(F.lit("").alias("group"), F.unix_micros(clock).alias("value"))
    return top_share_thresholds(micros, share=share).get("")


def with_held_out(
    frame: DataFrame, split: str, *, clock: str, share: float, seed: int
) -> tuple[DataFrame, dict[str, object]]:
    """`frame` with `held_out`, and how it was decided.

    Args:
        frame: has `owner_id` and the timestamp `clock`.
        split: by_account or by_time.
        clock: the column that puts rows in time.
        share: the part to hold out.
        seed: salts the hash of by_account.
    """
    if split == BY_ACCOUNT:
        held_out = held_out_account(F.col("owner_id"), share=share, seed=seed)
        rule = {"by": "hash of owner_id", "share": share, "seed": seed}
        return frame.withColumn("held_out", held_out), rule
    cut = time_cut(frame, clock, share=share)
    held_out = F.unix_micros(clock) >= F.lit(cut).cast("bigint")
    moment = None if cut is None else cut / 1_000_000
    return frame.withColumn("held_out", held_out), {
        "by": clock,
        "share": share,
        "from_unix_seconds": moment,
    }
