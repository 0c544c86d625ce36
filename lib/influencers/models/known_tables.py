"""What models know, out of the tables of an output; stages that have not run leave none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from pyspark.sql import DataFrame

from influencers import progress
from influencers.communities.tables import ACCOUNT_COMMUNITIES
from influencers.config import Config
from influencers.duplicates.tables import DUPLICATE_PAIRS
from influencers.features.tables import ACCOUNTS, POST_FEATURES
from influencers.images import shown
from influencers.images.tables import IMAGES
from influencers.ingest.tables import POSTS
from influencers.models.declaration import INFLUENCE, VIRALITY
from influencers.models.rows.frames import model_frame
from influencers.models.rows.known import Known, accounts_with_cut, with_known
from influencers.models.training import partitions_for
from influencers.run import stages
from influencers.storage.store import Store

# The tables beside a model's own, as `Known` has them.
_BESIDE = (POSTS, ACCOUNT_COMMUNITIES, IMAGES, DUPLICATE_PAIRS)
BESIDE = tuple(table.name for table in _BESIDE)
_ROWS = {INFLUENCE: ACCOUNTS, VIRALITY: POST_FEATURES}


def read_known(store: Store, config: Config, names: Collection[str] = BESIDE) -> Known:
    """The tables beside a model's own that there are; those of stages that have not run are not.

    With images comes `post_images`; an output without it has the keys of `images.mirrors`.
    """
    tables = {
        table.name: stages.read(store, config, table) for table in _BESIDE if table.name in names
    }
    posts, post_images = tables.get(POSTS.name), None
    if posts is not None and tables.get(IMAGES.name) is not None:
        post_images = shown.read(store, config, posts)
    return Known(
        posts=posts,
        account_communities=tables.get(ACCOUNT_COMMUNITIES.name),
        post_images=post_images,
        images=tables.get(IMAGES.name),
        duplicate_pairs=tables.get(DUPLICATE_PAIRS.name),
        algorithm=config.models.community_algorithm,
    )


def read_frame(
    store: Store, config: Config, model: str, known: Known
) -> tuple[DataFrame, int | None]:
    """The rows that a model learns from, and for accounts where a split by time lies.

    Args:
        store: of the output.
        config: shares, seed, partitions and tiers.
        model: influence or virality.
        known: what `read_known` read.

    Returns:
        What `frames.model_frame` makes; of accounts, the Unix microsecond that parts their posts,
        None where there is none.
    """
    table = store.read_complete(_ROWS[model])
    partitions = partitions_for(table.count(), config.models)
    cut = None
    if model == INFLUENCE:
        described = stages.read(store, config, POST_FEATURES)
        if known.posts is None or described is None:
            progress.say(
                "influence, by_time: skipped, as accounts cannot be described at a time without "
                "the tables posts and post_features"
            )
        rows, cut = accounts_with_cut(table, described, known, config)
    else:
        # The author's community is of all time: no label of a post may use it.
        rows = with_known(table, replace(known, account_communities=None), model=model)
    return model_frame(rows, model=model, partitions=partitions), cut
