"""What an interval between two crawls of an account shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from influencers.config.growth import GrowthConfig
from influencers.features.account_posts import Floats, Known, Whole, arrow, floats
from influencers.growth.crawled import MICROSECONDS_PER_DAY
from influencers.growth.intervals import log_growth
from influencers.growth.peers import Peers, z_scores
from influencers.growth.runs import starts_of
from influencers.growth.tables import ACCOUNT_GROWTH


def judged(intervals: pa.Table, peers: Peers, settings: GrowthConfig) -> pa.Table:
    """The rows of account_growth of some whole accounts.

    Args:
        intervals: all of these accounts, as `intervals.intervals` has them.
        peers: the usual growth.
        settings: what is a step, and so on.
    """
    column = {name: intervals[name].combine_chunks() for name in intervals.column_names}
    growth = floats(column["log_growth_per_day"])
    median, deviation = peers.of(column["band"].to_numpy(), column["length"].to_numpy())
    z = z_scores(growth, median, deviation)
    found: dict[str, Floats | pa.Array] = {
        **column,
        "following_change": pc.subtract(column["following_to"], column["following_from"]),
        "peer_median": median,
        "peer_mad": deviation,
        "z": z,
        "kind": kinds(intervals, z, settings),
    }
    return pa.table(
        [arrow(found[field.name], field.type) for field in ACCOUNT_GROWTH.arrow_schema],
        schema=ACCOUNT_GROWTH.arrow_schema,
    )


def kinds(intervals: pa.Table, z: Floats, settings: GrowthConfig) -> pa.Array:
    """The kind of each interval; null where there is no verdict.

    Where several hold, the first of step or hit, give-back, follow-unfollow and drop counts.
    """
    before, after = (intervals[name].to_numpy() for name in ("followers_from", "followers_to"))
    resolution = intervals["resolution"].fill_null(0).to_numpy()
    judged = ~np.isnan(z) & (np.abs(after - before) >= resolution)
    change = log_growth(before, after)
    rises = judged & (z > settings.step_z) & (change >= settings.step_log_growth)
    falls = (z < -settings.step_z) & (change <= -settings.step_log_growth)
    has_hit = intervals["has_hit"].to_numpy()
    is_step = rises & ~has_hit
    found = np.select(
        [rises & has_hit, is_step, _give_backs(intervals, is_step, settings),
         _unfollows(intervals, settings), falls],
        ["hit", "step", "give_back", "follow_unfollow", "drop"],
        default="usual",
    )  # fmt: skip
    return pa.array(found.tolist(), pa.string(), mask=~judged)


def _give_backs(intervals: pa.Table, is_step: Known, settings: GrowthConfig) -> Known:
    """In which interval so much of a step's gain is lost for the first time, soon enough."""
    owner, end, before, after = (
        intervals[name].to_numpy()
        for name in ("owner_id", "to_at", "followers_from", "followers_to")
    )
    marked = np.zeros(len(owner), np.bool_)
    within = settings.give_back_days * MICROSECONDS_PER_DAY
    account_ends = np.r_[np.flatnonzero(starts_of(owner))[1:], len(owner)]
    for step in np.flatnonzero(is_step).tolist():
        stop = int(account_ends[np.searchsorted(account_ends, step, side="right")])
        later = slice(step + 1, stop)
        soon = end[later] <= end[step] + within
        gain = after[step] - before[step]
        lost = soon & (after[step] - after[later] >= settings.give_back_share * gain)
        if lost.any():
            marked[step + 1 + int(np.argmax(lost))] = True
    return marked


def _unfollows(intervals: pa.Table, settings: GrowthConfig) -> Known:
    """At the end of which interval many accounts that were followed lately are no longer."""
    owner = intervals["owner_id"].to_numpy()
    first = np.flatnonzero(starts_of(owner))
    before, after = (floats(intervals[name].combine_chunks())
                     for name in ("following_from", "following_to"))  # fmt: skip
    start, end = (intervals[name].to_numpy() for name in ("from_at", "to_at"))
    marked = np.zeros(len(owner), np.bool_)
    if not len(first):
        return marked
    # Few accounts ever follow so many more.
    most = np.fmax.reduceat(np.fmax(before, after), first)
    least = np.fmin.reduceat(np.fmin(before, after), first)
    stops = np.r_[first[1:], len(owner)]
    for place in np.flatnonzero(most - least >= settings.follow_rise).tolist():
        begin, stop = int(first[place]), int(stops[place])
        times = np.r_[start[begin], end[begin:stop]]
        counts = np.r_[before[begin], after[begin:stop]]
        for node in unfollowed(times, counts, settings):
            marked[begin + node - 1] = True
    return marked


def unfollowed(times: Whole, following: Floats, settings: GrowthConfig) -> Sequence[int]:
    """The places where accounts followed have fallen by much of what they had risen by.

    The rise is from the lowest count to a later one, and all of it lies in `growth.follow_days`
    before the place. Behind it, what came before is forgotten.

    Args:
        times: Unix microseconds, rising.
        following: NaN if unknown.
        settings: how much is much.
    """
    within = settings.follow_days * MICROSECONDS_PER_DAY
    found: list[int] = []
    kept: list[int] = []
    for place in np.flatnonzero(~np.isnan(following)).tolist():
        kept = [one for one in kept if times[one] >= times[place] - within]
        counts = following[kept]
        rise = counts - np.minimum.accumulate(counts) if kept else counts
        enough = rise >= settings.follow_rise
        if (enough & (counts - following[place] >= settings.unfollow_share * rise)).any():
            found.append(place)
            kept = []
        kept.append(place)
    return found
