from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt
import pytest

from influencers.synthetic import effects
from influencers.synthetic.accounts import CRAWL_TIME
from sample_reader import TAG, Sample

TRUE = ("True", "true", "TRUE", "1")

Columns = dict[str, npt.NDArray[np.float64]]


@pytest.fixture(scope="module")
def fitted(sample: Sample) -> tuple[Columns, dict[str, float], npt.NDArray[np.float64]]:
    """The properties of posts, the fitted effects on log(likes), and what is left unexplained."""
    columns = columns_of(sample)
    names = [name for name in columns if name not in ("likes", "comments", "hour", "day", "owner")]
    design = np.column_stack([np.ones(len(columns["likes"])), *(columns[name] for name in names)])
    solution = np.linalg.lstsq(design, columns["likes"], rcond=None)[0]
    return columns, dict(zip(["one", *names], solution, strict=True)), (
        columns["likes"] - design @ solution
    )  # fmt: skip


def columns_of(sample: Sample) -> Columns:
    skill = {row["owner_id"]: float(row["skill"]) for row in sample.truth("accounts")}
    rows = defaultdict(list)
    for post in sample.posts:
        if post["likes"] in ("", "-1", "0") or post["comments"] in ("", "-1", "0"):
            continue
        tags = [tag.casefold() for tag in TAG.findall(post["caption"])]
        created = int(post["created_at"])
        rows["likes"].append(np.log(int(post["likes"])))
        rows["comments"].append(np.log(int(post["comments"])))
        rows["followers"].append(np.log(int(post["followers"])))
        rows["skill"].append(skill[post["owner_id"]])
        rows["years"].append((CRAWL_TIME - created) / (365.25 * 86_400))
        rows["carousel"].append(post["multiple_images"] in TRUE)
        rows["video"].append(post["is_video"] in TRUE)
        rows["location"].append(post["location"] != "")
        rows["question"].append(any(mark in post["caption"] for mark in "?？؟"))
        rows["#giveaway"].append("giveaway" in tags)
        rows["#fridayfeeling"].append("fridayfeeling" in tags)
        rows["each hashtag"].append(len(tags))
        rows["each mention"].append(post["caption"].count("@"))
        rows["caption length"].append(np.log1p(len(post["caption"])))
        rows["hour"].append(created // 3_600 % 24)
        rows["day"].append(created // 86_400 % 7)
        rows["owner"].append(int(post["owner_id"]))
    return {name: np.array(values, dtype=np.float64) for name, values in rows.items()}


@pytest.mark.parametrize(
    "name",
    ["carousel", "video", "location", "question", "#giveaway", "#fridayfeeling", "each hashtag",
     "each mention", "caption length"],
)  # fmt: skip
def test_likes_show_the_effects_that_the_truth_tells(
    sample: Sample, fitted: tuple[Columns, dict[str, float], npt.NDArray[np.float64]], name: str
) -> None:
    told = sample.document("drivers")["virality"]["effects"][name]
    found = fitted[1][name]
    assert abs(found - told["log_likes"]) < 0.07
    assert (told["verdict"] == "no effect") == (effects.EFFECTS[name] == effects.Effect())


def test_likes_grow_less_than_followers_so_that_engagement_rates_fall(
    fitted: tuple[Columns, dict[str, float], npt.NDArray[np.float64]],
) -> None:
    columns, found, _ = fitted
    assert abs(found["followers"] - effects.FOLLOWERS_EXPONENT) < 0.02
    assert abs(found["skill"] - 1.0) < 0.05
    assert abs(found["years"] + effects.LOSS_PER_YEAR) < 0.03
    rate = columns["likes"] - columns["followers"]
    assert np.corrcoef(columns["followers"], rate)[0, 1] < -0.3
    assert 0.005 < np.exp(np.median(rate)) < 0.05


def test_hour_and_weekday_have_no_effect(
    fitted: tuple[Columns, dict[str, float], npt.NDArray[np.float64]],
) -> None:
    columns, _, rest = fitted
    for name, kinds in (("hour", 24), ("day", 7)):
        groups = [rest[columns[name] == kind] for kind in range(kinds)]
        scores = [group.mean() / (group.std() / np.sqrt(len(group))) for group in groups]
        assert max(map(abs, scores)) < 3.5, name


def test_questions_are_answered(
    fitted: tuple[Columns, dict[str, float], npt.NDArray[np.float64]],
) -> None:
    columns, _, _ = fitted
    names = ("likes", "question", "video", "#giveaway")
    design = np.column_stack([np.ones(len(columns["likes"])), *(columns[name] for name in names)])
    found = dict(
        zip(names, np.linalg.lstsq(design, columns["comments"], rcond=None)[0][1:], strict=True)
    )
    assert abs(found["question"] - effects.EFFECTS["question"].comments) < 0.07
    assert abs(found["video"] - effects.EFFECTS["video"].comments) < 0.07


def test_history_predicts(
    fitted: tuple[Columns, dict[str, float], npt.NDArray[np.float64]],
) -> None:
    columns, _, _ = fitted
    rate = columns["likes"] - columns["followers"]
    before, now = [], []
    for owner in np.unique(columns["owner"]):
        own = rate[columns["owner"] == owner][::-1]  # newest first in the file
        for place in range(5, len(own)):
            before.append(np.median(own[max(0, place - 10) : place]))
            now.append(own[place])
    assert np.corrcoef(before, now)[0, 1] > 0.7


def test_likes_have_a_heavy_tail(sample: Sample) -> None:
    likes = np.array([int(p["likes"]) for p in sample.posts if p["likes"] not in ("", "-1")])
    assert likes.mean() > 2 * np.median(likes)
    assert np.percentile(likes, 99) > 10 * np.median(likes)
