"""What splits, forests and baselines are called."""

from __future__ import annotations

WHO_TITLES = {
    "forest": "forest",
    "without_history": "forest without history",
    "history_only": "own history alone",
    "followers_only": "followers alone",
    "likes_only": "mean likes alone",
}
SPLIT_TITLES = {"by_account": "unseen accounts", "by_time": "later posts"}
