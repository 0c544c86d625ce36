from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from influencers.synthetic import accounts


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 3), st.integers(1, 25_000), st.integers(0, 100_000))
def test_every_account_gets_a_post_and_all_posts_are_given_out(
    seed: int, count: int, more: int
) -> None:
    edges = accounts.post_edges(seed, count, count + more)
    assert edges[0] == 0 and edges[-1] == count + more and len(edges) == count + 1
    assert np.diff(edges).min() >= 1


def test_posts_per_account_have_a_heavy_tail() -> None:
    sizes = np.diff(accounts.post_edges(7, 5_000, 75_000))
    assert np.median(sizes) < 0.7 * sizes.mean()
    assert sizes.max() > 8 * sizes.mean()
    assert sizes.max() < 0.01 * sizes.sum()


def test_followers_have_a_heavy_tail_and_every_tier() -> None:
    followers = accounts.span(7, 0, 399).followers
    assert followers.mean() > 3 * np.median(followers)
    tiers = np.bincount(np.searchsorted([10_000, 100_000, 500_000, 1_000_000], followers, "right"))
    assert tiers.min() >= 5 and len(tiers) == 5


def test_a_span_is_the_same_wherever_it_starts() -> None:
    whole = accounts.span(7, 0, accounts.BLOCK + 20)
    part = accounts.span(7, accounts.BLOCK - 5, accounts.BLOCK + 20)
    for name in ("owner_id", "handle", "name", "followers", "skill"):
        assert getattr(whole, name)[-26:].tolist() == getattr(part, name).tolist()


def test_handles_and_ids_name_one_account_each() -> None:
    made = accounts.span(7, 0, 20_000)
    assert len(set(made.handle.tolist())) == len(set(made.owner_id.tolist())) == 20_001


def test_influence_shows_in_what_the_truth_says() -> None:
    made = accounts.span(7, 0, 9_999)
    size = (np.log(made.followers) - 11.0) / 1.8
    logit = np.log(made.video_share / (1 - made.video_share))
    assert abs(np.polyfit(size, logit, 1)[0] - accounts.INFLUENCE["logit_video_share"]) < 0.05
    some = (made.following > 0) & (made.following < 7_500)
    slope = np.polyfit(size[some], np.log(made.following[some]), 1)[0]
    assert abs(slope - accounts.INFLUENCE["log_following"]) < 0.05
    assert abs(np.corrcoef(size, made.skill)[0, 1]) < 0.05
