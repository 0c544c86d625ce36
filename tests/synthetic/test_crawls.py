from __future__ import annotations

import hashlib
import tracemalloc
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from crawls_reader import Crawls
from influencers.config import Config, GenerateConfig, PathsConfig
from influencers.errors import UserError
from influencers.synthetic import crawl_times, generate, posts, served_sample, streams
from influencers.synthetic.accounts import CRAWL_TIME
from jobs import generate as generate_job
from jobs import ingest

SMALL = GenerateConfig(posts=600, accounts=50, images=0, seed=3, crawls=6, every_hours=12)

# Of a sample made before there were several crawls: one crawl has to stay the same.
ONE_CRAWL = {
    "posts.csv": "bbf538827924f600",
    "truth/README": "1829190e97e3f625",
    "truth/accounts.csv": "c49b3b896b32431e",
    "truth/bad_records.csv": "850b9bdae898dcea",
    "truth/drivers.json": "8d78a95c9a1cc7c6",
    "truth/duplicates.csv": "074ad4b9bb48281f",
    "truth/expected.json": "ce984981832bca86",
    "truth/hashtags.csv": "e4def16a4a9958ed",
    "truth/images.csv": "d8aaa909d21250c7",
}


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_one_crawl_is_the_same_to_the_byte(tmp_path: Path) -> None:
    generate(tmp_path, GenerateConfig(posts=800, accounts=60, images=0, seed=3))
    assert digests(tmp_path) == ONE_CRAWL


def test_the_same_options_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        generate(tmp_path / name, SMALL)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert len(digests(tmp_path / "one")) == 6 + 8 + 3


def test_a_sample_is_replaced_by_one_of_another_number_of_crawls(tmp_path: Path) -> None:
    made = [SMALL, replace(SMALL, crawls=1), replace(SMALL, crawls=3), replace(SMALL, crawls=1)]
    for options in made:
        generate(tmp_path / "again", options)
        generate(tmp_path / f"fresh{options.crawls}", options)
        assert digests(tmp_path / "again") == digests(tmp_path / f"fresh{options.crawls}")
    generate(tmp_path / "again", SMALL)
    mine = tmp_path / "again" / "crawls" / "mine.csv"
    mine.write_text("kept")
    generate(tmp_path / "again", replace(SMALL, crawls=1))
    assert mine.read_text() == "kept"


def test_crawls_are_hours_apart_and_named_for_their_start(crawls: Crawls) -> None:
    assert len(crawls.files) == 30
    assert crawls.files[0] == "posts-2024-12-02T00-00-00Z.csv"
    assert crawls.files[-1] == crawl_times.file_name(CRAWL_TIME) == "posts-2024-12-31T00-00-00Z.csv"
    of_file = crawls.posts.groupby("file")["at"].agg(["min", "max"])
    starts = of_file.index.str.removeprefix("posts-").str.removesuffix(".csv")
    for start, (first, last) in zip(starts, of_file.itertuples(index=False), strict=True):
        assert first.strftime("%Y-%m-%dT%H-%M") == start[:16]
        assert 300 < (last - first).total_seconds() < 600


def test_a_crawl_reads_an_account_at_one_moment_and_its_posts_of_before(crawls: Crawls) -> None:
    assert (crawls.posts.groupby(["file", "owner_id"])["crawled_at"].nunique() == 1).all()
    assert crawls.posts["age_hours"].min() > 0
    assert len(crawls.accounts) == len(crawls.accounts.drop_duplicates(["owner_id", "crawled_at"]))


def test_the_counts_are_those_expected(crawls: Crawls) -> None:
    require_expected(crawls)
    bad = crawls.records[crawls.records["reason"] != ""]
    planted = crawls.truth("bad_records")
    assert set(zip(bad["file"], bad["record"].astype(str), bad["reason"], strict=True)) == set(
        planted.itertuples(index=False, name=None)
    )


