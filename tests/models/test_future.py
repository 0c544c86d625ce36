"""Nothing that a model may know of a row depends on what was posted later.

From a moment on posts are other ones, or gone; everything is computed again by the functions that
the jobs call; and no feature that any label may use, in any variant, changes for a row before that
moment. The features are those of the declaration: a new one is held to this without being listed
here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from influencers.communities.algorithms import find_communities
from influencers.communities.cooccurrence import bounded_tags, linked_tags, pair_counts, tag_uses
from influencers.communities.membership import assign_accounts
from influencers.communities.tables import ACCOUNT_COMMUNITIES
from influencers.config import CommunitiesConfig
from influencers.duplicates.images import fetched_images
from influencers.duplicates.links import copied, linked
from influencers.duplicates.plan import near_pairs
from influencers.duplicates.tables import DUPLICATE_PAIRS
from influencers.features.describe import account_features
from influencers.features.describe import post_features as described
from influencers.images import shown
from influencers.images.keys import distinct_images
from influencers.ingest.posts import with_captions_read
from influencers.models.declaration import (
    FEATURES,
    INFLUENCE,
    LABELS,
    OF_ALL_TIME,
    VIRALITY,
    allowed_features,
    variants_of,
)
from influencers.models.rows.frames import model_frame
from influencers.models.rows.known import Known, account_rows, with_known
from influencers.models.rows.periods import AFTER, BEFORE, WHOLE, cut_of, described_as_a_whole
from influencers.models.rows.split import (
    BY_ACCOUNT,
    BY_TIME,
    TEST,
    Shares,
    held_out_account,
    part_of,
)
from influencers.models.rows.split import with_parts as parted

EDGES = (10_000, 100_000, 500_000, 1_000_000)
MIRRORS = ("images.example",)
SHARES = Shares(accounts=0.3, time=0.4, calibration=0.2)
SEED = 3
ALLOWED = {
    model: sorted(
        {
            feature.name
            for label in LABELS.values()
            if label.model == model
            for variant in variants_of(label)
            for feature in allowed_features(label, variant)
        }
    )
    for model in FEATURES
}
GROUPS = {model: {one.name: one.group for one in features} for model, features in FEATURES.items()}

Rows = dict[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class World:
    """The rows of both models, as some posts make them."""

    virality: Rows
    influence: Rows


def held_out() -> Column:
    return held_out_account(F.col("owner_id"), share=SHARES.accounts, seed=SEED)


def rows_of(frame: DataFrame, *keys: str) -> Rows:
    return {tuple(row[key] for key in keys): row.asDict() for row in frame.collect()}


def links_of(posts: DataFrame, images: DataFrame) -> DataFrame:
    """The table duplicate_pairs, as the job `duplicates` makes it."""
    spark = posts.sparkSession
    post_images = shown.of_posts(posts, mirrors=MIRRORS)
    found = fetched_images(images, posts, post_images).persist()
    compared = found.where("phash IS NOT NULL AND id = first_of_bytes")
    with near_pairs(compared, radius=2, max_candidates=10**9, cores=2) as (near, _):
        links = linked(copied(found, near), near).collect()
    found.unpersist()
    return spark.createDataFrame(links, DUPLICATE_PAIRS.schema)


def communities_of(posts: DataFrame) -> DataFrame:
    """The table account_communities, as the job `communities` makes it."""
    bounded = bounded_tags(posts, max_tags=30)
    uses = tag_uses(bounded).persist()
    edges = linked_tags(pair_counts(bounded), uses, min_accounts=2).persist()
    settings = CommunitiesConfig(algorithms=("louvain",))
    with find_communities(edges, settings.algorithms, settings) as found:
        members = assign_accounts(uses, found).collect()
    for one in (uses, edges):
        one.unpersist()
    return posts.sparkSession.createDataFrame(members, ACCOUNT_COMMUNITIES.schema)


def world_of(posts: DataFrame, images: DataFrame, cut: int) -> World:
    """From posts to the rows of both models; only images that a post shows are known."""
    wanted = distinct_images(posts, mirrors=MIRRORS).select("image_key")
    fetched = images.join(wanted, on="image_key", how="left_semi")
    features = described(posts, tier_edges=EDGES, history_length=10).persist()
    known = Known(
        posts=posts,
        account_communities=communities_of(posts),
        post_images=shown.of_posts(posts, mirrors=MIRRORS),
        images=fetched,
        duplicate_pairs=links_of(posts, fetched),
    )
    accounts = account_rows(
        account_features(posts, tier_edges=EDGES),
        known,
        cut=cut,
        held_out=held_out(),
        tier_edges=EDGES,
    )
    frames = [
        model_frame(table, model=model, partitions=1)
        for table, model in (
            (with_known(features, known, model=VIRALITY), VIRALITY),
            (accounts, INFLUENCE),
        )
    ]
    world = World(rows_of(frames[0], "shortcode"), rows_of(frames[1], "owner_id", "period"))
    features.unpersist()
    return world


def changed(posts: DataFrame, moment: int) -> DataFrame:
    """From a moment on posts lie later and are other ones in every respect but their names."""
    later = F.unix_micros("created_at") >= F.lit(moment)
    other = {
        "created_at": F.col("created_at") + F.expr("INTERVAL 40 DAYS"),
        "caption": F.concat(F.lit("why? @you #t"), F.col("owner_id") % 2, F.lit("x1 #t1x2 #new")),
        "likes": F.col("likes") * 100,
        "comments": F.col("comments") * 100,
        "followers": F.col("followers") * 7,
        "following": F.col("following") + 5_000,
        "is_video": ~F.col("is_video"),
        "location": F.lit("There"),
        "image_url": F.lit("http://images.example/p/1.jpg"),
    }
    return with_captions_read(
        posts.withColumns(
            {name: F.when(later, one).otherwise(F.col(name)) for name, one in other.items()}
        )
    )


@pytest.fixture(scope="module")
def cuts(posts: DataFrame) -> tuple[int, int]:
    """Where the posts are cut into training and test, and a moment in the test period."""
    first, second = (cut_of(posts, share=share) for share in (SHARES.time, 0.2))
    assert first is not None and second is not None and first < second
    return first, second


@pytest.fixture(scope="module")
def whole(posts: DataFrame, images: DataFrame, cuts: tuple[int, int]) -> World:
    return world_of(posts, images, cuts[0])


@pytest.fixture(scope="module", params=["training, gone", "training, changed", "test, changed"])
def other(
    request: pytest.FixtureRequest, posts: DataFrame, images: DataFrame, cuts: tuple[int, int]
) -> tuple[int, World]:
    """A moment, and the world in which the posts from it on are gone or other ones."""
    moment = cuts[request.param.startswith("test")]
    earlier = posts.where(F.unix_micros("created_at") < F.lit(moment))
    found = earlier if request.param.endswith("gone") else changed(posts, moment)
    return moment, world_of(found.persist(), images, cuts[0])


def known_before(world: World, model: str, moment: int) -> Rows:
    """The rows that a split by time trains on, or tests on before a moment."""
    if model == INFLUENCE:
        return {key: row for key, row in world.influence.items() if row["period"] == BEFORE}
    return {
        key: row
        for key, row in world.virality.items()
        if row["created_at"].timestamp() * 1_000_000 < moment
    }


@pytest.mark.parametrize(
    ("model", "name"), [(model, name) for model, names in ALLOWED.items() for name in names]
)
def test_no_feature_knows_what_was_posted_later(
    whole: World, other: tuple[int, World], cuts: tuple[int, int], model: str, name: str
) -> None:
    moment, world = other
    before, after = (known_before(one, model, moment) for one in (whole, world))
    assert len(before) > 30
    values = {key: row[name] for key, row in before.items()}
    assert values == {key: row[name] for key, row in after.items()}
    if model == INFLUENCE and GROUPS[model][name] in OF_ALL_TIME:
        assert set(values.values()) == {None}
        assert any(row[name] is not None for row in whole.influence.values())
    else:
        assert len(set(values.values()) - {None}) > 1, "the posts here do not try this feature"


def test_what_is_found_in_hindsight_would_be_seen(whole: World, other: tuple[int, World]) -> None:
    """The test above fails for a feature that is made of the posts of all time."""
    moment, world = other
    names = [one.name for one in FEATURES[VIRALITY] if one.group == "hindsight"]
    before, after = (
        {key: [row[name] for name in names] for key, row in rows.items()}
        for rows in (known_before(one, VIRALITY, moment) for one in (whole, world))
    )
    assert names and before.keys() == after.keys()
    assert before != after


def test_accounts_are_tested_on_what_they_posted_later_and_were_not_trained_on(
    spark: SparkSession, posts: DataFrame, whole: World, cuts: tuple[int, int]
) -> None:
    counts = {
        (row["owner_id"], row["period"]): row["count"]
        for row in posts.withColumn(
            "period",
            F.when(F.unix_micros("created_at") < F.lit(cuts[0]), BEFORE).otherwise(AFTER),
        )
        .groupBy("owner_id", "period")
        .count()
        .collect()
    }
    owners = {row["owner_id"] for row in posts.where(held_out()).select("owner_id").collect()}
    found = {key: row["posts"] for key, row in whole.influence.items() if key[1] != WHOLE}
    trained, tested = ({owner for owner, one in found if one == side} for side in (BEFORE, AFTER))
    assert tested and trained and not tested & trained
    assert not owners & trained
    assert tested >= {owner for owner, period in counts if period == AFTER and owner in owners}
    assert found == {key: counts[key] for key in found}


def test_an_account_that_begins_later_is_tested_on_whatever_its_hash(
    spark: SparkSession, posts: DataFrame, images: DataFrame, cuts: tuple[int, int]
) -> None:
    late = F.unix_micros("created_at") >= F.lit(cuts[0])
    trained = {row[0] for row in posts.where(~held_out()).select("owner_id").distinct().collect()}
    newcomer = min(trained)
    begun = posts.where(late | (F.col("owner_id") != newcomer))
    frame = model_frame(
        account_rows(
            account_features(begun, tier_edges=EDGES),
            Known(posts=begun),
            cut=cuts[0],
            held_out=held_out(),
            tier_edges=EDGES,
        ),
        model=INFLUENCE,
        partitions=1,
    )
    marked, rules = parted(frame, clock="first_post_at", shares=SHARES, seed=SEED, cut=cuts[0])
    assert rules[BY_TIME]["from_unix_seconds"] == cuts[0] / 1_000_000
    rows = marked.where(F.col("owner_id") == newcomer).collect()
    parts = {row["period"]: (row[part_of(BY_ACCOUNT)], row[part_of(BY_TIME)]) for row in rows}
    assert parts.keys() == {WHOLE, AFTER}
    assert parts[AFTER] == (None, TEST)
    assert parts[WHOLE][0] != TEST and parts[WHOLE][1] is None
    owners = begun.select("owner_id").distinct().count()
    assert described_as_a_whole(marked).count() == owners < marked.count()
