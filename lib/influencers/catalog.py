"""All tables of an output by name, for what is given names only.

Code that needs one table imports its declaration from the package that owns it.
"""

from __future__ import annotations

from influencers.communities import tables as communities
from influencers.duplicates import tables as duplicates
from influencers.explore import tables as explore
from influencers.features import tables as features
from influencers.growth import tables as growth
from influencers.images import tables as images
from influencers.ingest import tables as ingest
from influencers.models import tables as models
from influencers.storage.table import Table

# In the order in which a pipeline writes them.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        ingest.POSTS,
        ingest.QUARANTINE,
        ingest.POST_OBSERVATIONS,
        ingest.ACCOUNT_OBSERVATIONS,
        features.POST_FEATURES,
        features.ACCOUNTS,
        growth.ACCOUNT_GROWTH,
        growth.LIKE_CURVES,
        growth.POST_PERFORMANCE,
        images.POST_IMAGES,
        images.IMAGES_FETCHED,
        images.IMAGES,
        duplicates.DUPLICATE_PAIRS,
        duplicates.DUPLICATE_GROUPS,
        communities.HASHTAG_EDGES,
        communities.COMMUNITIES,
        communities.ACCOUNT_COMMUNITIES,
        communities.COMMUNITY_PROFILES,
        communities.COMMUNITY_GROWTH,
        *explore.FIGURES,
        *explore.ANALYSES,
        *models.PREDICTIONS.values(),
    )
}
