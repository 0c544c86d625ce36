"""What happens to accounts while they are crawled: the kinds of events, and how large they are.

Followers are multiplied by 1 + gain * risen * kept: `risen` goes from 0 to 1 from the start of the
event on, and `kept` falls from 1 where the gain is lost again.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from influencers.synthetic.crawl_times import DAY, HOUR
from influencers.synthetic.streams import Floats, Integers, pick_of, uniforms

NAMES = ("organic", "hit", "step", "give_back", "follow_unfollow")
ORGANIC, HIT, STEP, GIVE_BACK, FOLLOW_UNFOLLOW = range(len(NAMES))

_WEIGHTS = np.array([0.66, 0.09, 0.10, 0.06, 0.09])
_FEWEST_FOLLOWERS = 1_000  # of an account with an event: a percent of fewer is lost in rounding
_MOST_FOLLOWING = 4_500  # before it follows and unfollows: Instagram allows 7,500

# By kind, from the lowest to the highest, evenly spread.
GAIN = np.array([(0, 0), (0.08, 0.165), (0.24, 0.74), (0.24, 0.74), (0.005, 0.018)])
RAMP_HOURS = np.array([(1, 1), (14, 22), (2.4, 7.2), (2.4, 7.2), (48, 96)], dtype=np.float64)
# Of the gain, and for the last kind of those that it had followed; a step's in each week.
LOSS = np.array([(0, 0), (0, 0), (0.01, 0.02), (0.55, 0.80), (0.80, 0.95)])
HOLD_DAYS = np.array([(0, 0), (0, 0), (0, 0), (0.5, 0.5), (1, 3)])
LOSS_DAYS = np.array([(1, 1), (1, 1), (7, 7), (3, 8), (5, 12)], dtype=np.float64)
FOLLOWED = np.array([(0, 0), (0, 0), (0, 0), (0, 0), (650, 2_900)], dtype=np.float64)
HIT_TIMES = (6.0, 12.0)  # the likes of a hit, in medians of the account's other posts


@dataclass(frozen=True)
class Shape:
    """How large and how fast the event of each account is; one element to an account.

    Attributes:
        ramp: seconds in which followers, or those followed, rise.
        gain: what is added to followers, as a share of them.
        loss: see `LOSS`; it begins `hold` seconds after the rise, and takes `fall` seconds.
        followed: how many more accounts it follows.
    """

    ramp: Floats
    gain: Floats
    loss: Floats
    hold: Floats
    fall: Floats
    followed: Floats

    def take(self, positions: Integers) -> Shape:
        """The events of the accounts at these positions."""
        return Shape(**{f.name: getattr(self, f.name)[positions] for f in fields(self)})


def drawn(seed: int, numbers: Integers, followers: Integers, following: Integers) -> Integers:
    """The kind of event that each account is to have, if its posts and the crawls allow it."""
    kind = pick_of(uniforms(numbers, seed, "story"), _WEIGHTS)
    few = followers < _FEWEST_FOLLOWERS
    many = (kind == FOLLOW_UNFOLLOW) & (following > _MOST_FOLLOWING)
    return np.where(few | many, ORGANIC, kind)


def shapes(seed: int, every: int, numbers: Integers, kind: Integers, following: Integers) -> Shape:
    """The events of accounts.

    Args:
        seed: of the sample.
        every: seconds from one crawl to the next: bought followers arrive between two.
        numbers: the accounts.
        kind: of the event.
        following: how many each follows at the last crawl, some of which it may have kept.
    """

    def between(bounds: Floats, step: int) -> Floats:
        low, high = bounds[kind].T
        spread: Floats = low + (high - low) * uniforms(numbers, seed, "event", step)
        return spread

    ramp = between(RAMP_HOURS, 0) * HOUR
    bought = (kind == STEP) | (kind == GIVE_BACK)
    followed = between(FOLLOWED, 4)
    loss = between(LOSS, 2)
    kept = 0.8 * following / np.maximum(followed, 1)
    loss = np.where(kind == FOLLOW_UNFOLLOW, np.maximum(loss, 1 - kept), loss)
    return Shape(
        ramp=np.where(bought, ramp * min(every / (12 * HOUR), 1), ramp),
        gain=between(GAIN, 1),
        loss=loss,
        hold=between(HOLD_DAYS, 5) * DAY,
        fall=between(LOSS_DAYS, 3) * DAY,
        followed=followed,
    )


def gained(shape: Shape, kind: Integers, since: Floats) -> Floats:
    """What followers are multiplied by, so many seconds after the start of the event."""
    fallen = _fallen(shape, since)
    weekly = (1 - shape.loss) ** (np.maximum(since - shape.ramp, 0) / (7 * DAY))
    kept = np.where(kind == STEP, weekly, 1 - np.where(kind == GIVE_BACK, shape.loss * fallen, 0))
    factor: Floats = 1 + shape.gain * _risen(shape, since) * kept
    return factor


def followed(shape: Shape, since: Floats) -> Floats:
    """How many more accounts are followed, so many seconds after the start of the event."""
    kept = 1 - shape.loss * _fallen(shape, since)
    more: Floats = shape.followed * _risen(shape, since) * kept
    return more


def _risen(shape: Shape, since: Floats) -> Floats:
    place = np.clip(since / shape.ramp, 0, 1)
    risen: Floats = place * place * (3 - 2 * place)
    return risen


def _fallen(shape: Shape, since: Floats) -> Floats:
    fallen: Floats = np.clip((since - shape.ramp - shape.hold) / shape.fall, 0, 1)
    return fallen


def described() -> dict[str, object]:
    """The truth about followers, for `truth/drivers.json`."""

    def ranges(bounds: Floats, *kinds: int) -> dict[str, list[float]]:
        return {NAMES[kind]: bounds[kind].tolist() for kind in kinds}

    return {
        "model": "followers = followers at the last crawl * exp(daily rate * days + noise) * "
        "(1 + gain * risen * kept), relative to the last crawl; ranges are evenly spread",
        "weights": dict(zip(NAMES, _WEIGHTS.tolist(), strict=True)),
        "gain": ranges(GAIN, HIT, STEP, GIVE_BACK, FOLLOW_UNFOLLOW),
        "rise_hours": ranges(RAMP_HOURS, HIT, STEP, GIVE_BACK, FOLLOW_UNFOLLOW),
        "loss_of_the_gain_a_week": ranges(LOSS, STEP),
        "loss_of_the_gain": ranges(LOSS, GIVE_BACK),
        "loss_of_those_followed": ranges(LOSS, FOLLOW_UNFOLLOW),
        "days_of_loss": ranges(LOSS_DAYS, GIVE_BACK, FOLLOW_UNFOLLOW),
        "followed": ranges(FOLLOWED, FOLLOW_UNFOLLOW),
        "likes_of_a_hit_in_medians": list(HIT_TIMES),
    }
