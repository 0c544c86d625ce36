"""What is known of each post and of each account from the posts alone.

Their columns are declared with the features: `posts.FEATURES` and `accounts.FEATURES`.
"""

from __future__ import annotations

from influencers.features import accounts, posts
from influencers.features.feature import columns
from influencers.storage.table import Table

POST_FEATURES = Table(
    "post_features",
    grain="a post: content, time, engagement, and its author's history strictly before it",
    key=("shortcode",),
    job="features",
    columns=columns(posts.FEATURES),
)

ACCOUNTS = Table(
    "accounts",
    grain="an account, by all known posts of it",
    key=("owner_id",),
    job="features",
    columns=columns(accounts.FEATURES),
)
