"""Training and test rows: on accounts that training has not seen, and on a later time.

Rows are marked rather than divided: for every split a column says which part a row is in, null
where it has no place. Forests are fitted to one part of the training rows, their probabilities
calibrated on another, and all is measured on the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.buckets import bucket
from influencers.config import ModelsConfig
from influencers.models.quantiles import top_share_thresholds
from influencers.models.rows.periods import AFTER, BEFORE, PERIOD, WHOLE

BY_ACCOUNT, BY_TIME = "by_account", "by_time"
SPLITS = (BY_ACCOUNT, BY_TIME)

FIT, CALIBRATION, TEST = "fit", "calibration", "test"
# Rows to fit to beyond `models.fit_rows`: nothing is learnt of them but the thresholds of labels.
SPARE = "spare"

PARTS = 1_000_000


@dataclass(frozen=True)
class Shares:
    """How much is put aside.

    Attributes:
        accounts: of the accounts, to test on.
        time: of the rows, the newest, to test on.
        calibration: of what is left for training, to calibrate on.
    """

    accounts: float
    time: float
    calibration: float


def part_of(split: str) -> str:
    """The column that says which part of a split a row is in."""
    return f"part_{split}"


def account_part(owner_id: Column, *, seed: int, salt: str) -> Column:
    """Which of `PARTS` equal parts an account is in, by a hash of its id; null where the id is."""
    part = bucket(owner_id, count=PARTS, salt=f"{salt}:{seed}")
    return F.when(owner_id.isNotNull(), part)


def held_out_account(
    owner_id: Column, *, share: float, seed: int, salt: str = BY_ACCOUNT
) -> Column:
    """Whether an account, with all that is its own, is held out.

    A hash of the account's id decides: neither other rows, nor their order, nor the run. Null
    where the id is.
    """
    return account_part(owner_id, seed=seed, salt=salt) < round(share * PARTS)


def with_parts(
    frame: DataFrame, *, clock: str, shares: Shares, seed: int, cut: int | None = None
) -> tuple[DataFrame, dict[str, dict[str, object]]]:
    """`frame` with a column for each split, and how each was decided.

    By account, whole accounts are put aside, for calibration too: its question is how sure one may
    be of an account never seen. By time it is the newest posts, and before them those to calibrate
    on; posts of the very moment of a cut all lie after it. Accounts have no time of their own: by
    time they are described by their posts before the cut, or from it on (see `periods`).

    Args:
        frame: has `owner_id` and the timestamp `clock`; accounts have `period` too.
        clock: the column that puts rows in time.
        shares: how much to put aside.
        seed: salts the hashes of accounts.
        cut: of accounts, the Unix microsecond that parts their posts; None: nothing parts them,
            and no account has a place in the split by time.
    """
    if PERIOD in frame.columns:
        return _account_parts(frame, shares, seed, cut)
    owner = F.col("owner_id")
    apart = held_out_account(owner, share=shares.accounts, seed=seed)
    to_calibrate = held_out_account(owner, share=shares.calibration, seed=seed, salt="calibration")
    micros = F.unix_micros(clock)
    cuts = _time_cuts(frame, clock, shares)
    test_from, calibration_from = (F.lit(cuts.get(name)).cast("bigint") for name in _CUTS)
    marked = frame.withColumns(
        {
            part_of(BY_ACCOUNT): _parts(apart, to_calibrate),
            part_of(BY_TIME): _parts(micros >= test_from, micros >= calibration_from),
        }
    )
    moments = {name: cut / 1_000_000 for name, cut in cuts.items()}
    return marked, {
        BY_ACCOUNT: {
            "by": "hash of owner_id",
            "share": shares.accounts,
            "calibration_share": shares.calibration,
            "seed": seed,
        },
        BY_TIME: {
            "by": clock,
            "share": shares.time,
            "calibration_share": shares.calibration,
            "from_unix_seconds": moments.get(TEST),
            "calibration_from_unix_seconds": moments.get(CALIBRATION),
        },
    }


def fitted_share(rows: int, config: ModelsConfig) -> float:
    """The share of `rows` that forests are fitted to, see `models.fit_rows`; 1: all."""
    return min(1.0, config.fit_rows / rows) if config.fit_rows and rows else 1.0


def is_fitted(owner_id: Column, *, share: float, seed: int) -> Column:
    """Whether the rows of an account are among the share of the rows to fit to; never null."""
    if share >= 1:
        return F.lit(True)
    part = account_part(owner_id, seed=seed, salt=FIT)
    return F.coalesce(part < round(share * PARTS), F.lit(False))


def with_spare(frame: DataFrame, shares: Mapping[str, float], *, seed: int) -> DataFrame:
    """`frame`, in which rows to fit to beyond a share are `SPARE`.

    Args:
        frame: as `with_parts` makes it.
        shares: by split.
        seed: salts the hashes of accounts.
    """
    owner = F.col("owner_id")
    return frame.withColumns(
        {
            part_of(split): F.when(
                (F.col(part_of(split)) == FIT) & ~is_fitted(owner, share=share, seed=seed), SPARE
            ).otherwise(F.col(part_of(split)))
            for split, share in shares.items()
        }
    )


def never_tested(frame: DataFrame, *, cut: int | None) -> Column:
    """Whether no split tests on a row, or on anything that a row knows; never null.

    Of accounts these are the ones that the split by time trains on, or without a cut those that
    the split by account does.

    Args:
        frame: as `with_parts` makes it.
        cut: as it was given.
    """
    asked: tuple[str, ...] = SPLITS
    if PERIOD in frame.columns:
        asked = (BY_ACCOUNT,) if cut is None else (BY_TIME,)
    trained = (F.col(part_of(split)) != TEST for split in asked)
    return F.coalesce(reduce(and_, trained), F.lit(False))


def _account_parts(
    frame: DataFrame, shares: Shares, seed: int, cut: int | None
) -> tuple[DataFrame, dict[str, dict[str, object]]]:
    """As `with_parts`, of accounts: null where a row is of another split's period."""
    owner, period = F.col("owner_id"), F.col(PERIOD)
    apart = held_out_account(owner, share=shares.accounts, seed=seed)
    to_calibrate = held_out_account(owner, share=shares.calibration, seed=seed, salt="calibration")
    before = F.when(to_calibrate, CALIBRATION).when(~to_calibrate, FIT)
    marked = frame.withColumns(
        {
            part_of(BY_ACCOUNT): F.when(period == WHOLE, _parts(apart, to_calibrate)),
            part_of(BY_TIME): F.when(period == BEFORE, before).when(period == AFTER, TEST),
        }
    )
    by_account: dict[str, object] = {
        "by": "hash of owner_id",
        "share": shares.accounts,
        "calibration_share": shares.calibration,
        "seed": seed,
    }
    by_time = {
        **by_account,
        "by": "created_at of posts, and hash of owner_id",
        "share": shares.time,
        "account_share": shares.accounts,
        "from_unix_seconds": None if cut is None else cut / 1_000_000,
    }
    return marked, {BY_ACCOUNT: by_account, BY_TIME: by_time}


_CUTS = (TEST, CALIBRATION)


def _time_cuts(frame: DataFrame, clock: str, shares: Shares) -> dict[str, int]:
    """The Unix microseconds from which on rows are to test, and to calibrate on."""
    until = shares.time + (1 - shares.time) * shares.calibration
    values = frame.select(
        F.explode(F.array(*(F.lit(name) for name in _CUTS))).alias("group"),
        F.unix_micros(clock).alias("value"),
    )
    return top_share_thresholds(values, share={TEST: shares.time, CALIBRATION: until})


def _parts(test: Column, calibration: Column) -> Column:
    return F.when(test, TEST).when(~test & calibration, CALIBRATION).when(~test & ~calibration, FIT)
