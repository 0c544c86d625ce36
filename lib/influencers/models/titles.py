"""What splits, models and baselines are called."""

from __future__ import annotations

_WHO_TITLES = {
    "forest": "model",
    "without_history": "model without history",
    "history_only": "own history alone",
    "followers_only": "followers alone",
    "likes_only": "mean likes alone",
}
_SPLIT_TITLES = {"by_account": "unseen accounts", "by_time": "later posts"}


def who_title(who: str) -> str:
    """What a model or a baseline is called; one that has no title yet, by its key as words."""
    return _WHO_TITLES.get(who, who.replace("_", " "))


def split_title(split: str) -> str:
    """The held-out data of a split."""
    return _SPLIT_TITLES.get(split, split.replace("_", " "))