def require_expected(made: Crawls) -> None:
    rows, expected = made.expected["rows"], made.expected
    good = made.records[made.records["reason"] == ""]
    assert rows["read"] == len(made.records)
    assert rows["quarantined"] == len(made.records) - len(good)
    assert rows["posts"] == good["shortcode"].nunique()
    assert expected["post_observations"] == len(made.posts)
    assert rows["repeated"] == len(good) - len(made.posts)
    assert rows["observations"] == len(made.posts) - rows["posts"]
    assert rows["duplicates"] == rows["repeated"] + rows["observations"]
    assert rows["read"] == rows["posts"] + rows["quarantined"] + rows["duplicates"]
    assert expected["account_observations"] == len(made.accounts)
    assert expected["accounts"] == good["owner_id"].nunique()
    why = made.records["reason"]
    assert expected["reasons"] == dict(Counter(why[why != ""]))
    posts_of = made.truth("accounts").set_index("owner_id")["posts"].astype(int)
    found = good.groupby("owner_id")["shortcode"].nunique()
    assert posts_of[posts_of > 0].to_dict() == found.to_dict()


@pytest.mark.parametrize("block", [7, 40, 10_000])
@pytest.mark.parametrize(
    ("records", "accounts", "crawls", "every"),
    [(1, 1, 2, 1), (60, 60, 3, 100), (90, 2, 9, 8_760), (120, 10, 25, 24)],
)
def test_any_size_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, records: int, accounts: int,
    crawls: int, every: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(posts, "BLOCK", block)
    options = GenerateConfig(
        posts=records, accounts=accounts, images=0, crawls=crawls, every_hours=every,
        bad_share=0.1, duplicate_share=0.1,
    )  # fmt: skip
    made = Crawls.made(tmp_path, options)
    assert len(made.files) == crawls
    require_expected(made)


def test_records_that_repeat_others_are_the_ones_that_the_truth_names(crawls: Crawls) -> None:
    lines = crawls.records.drop(columns="reason").set_index(["file", "record"]).sort_index()
    planted = crawls.truth("duplicates").astype({"record": int, "copy_record": int})
    assert len(planted) == crawls.expected["rows"]["repeated"]
    for row in planted.sample(100, random_state=1).itertuples():
        first, copy = lines.loc[(row.file, row.record)], lines.loc[(row.file, row.copy_record)]
        assert first.equals(copy)
        assert first["shortcode"] == row.shortcode


def test_every_file_of_the_truth_is_described(crawls: Crawls) -> None:
    described = (crawls.folder / "truth" / "README").read_text()
    assert "posts.csv" not in described
    names = {path.name for path in (crawls.folder / "truth").iterdir()}
    assert names > {"growth.csv", "like_curve.csv", "deleted.csv"}
    assert all(name == "README" or name in described for name in names)


def test_another_number_of_crawls_leaves_accounts_and_what_they_write(
    crawls: Crawls, tmp_path: Path
) -> None:
    fewer = Crawls.made(tmp_path, replace(crawls.options, crawls=25))
    same = ["owner_id", "caption", "is_video", "multiple_images", "location"]
    one, other = (
        made.posts.drop_duplicates("shortcode", keep="last").set_index("shortcode")[same]
        for made in (crawls, fewer)
    )
    both = one.join(other, how="inner", rsuffix="_other")
    assert len(both) > 0.99 * len(one)
    assert all((both[name] == both[f"{name}_other"]).all() for name in same)
    stories = [made.truth("growth").set_index("owner_id") for made in (crawls, fewer)]
    assert (stories[0]["story"] == stories[1]["story"]).mean() > 0.9
    organic = [set(story.index[story["story"] == "organic"]) for story in stories]
    seen = [
        made.accounts[made.accounts["owner_id"].isin(organic[0] & organic[1])].set_index(
            ["owner_id", "crawled_at"]
        )["followers"]
        for made in (crawls, fewer)
    ]
    pairs = seen[0].to_frame().join(seen[1], how="inner", rsuffix="_other")
    assert len(pairs) > 5_000
    assert (pairs["followers"] == pairs["followers_other"]).all()


