"""What was planted in a sample of many crawls is found, through all stages as a user runs them."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from influencers.config import Config, GenerateConfig, PathsConfig
from influencers.growth.tables import ACCOUNT_GROWTH, LIKE_CURVES, POST_PERFORMANCE
from influencers.ingest.tables import ACCOUNT_OBSERVATIONS, POST_OBSERVATIONS
from influencers.measured.keys import as_json
from influencers.storage.store import Store
from influencers.synthetic import generate, like_curve
from jobs import features, growth, ingest

_TYPES = ("photo", "carousel", "video")


@dataclasses.dataclass(frozen=True)
class Found:
    """What the stages made of the sample, and what was planted in it."""

    expected: Mapping[str, Any]
    rows: Mapping[str, Any]
    observations: Mapping[str, int]
    tables: Mapping[str, pd.DataFrame]
    truth: Mapping[str, pd.DataFrame]

    def of(self, story: str) -> pd.DataFrame:
        """The intervals of the accounts of a story, and whether they are within its event."""
        planted = self.truth["growth"]
        own = planted[planted["story"] == story][["owner_id", "from_at", "to_at"]]
        assert len(own) >= 20
        both = self.tables["account_growth"].merge(own, on="owner_id", suffixes=("", "_event"))
        inside = (both["to_at"] > both["from_at_event"]) & (both["from_at"] < both["to_at_event"])
        return both.assign(inside=inside)


@pytest.fixture(scope="module")
def found(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("crawls")
    expected = generate(folder / "sample", GenerateConfig(images=0, crawls=34))
    inputs = (str(folder / "sample" / "crawls"),)
    config = dataclasses.replace(
        Config(), paths=PathsConfig(input=inputs, output=str(folder / "out"))
    )
    rows = as_json(ingest.run(spark, config).rows)
    features.run(spark, config)
    growth.run(spark, config)
    store = Store(spark, config)
    truth = {path.stem: read(path) for path in (folder / "sample" / "truth").glob("*.csv")}
    return Found(
        expected,
        rows,
        {one.name: store.read(one).count() for one in (POST_OBSERVATIONS, ACCOUNT_OBSERVATIONS)},
        {
            one.name: store.read(one).toPandas()
            for one in (ACCOUNT_GROWTH, LIKE_CURVES, POST_PERFORMANCE)
        },
        truth,
    )


def read(path: Path) -> pd.DataFrame:
    """A table of the truth, its times as Spark gives them to pandas."""
    with path.open(newline="", encoding="utf-8") as file:
        table = pd.DataFrame(list(csv.DictReader(file)))
    for name in table.columns.intersection(["from_at", "to_at", "last_seen_at", "missing_since"]):
        table[name] = pd.to_datetime(table[name]).dt.tz_localize(None).astype("datetime64[ns]")
    if "owner_id" in table:
        table["owner_id"] = table["owner_id"].astype("int64")
    return table


def test_every_record_and_observation_is_counted(found: Found) -> None:
    for name, number in found.expected["rows"].items():
        assert found.rows[name] == number, name
    assert found.observations == {
        name: found.expected[name] for name in ("post_observations", "account_observations")
    }


@pytest.mark.parametrize("story", ["step", "give_back"])
def test_bought_followers_are_steps(found: Found, story: str) -> None:
    intervals = found.of(story)
    sudden = intervals[intervals["inside"]].groupby("owner_id")["kind"].agg(set)
    recall = sudden.map(lambda kinds: "step" in kinds).mean()
    assert recall >= 0.95
    lost = intervals[~intervals["inside"]].groupby("owner_id")["kind"].agg(set)
    given_back = lost.map(lambda kinds: "give_back" in kinds).mean()
    assert given_back >= 0.95 if story == "give_back" else given_back == 0


def test_a_hit_is_no_step(found: Found) -> None:
    kinds = found.of("hit").groupby("owner_id")["kind"].agg(set)
    assert kinds.map(lambda of_account: "step" in of_account).mean() <= 0.02
    assert kinds.map(lambda of_account: "hit" in of_account).mean() >= 0.95


def test_who_follows_and_unfollows_is_found(found: Found) -> None:
    kinds = found.of("follow_unfollow").groupby("owner_id")["kind"].agg(set)
    assert kinds.map(lambda of_account: "follow_unfollow" in of_account).mean() >= 0.95


def test_honest_accounts_are_usual(found: Found) -> None:
    kinds = found.of("organic").groupby("owner_id")["kind"].agg(lambda all: set(all.dropna()))
    assert kinds.map(lambda of_account: of_account <= {"usual"}).mean() >= 0.98


def test_the_curves_are_those_of_the_sample(found: Found) -> None:
    curves = found.tables["like_curves"]
    assert set(curves["content_type"]) == set(_TYPES)
    kinds = curves["content_type"].map(_TYPES.index).to_numpy()
    planted = like_curve.share(kinds, curves["age_hours"].to_numpy())
    # Shares are of the last likes, which are fewer than those at 60 days by a little.
    assert np.abs(curves["share_median"] / planted - 1).max() <= 0.05


def test_expected_likes_are_those_of_earlier_posts_at_the_age(found: Found) -> None:
    posts = found.tables["post_performance"].sort_values(["owner_id", "content_type", "created_at"])
    known = posts["content_type"].isin(_TYPES) & posts["likes"].notna()
    posts = posts[known & posts["age_days"].notna()].reset_index(drop=True)
    kinds = posts["content_type"].map(_TYPES.index).to_numpy()
    share = like_curve.share(kinds, posts["age_days"].to_numpy() * 24)
    final = posts["likes"].to_numpy(dtype=np.float64) / share
    ratios, ages = [], []
    for _, rows in posts.groupby(["owner_id", "content_type"]).indices.items():
        for place, row in enumerate(rows):
            by_age = posts["basis"][row] in ("own", "curve")
            # Of a type whose curve begins late, few can be brought to a young age.
            of_all = posts["earlier_posts"][row] == min(place, 100)
            if not (by_age and of_all and posts["expected"][row] >= 50):
                continue
            earlier = np.sort(final[rows[max(0, place - 100) : place]])
            middle = earlier[len(earlier) // 4 : len(earlier) - len(earlier) // 4]
            ratios.append(posts["expected"][row] / (middle.mean() * share[row]))
            ages.append(posts["age_days"][row])
    off = pd.Series(np.abs(np.array(ratios) - 1))
    assert len(off) >= 100 and off.max() <= 0.10
    # Young ones and old ones.
    assert min(ages) < 1 and max(ages) > 16


def test_deleted_posts_are_missing(found: Found) -> None:
    posts, deleted = found.tables["post_performance"], found.truth["deleted"]
    missing = posts[posts["missing_since"].notna()]
    both = missing.merge(deleted, on="shortcode", suffixes=("", "_planted"))
    assert len(both) == len(missing)
    assert (both["last_seen_at"] == both["last_seen_at_planted"]).all()
    # That a newest post is missing is seen when there is a newer one.
    assert (both["missing_since"] >= both["missing_since_planted"]).all()
    assert (both["missing_since"] == both["missing_since_planted"]).mean() >= 0.8
    # Of accounts with few posts, no crawl says that one is missing.
    assert len(missing) >= 0.5 * len(deleted)
