"""How the likes of a synthetic post arrive: the share that it has at an age.

    share(age) = (1 - exp(-(age / tau) ** k)) / (1 - exp(-(60 days / tau) ** k)), and 1 later

a Weibull curve that is normalised at 60 days. Comments arrive in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from influencers.synthetic.streams import Flags, Floats, Integers

COLUMNS = ("content_type", "age_hours", "share")
TAU_HOURS = {"photo": 11.0, "carousel": 15.0, "video": 28.0}
EXPONENTS = {"photo": 0.68, "carousel": 0.65, "video": 0.60}
FULL_HOURS = 60 * 24
_AGES = (1, 2, 4, 8, 16, *(24 * days for days in (1, 2, 4, 8, 16, 32, 60)))

_TYPES = tuple(TAU_HOURS)
_TAU = np.array([TAU_HOURS[kind] for kind in _TYPES])
_EXPONENT = np.array([EXPONENTS[kind] for kind in _TYPES])


def types(video: Flags, carousel: Flags) -> Integers:
    """The content type of posts: 0 photo, 1 carousel, 2 video."""
    return np.where(video, 2, np.where(carousel, 1, 0)).astype(np.int64)


def share(kind: Integers, hours: Floats) -> Floats:
    """The share of its final likes that a post of this type has at this age.

    Args:
        kind: as `types` has it.
        hours: the age; of no likes before 0.
    """
    tau, exponent = _TAU[kind], _EXPONENT[kind]
    age = np.clip(hours, 0, FULL_HOURS)
    arrived = -np.expm1(-((age / tau) ** exponent))
    full = -np.expm1(-((FULL_HOURS / tau) ** exponent))
    shares: Floats = np.where(hours >= FULL_HOURS, 1.0, arrived / full)
    return shares


def rows() -> Iterator[tuple[str, int, str]]:
    """The rows of truth/like_curve.csv."""
    for number, kind in enumerate(_TYPES):
        for age in _AGES:
            one = share(np.array([number]), np.array([float(age)]))[0]
            yield kind, age, f"{one:.6f}"


def described() -> dict[str, object]:
    """The truth about late likes, for `truth/drivers.json`."""
    return {
        "model": "likes at an age = final likes * (1 - exp(-(age / tau) ** exponent)) "
        "/ (1 - exp(-(full / tau) ** exponent)), rounded; all of them from `full` on; "
        "comments alike",
        "tau_hours": dict(TAU_HOURS),
        "exponent": dict(EXPONENTS),
        "full_hours": FULL_HOURS,
    }