def test_memory_grows_neither_with_posts_nor_with_crawls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posts, "BLOCK", 500)
    options = GenerateConfig(accounts=200, images=0, seed=3, crawls=4)
    generate(tmp_path, replace(options, posts=500))  # what is made once, and kept
    peaks = []
    for records, number in ((1_000, 4), (6_000, 4), (1_000, 40)):
        tracemalloc.start()
        generate(tmp_path, replace(options, posts=records, crawls=number))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert max(peaks) < 1.3 * peaks[0]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"crawls": 0}, r"generate\.crawls"),
        ({"crawls": 1_001}, r"generate\.crawls"),
        ({"every_hours": 0}, r"generate\.every_hours"),
        ({"crawls": 2, "every_hours": 8_761}, r"generate\.every_hours"),
        ({"crawls": 1_000, "every_hours": 71}, r"generate\.every_hours must be at most 70 with"),
    ],
)
def test_impossible_options_are_named(changes: dict[str, int], told: str) -> None:
    with pytest.raises(UserError, match=told):
        replace(SMALL, **changes)


def test_the_job_says_what_crawls_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = replace(Config(), paths=PathsConfig(output=str(tmp_path)), generate=SMALL)
    generate_job.run(None, config)
    shown = capsys.readouterr()
    line = shown.out + shown.err
    rows = Crawls(tmp_path, SMALL, {}).records
    assert f"{len(rows):,} records of " in line
    assert "accounts by 6 crawls" in line
    assert "later observations" in line


def test_a_run_without_input_reads_all_crawls(tmp_path: Path) -> None:
    config = replace(Config(), generate=SMALL)
    with served_sample(config, tmp_path, host="localhost") as served:
        assert served.paths.input == (str(tmp_path / "crawls"),)
    with served_sample(
        replace(config, generate=replace(SMALL, crawls=1)), tmp_path, host="localhost"
    ) as served:
        assert served.paths.input == (str(tmp_path / "posts.csv"),)


@pytest.mark.parametrize(("number", "every"), [(2, 24), (5, 24), (15, 24), (4, 500)])
def test_few_crawls_have_the_events_that_they_have_room_for(
    tmp_path: Path, number: int, every: int
) -> None:
    options = GenerateConfig(posts=3_000, accounts=300, images=0, crawls=number, every_hours=every)
    generate(tmp_path, options)
    made = Crawls(tmp_path, options, {}).truth("growth")
    stories = set(made["story"])
    days = (number - 1) * every / 24
    assert ("step" in stories) == (days >= 6)
    assert ("give_back" in stories) == (days >= 14)
    assert ("follow_unfollow" in stories) == (days >= 22)


def test_a_uniform_is_the_same_whatever_is_asked_with_it() -> None:
    numbers = np.arange(50_000)
    many = streams.uniforms(numbers, 7, "test", 3)
    assert streams.uniforms(numbers[40:50], 7, "test", 3).tolist() == many[40:50].tolist()
    assert abs(many.mean() - 0.5) < 0.01
    normal = streams.normals(numbers, 7, "test")
    assert abs(normal.mean()) < 0.02
    assert abs(normal.std() - 1) < 0.02
    for other in (
        streams.uniforms(numbers, 7, "test", 4),
        streams.uniforms(numbers, 7, "other", 3),
        streams.uniforms(numbers, 8, "test", 3),
    ):
        assert abs(np.corrcoef(many, other)[0, 1]) < 0.02


def test_ingest_reads_the_counts_that_are_expected(spark: SparkSession, tmp_path: Path) -> None:
    expected = generate(tmp_path / "sample", SMALL)
    paths = PathsConfig(input=(str(tmp_path / "sample" / "crawls"),), output=str(tmp_path / "out"))
    rows = ingest.run(spark, replace(Config(), paths=paths)).rows
    assert rows is not None
    found = (rows.read, rows.posts, rows.quarantined)
    assert found == tuple(expected["rows"][name] for name in ("read", "posts", "quarantined"))
