"""What was planted between crawls, looked for in the files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crawls_reader import Crawls
from influencers.config import GenerateConfig
from influencers.synthetic import accounts, growth, posts

STORIES = {"organic", "hit", "step", "give_back", "follow_unfollow"}


@pytest.fixture(scope="module")
def events(crawls: Crawls) -> pd.DataFrame:
    """The accounts with an event."""
    told = crawls.truth("growth")
    told = told[told["story"] != "organic"].copy()
    for name in ("from_at", "to_at"):
        told[name] = pd.to_datetime(told[name], utc=True)
    return told.astype({"followers_from": int, "followers_to": int})


def series(crawls: Crawls, owner: str) -> pd.DataFrame:
    """What crawls saw of an account, by time."""
    return crawls.accounts[crawls.accounts["owner_id"] == owner].set_index("at").sort_index()


def usual_likes(crawls: Crawls, owner: str) -> tuple[pd.DataFrame, float]:
    """The posts of an account as last seen, and the median of their likes."""
    own = crawls.posts[crawls.posts["owner_id"] == owner]
    last = own.sort_values("at").drop_duplicates("shortcode", keep="last")
    return last.assign(created=pd.to_datetime(last["created_at"], unit="s", utc=True)), float(
        last["likes"].median()
    )


def test_there_is_some_of_everything_and_most_is_honest(crawls: Crawls) -> None:
    told = crawls.truth("growth")
    counts = told["story"].value_counts()
    assert set(counts.index) == STORIES
    assert counts.min() >= 10
    assert counts["organic"] > 0.6 * len(told)
    assert 10 <= (told["rounded"] == "true").sum() <= 60
    assert 8 <= (told["renamed_to"] != "").sum() <= 40
    assert 10 <= (told["missed_crawls"] != "0").sum() <= 60
    assert 20 <= len(crawls.truth("deleted")) <= 120
    organic = told[told["story"] == "organic"]
    assert (organic[["from_at", "to_at", "followers_from", "followers_to"]] == "").all(axis=None)


def test_the_last_crawl_has_the_followers_of_the_account(crawls: Crawls) -> None:
    of = crawls.truth("accounts").set_index("owner_id")
    rounded = crawls.truth("growth").set_index("owner_id")["rounded"] == "true"
    last = crawls.accounts.drop_duplicates("owner_id", keep="last").set_index("owner_id")
    assert (last["at"].dt.strftime("%Y-%m-%d") == "2024-12-31").all()
    exact = last[~rounded[last.index]]
    assert (exact["followers"] == of.loc[exact.index, "followers"]).all()
    assert (last["following"].astype(str) == of.loc[last.index, "following"]).all()
    assert (last["owner_username"] == of.loc[last.index, "owner_username"]).all()


def test_honest_accounts_grow_smoothly(crawls: Crawls) -> None:
    told = crawls.truth("growth").set_index("owner_id")
    plain = told.index[(told["story"] == "organic") & (told["rounded"] == "false")]
    logs = crawls.accounts[crawls.accounts["owner_id"].isin(plain)].copy()
    logs = logs[logs["count"] > 2_000]
    logs["log"] = np.log(logs["count"])
    groups = logs.groupby("owner_id")
    days = groups["at"].diff().dt.total_seconds() / 86_400
    daily = (groups["log"].diff() / days).dropna()
    assert daily.abs().max() < 0.006
    rates = daily.groupby(logs["owner_id"]).mean()
    assert 0.0003 < rates.mean() < 0.0007
    assert 0.05 < (rates < 0).mean() < 0.35


def test_events_lie_between_the_crawls_that_the_truth_names(
    crawls: Crawls, events: pd.DataFrame
) -> None:
    for row in events.itertuples():
        seen = series(crawls, row.owner_id)
        assert seen["count"][row.from_at] == row.followers_from
        assert seen["count"][row.to_at] == row.followers_to
        between = seen.index[(seen.index > row.from_at) & (seen.index < row.to_at)]
        hours = (row.to_at - row.from_at).total_seconds() / 3_600
        assert len(between) == hours // 24 - 1  # none of them is missed
        assert hours <= {"hit": 48, "follow_unfollow": 30 * 24}.get(row.story, 24)


def test_hits_have_a_post_behind_them(crawls: Crawls, events: pd.DataFrame) -> None:
    for row in events[events["story"] == "hit"].itertuples():
        assert 1.06 < row.followers_to / row.followers_from < 1.20
        own, usual = usual_likes(crawls, row.owner_id)
        near = own[(own["created"] > row.from_at) & (own["created"] < row.to_at)]
        assert near["likes"].max() >= 4 * usual


def test_bought_followers_come_without_a_post_and_like_nothing(
    crawls: Crawls, events: pd.DataFrame
) -> None:
    changes = []
    for row in events[events["story"].isin(("step", "give_back"))].itertuples():
        assert 1.20 < row.followers_to / row.followers_from < 1.80
        own, usual = usual_likes(crawls, row.owner_id)
        early = row.from_at - pd.Timedelta(days=1)
        near = own[(own["created"] > early) & (own["created"] < row.to_at)]
        assert not (near["likes"] > 2 * usual).any()
        if row.story == "step":
            young = own[(own["likes"] > 0) & (own["age_hours"] < 40 * 24)]
            logs = np.log(young["likes"] / planted_share(crawls, young))
            before, after = logs[young["created"] < row.from_at], logs[young["created"] > row.to_at]
            if len(before) and len(after):
                changes.append(after.mean() - before.mean())
    # Likes do not follow: the engagement rate falls in proportion to followers, by .4 on average.
    assert len(changes) >= 20
    assert abs(np.mean(changes)) < 0.15


def test_some_bought_followers_leave_slowly_and_some_fast(
    crawls: Crawls, events: pd.DataFrame
) -> None:
    weekly = []
    for row in events[events["story"].isin(("step", "give_back"))].itertuples():
        seen = series(crawls, row.owner_id)["count"]
        gain = row.followers_to - row.followers_from
        if row.story == "give_back":
            later = seen[: row.to_at + pd.Timedelta(days=10)].iloc[-1]
            assert row.followers_to - later > 0.4 * gain
        elif row.to_at + pd.Timedelta(days=7) in seen.index:
            weekly.append((row.followers_to - seen[row.to_at + pd.Timedelta(days=7)]) / gain)
    # Slow losses are seen beside usual growth, .35 % of all followers a week.
    assert -0.02 < np.median(weekly) < 0.02
    assert max(weekly) < 0.1


def test_who_follows_and_unfollows_gains_little(crawls: Crawls, events: pd.DataFrame) -> None:
    for row in events[events["story"] == "follow_unfollow"].itertuples():
        following = series(crawls, row.owner_id)["following"]
        rise = following.max() - following[row.from_at]
        assert 600 <= rise <= 3_000
        assert following.max() - following[row.to_at] >= 0.75 * rise
        assert row.to_at - row.from_at < pd.Timedelta(days=30)
        assert -0.02 < row.followers_to / row.followers_from - 1 < 0.04
    others = crawls.accounts[~crawls.accounts["owner_id"].isin(
        events.loc[events["story"] == "follow_unfollow", "owner_id"]
    )]  # fmt: skip
    assert len(others[["owner_id", "following"]].drop_duplicates()) == others["owner_id"].nunique()


def test_rounded_accounts_are_rounded_in_all_crawls(crawls: Crawls) -> None:
    told = crawls.truth("growth").set_index("owner_id")
    short = crawls.accounts["followers"].str.fullmatch(r"\d{1,3}(\.\d)?[KM]")
    assert (short == (told["rounded"] == "true")[crawls.accounts["owner_id"]].to_numpy()).all()
    assert (crawls.accounts["count"][short] >= 10_000).all()
    of = crawls.truth("accounts").set_index("owner_id")["followers"].astype(int)
    last = crawls.accounts[short].drop_duplicates("owner_id", keep="last").set_index("owner_id")
    assert ((last["count"] / of[last.index] - 1).abs() < 0.051).all()


@pytest.mark.parametrize("count", [0, 9_999, 10_000, 99_949, 99_950, 999_499, 999_500, 123_456_789])
def test_an_abbreviated_count_is_near(count: int) -> None:
    text = growth.abbreviated(count)
    value = float(text.rstrip("KM")) * {"K": 1e3, "M": 1e6}.get(text[-1], 1)
    assert abs(value - count) <= 0.005 * count
    assert len(text) <= 5


def test_renamed_accounts_have_one_name_and_then_the_other(crawls: Crawls) -> None:
    told = crawls.truth("growth").set_index("owner_id")["renamed_to"]
    for owner, seen in crawls.accounts.groupby("owner_id"):
        names = seen["owner_username"].drop_duplicates().tolist()
        assert (seen["owner_username"] != seen["owner_username"].shift()).sum() == len(names)
        if told[owner]:
            assert len(names) == 2 and names[1] == told[owner]
        else:
            assert len(names) == 1
    every_name = crawls.accounts[["owner_id", "owner_username"]].drop_duplicates()
    assert every_name["owner_username"].is_unique


def test_missed_crawls_are_counted(crawls: Crawls) -> None:
    told = crawls.truth("growth").set_index("owner_id")["missed_crawls"].astype(int)
    place = {name: number for number, name in enumerate(crawls.files)}
    seen = crawls.posts.assign(crawl=crawls.posts["file"].map(place)).groupby("owner_id")["crawl"]
    missed = len(place) - seen.min() - seen.nunique()
    assert missed.to_dict() == told[missed.index].to_dict()


def test_deleted_posts_are_gone_and_no_others(crawls: Crawls) -> None:
    times = {owner: seen["at"] for owner, seen in crawls.accounts.groupby("owner_id")}
    found = {}
    for (owner, code), at in crawls.posts.groupby(["owner_id", "shortcode"])["at"]:
        of_account = times[owner]
        during = of_account[(of_account >= at.min()) & (of_account <= at.max())]
        assert len(during) == len(at)  # never away and back
        later = of_account[of_account > at.max()]
        if len(later):
            found[code] = (owner, at.max(), later.min())
    told = crawls.truth("deleted")
    stamps = [pd.to_datetime(told[name], utc=True) for name in ("last_seen_at", "missing_since")]
    planted = zip(told["owner_id"], *stamps, strict=True)
    assert found == dict(zip(told["shortcode"], planted, strict=True))


@pytest.mark.parametrize("count", ["likes", "comments"])
def test_likes_and_comments_never_shrink(crawls: Crawls, count: str) -> None:
    steps = crawls.posts.groupby("shortcode")[count].diff()
    assert steps.min() >= 0
    assert (steps > 0).sum() > 5_000
    known = crawls.posts.groupby("shortcode")[count].agg(lambda values: values.notna().mean())
    assert set(known) == {0.0, 1.0}  # what is hidden stays hidden


def test_a_quarter_of_the_posts_is_young(crawls: Crawls) -> None:
    last = crawls.posts[crawls.posts["file"] == crawls.files[-1]]
    share = (last["age_hours"] < 33 * 24).groupby(last["owner_id"]).mean()
    large = last["owner_id"].value_counts() >= 20
    assert 0.23 < (last["age_hours"] < 33 * 24).mean() < 0.32
    assert share[large[large].index].between(0.15, 0.4).all()


def planted_share(crawls: Crawls, seen: pd.DataFrame) -> pd.Series:
    """The share of likes at the age of each post, by the formula of drivers.json."""
    told = crawls.drivers["late_likes"]
    tau, exponent = (seen["content_type"].map(told[name]) for name in ("tau_hours", "exponent"))
    arrived = 1 - np.exp(-((seen["age_hours"].clip(upper=told["full_hours"]) / tau) ** exponent))
    return arrived / (1 - np.exp(-((told["full_hours"] / tau) ** exponent)))


@pytest.fixture(scope="module")
def long_crawls(tmp_path_factory: pytest.TempPathFactory) -> Crawls:
    """Few accounts, crawled for long enough to see likes stand still."""
    options = GenerateConfig(posts=1_500, accounts=30, images=0, seed=5, crawls=90)
    return Crawls.made(tmp_path_factory.mktemp("long"), options)


@pytest.mark.parametrize("kind", ["photo", "carousel", "video"])
def test_likes_arrive_as_planted(long_crawls: Crawls, kind: str) -> None:
    seen = long_crawls.posts[long_crawls.posts["content_type"] == kind]
    old = seen[(seen["age_hours"] >= 60 * 24) & seen["likes"].notna()]
    final = old.groupby("shortcode")["likes"].agg(["min", "max"])
    assert (final["min"] == final["max"]).all()
    seen = seen.join(final["max"].rename("final"), on="shortcode", how="inner")
    seen = seen[seen["final"] >= 200]
    ratio = seen["likes"] / seen["final"] / planted_share(long_crawls, seen)
    ages = np.digitize(seen["age_hours"], [4, 8, 16, 24, 48, 96, 192, 384, 768, 1_440])
    by_age = ratio.groupby(ages).agg(["mean", "size"])
    assert len(by_age) >= 10
    assert ((by_age["mean"] - 1).abs() < 0.03).all()
    table = long_crawls.truth("like_curve")
    table = table[table["content_type"] == kind].astype({"age_hours": float, "share": float})
    curve = planted_share(long_crawls, table)
    assert np.allclose(curve, table["share"], atol=1e-5)
    assert table["share"].iloc[-1] == 1


def test_old_posts_have_all_their_likes(crawls: Crawls) -> None:
    edges = accounts.post_edges(crawls.options.seed, crawls.options.accounts, crawls.options.posts)
    made = posts.block(crawls.options, edges, 0)
    final = pd.Series(made.likes, index=made.shortcode)
    first = crawls.posts[crawls.posts["file"] == crawls.files[0]]
    old = first[(first["age_hours"] > 60 * 24) & first["likes"].notna()].set_index("shortcode")
    assert len(old) > 3_000
    assert (old["likes"] == final[old.index].astype(float)).all()
