"""The whole pipeline on a small sample: run twice, in another order, on broken files."""

from __future__ import annotations

import csv
import dataclasses
import itertools
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from everything import CANARIES, files_with, files_with_a_canary
from influencers.catalog import TABLES
from influencers.config import ALGORITHMS, Config, load
from influencers.duplicates.tables import DUPLICATE_GROUPS, DUPLICATE_PAIRS
from influencers.features.tables import ACCOUNTS, POST_FEATURES
from influencers.images.measure.perceptual_hash import from_hex
from influencers.images.tables import IMAGES, POST_IMAGES
from influencers.ingest.tables import POSTS, QUARANTINE
from influencers.measured.reading import read_metrics
from influencers.measured.records import Rows
from influencers.models import known_tables
from influencers.models.declaration import LABELS, allowed_features
from influencers.run import metrics
from influencers.storage.store import Store
from influencers.synthetic import generate, image_server
from jobs import export, features, forget, ingest, pipeline, score, train
from jobs.command_line import execute
from outputs import (
    WRITTEN,
    assert_report_shows,
    assert_same_metrics,
    assert_same_tables,
    metrics_of,
)

SETTINGS = (
    "generate.posts=1500",
    "generate.accounts=120",
    "generate.images=20",
    "models.trees=4",
    "models.depth=3",
    *CANARIES,
)
ROOT = Path(__file__).resolve().parents[2]
FIGURES = {
    "follower_distribution",
    "engagement_vs_followers",
    "likes_distribution",
    "likes_vs_comments",
    "engagement_by_hashtags",
    "engagement_by_content_type",
    "community_structure",
    *(
        f"{model}_{figure}"
        for model in ("influential_users", "viral_content")
        for figure in (
            "feature_importance",
            "permutation_importance",
            "partial_dependence",
            "precision_recall",
            "reliability",
        )
    ),
}


def config_for(output: Path, *settings: str) -> Config:
    return load(None, [*SETTINGS, f"paths.output={output}", *settings])


@pytest.fixture(scope="module")
def finished(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A pipeline that has run on its generated sample."""
    config = config_for(tmp_path_factory.mktemp("pipeline") / "out")
    pipeline.run(spark, config)
    return config


@pytest.fixture
def partitions(spark: SparkSession) -> Iterator[None]:
    """Another number of shuffle partitions, for a while."""
    before = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", "7")
    yield
    spark.conf.set("spark.sql.shuffle.partitions", str(before))


def output(config: Config, *names: str) -> Path:
    return Path(config.paths.output).joinpath(*names)


def test_rows_are_as_the_tables_declare(finished: Config, spark: SparkSession) -> None:
    """Keys identify rows, and a column that is not declared to have nulls has none."""
    store, wrong = Store(spark, finished), {}
    for name in WRITTEN:
        never = [one.name for one in TABLES[name].columns if not one.null]
        row = store.read(name).agg(
            (F.count("*") - F.count_distinct(F.struct(*TABLES[name].key))).alias("repeated keys"),
            *(F.count_if(F.col(one).isNull()).alias(one) for one in never),
        )
        wrong[name] = {what: count for what, count in row.collect()[0].asDict().items() if count}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_everything_is_written(finished: Config, spark: SparkSession) -> None:
    assert {path.stem for path in output(finished, "figures").glob("*.png")} == FIGURES
    assert all(Store(spark, finished).exists(name) for name in WRITTEN)
    assert {path.name for path in output(finished, "models").iterdir()} >= {
        "influence-top_followers",
        "virality-top_likes",
    }
    assert not list(output(finished, "figures").glob(".*")), "companions of Hadoop's file system"


def test_the_records_are_those_that_were_planted(finished: Config) -> None:
    expected = json.loads(output(finished, "sample", "truth", "expected.json").read_text())
    numbers = metrics_of(finished)["rows"]
    assert {name: numbers[name] for name in expected["rows"]} == expected["rows"]
    assert numbers["by_reason"] == expected["reasons"]
    assert numbers["read"] == numbers["posts"] + numbers["quarantined"] + numbers["duplicates"]


def test_metrics_are_as_their_schema_and_types_say(finished: Config) -> None:
    """The file is of the published schema, and nothing of it is lost in the types."""
    schema = json.loads((ROOT / "docs" / "metrics.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(metrics_of(finished))
    text = output(finished, "metrics.json").read_text(encoding="utf-8")
    found = read_metrics(text, source="metrics.json")
    assert metrics.as_text(found) == text
    assert read_metrics(metrics.as_text(found), source="metrics.json") == found
    assert found.images.ok and found.standing and found.explore and found.models


def test_metrics_have_every_key(finished: Config) -> None:
    numbers = metrics_of(finished)
    assert set(numbers["seconds"]) == {name for name, _ in pipeline.STAGES}
    assert set(numbers["engines"]) == {"spark", "delta", "graphframes"}
    assert all(numbers["engines"].values())
    assert set(numbers["communities"]) == set(ALGORITHMS)
    assert all(one["communities"] > 1 for one in numbers["communities"].values())
    for model, label in (("influence", "top_followers"), ("virality", "top_likes")):
        for split in ("by_account", "by_time"):
            measured = numbers["models"][model][label][split]["forest"]
            assert 0 < measured["average_precision"] <= 1
            assert 0 < measured["prevalence"] < 1


def test_the_manifest_says_what_was_read(finished: Config) -> None:
    manifest = json.loads(output(finished, "manifest.json").read_text())
    (source,) = manifest["inputs"]
    assert source["bytes"] == output(finished, "sample", "posts.csv").stat().st_size
    assert re.fullmatch(r"[0-9a-f]{64}", source["sha256"])
    assert manifest["configuration"]["models.trees"] == 4
    assert set(manifest["tables"]) == WRITTEN


def test_images_are_those_that_were_planted(finished: Config, spark: SparkSession) -> None:
    with output(finished, "sample", "truth", "images.csv").open(newline="") as lines:
        planted = {f"/p/{row['image']}": row for row in csv.DictReader(lines)}
    found = {row.image_key: row for row in Store(spark, finished).read(IMAGES).collect()}
    assert set(found) <= set(planted)
    fetched = {key: row for key, row in found.items() if row.status == "ok"}
    assert len(fetched) >= 4
    assert {row.status for row in found.values()} <= {"ok", "expired"}
    for key, row in fetched.items():
        assert (row.width, row.height) == (int(planted[key]["width"]), int(planted[key]["height"]))
        assert (from_hex(planted[key]["phash"]) ^ row.phash).bit_count() <= 2
    numbers = metrics_of(finished)["images"]
    assert numbers["ok"] == len(fetched)
    assert numbers["wanted"] == len(found) == sum(numbers["by_status"].values())


def test_copies_are_those_that_were_planted(finished: Config, spark: SparkSession) -> None:
    store = Store(spark, finished)
    with output(finished, "sample", "truth", "images.csv").open(newline="") as lines:
        planted = {f"/p/{row['image']}": row for row in csv.DictReader(lines)}
    fetched = store.read(IMAGES).where("status = 'ok'").collect()
    hashes = {row.image_key: row.phash for row in fetched if not row.degenerate}
    radius = finished.duplicates.radius
    links = store.read(DUPLICATE_PAIRS).collect()
    # Every pair within the radius hangs together, and nothing else is linked.
    group = {row.image_key: row.group_id for row in store.read(DUPLICATE_GROUPS).collect()}
    for a, b in itertools.combinations(sorted(hashes), 2):
        if (hashes[a] ^ hashes[b]).bit_count() <= radius:
            assert group[a] == group[b]
    for row in links:
        assert row.a < row.b
        assert (hashes[row.a] ^ hashes[row.b]).bit_count() == row.distance <= radius
    copies = [
        (key, f"/p/{row['original']}")
        for key, row in planted.items()
        if row["image"] != row["original"] and int(row["distance"]) <= radius
    ]
    known = [pair for pair in copies if set(pair) <= set(hashes)]
    assert len(known) >= 2
    for copy, original in known:
        assert group[copy] == group[original]
    numbers = metrics_of(finished)["duplicates"]
    assert (numbers["pairs"], numbers["groups"]) == (len(links), len(set(group.values())))


def test_the_report_stands_alone(finished: Config) -> None:
    page = output(finished, "report.html").read_text()
    assert_report_shows(output(finished), FIGURES)
    assert not re.search(r"<script|<link|https?://(?!i\.)[^\s<]*\.(?:js|css)", page)


def copied(finished: Config, folder: Path, *settings: str) -> Config:
    """What the pipeline has left, but for its input, in another place."""
    shutil.copytree(finished.paths.output, folder, ignore=shutil.ignore_patterns("sample"))
    return config_for(folder, *settings)


def test_no_file_has_a_secret_of_the_configuration(
    finished: Config, spark: SparkSession, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert files_with_a_canary(output(finished)) == set()
    assert "https://user:***@lake.example/" in output(finished, "report.html").read_text()
    source = output(finished, "sample", "posts.csv")
    config = copied(finished, tmp_path / "out", f'paths.input=["{source}"]')
    for name in ("posts", "accounts"):
        execute(export.JOB, load(None, [f"export.table={name}"], config))
    execute(score.JOB, load(None, ["models.model=virality"], config))
    assert files_with_a_canary(tmp_path / "out") == set()
    said = capfd.readouterr()
    assert "posts" in said.err
    assert "canary" not in said.out + said.err


def test_a_whole_output_forgets_an_account(
    finished: Config, spark: SparkSession, tmp_path: Path
) -> None:
    store = Store(spark, finished)
    posts, aside = store.read(POSTS), store.read(QUARANTINE)
    quarantined = [row.raw for row in aside.collect()]
    # With the most posts of those that have a record in quarantine, too.
    ranked = posts.groupBy("owner_id", "owner_username").count().sort(F.desc("count"), "owner_id")
    account = next(
        row for row in ranked.collect() if any(str(row.owner_id) in raw for raw in quarantined)
    )
    theirs = posts.where(F.col("owner_id") == account.owner_id).collect()
    words = [account.owner_username, *(row.shortcode for row in theirs)]
    config = copied(finished, tmp_path / "out")
    before = files_with(tmp_path / "out", words, [account.owner_id])
    named = {Path(one).parts[1] for one in before if one.startswith("tables")}
    assert {"posts", "quarantine", "post_features", "accounts"} <= named
    execute(forget.JOB, load(None, [f'forget.owners=["{account.owner_id}"]'], config))
    assert files_with(tmp_path / "out", words, [account.owner_id]) == set()
    left = posts.count() - len(theirs)
    store = Store(spark, config)
    assert store.read(POSTS).count() == left
    assert metrics_of(config)["tables"]["posts"]["rows"] == left
    images = {row.image_key for row in store.read(IMAGES).collect()}
    others = store.read(POSTS).where("image_url IS NOT NULL")
    shown = {f"/p/{row.image_url.split('/p/')[1].split('?')[0]}" for row in others.collect()}
    assert images == shown
    keyed = {row.shortcode for row in store.read(POST_IMAGES).collect()}
    assert keyed == {row.shortcode for row in others.collect()}


def test_a_later_job_knows_the_images_of_the_sample(
    finished: Config, spark: SparkSession, tmp_path: Path
) -> None:
    """Its host was a mirror while the pipeline ran, and in no configuration since."""
    config = copied(finished, tmp_path / "out", "models.model=virality")
    assert "images.example" not in config.images.mirrors
    store = Store(spark, config)
    beside = known_tables.read_known(store, config)
    rows, _ = known_tables.read_frame(store, config, "virality", beside)
    known = rows.where("image_brightness IS NOT NULL AND copy_posts_before IS NOT NULL")
    assert known.count() > rows.count() / 10
    execute(train.JOB, config)
    before, after = (
        json.loads(output(one, "models", "virality-top_likes", "model.json").read_text())
        for one in (finished, config)
    )
    assert "image_brightness" in {one["name"] for one in after["features"]}
    for said in ("features", "left_out", "importances"):
        assert after[said] == before[said]


def test_run_again_in_other_partitions_gives_the_same_tables(
    finished: Config, spark: SparkSession, tmp_path: Path, partitions: None
) -> None:
    lines = output(finished, "sample", "posts.csv")
    with image_server.serving(output(finished, "sample", "images")) as (address, port):
        again = config_for(
            tmp_path / "out",
            f'paths.input=["{lines}"]',
            f'images.connect_to=["images.example:80={address}:{port}"]',
            'images.host_limits=["images.example=0/0"]',
            # As the sample has them: post_images remembers.
            f"images.mirrors={json.dumps([*finished.images.mirrors, 'images.example'])}",
        )
        pipeline.run(spark, again)
    assert_same_tables(spark, again, finished)
    assert_same_metrics(again, finished, but_for=("seconds", "generated"))


def test_the_same_file_twice_changes_nothing(
    finished: Config, spark: SparkSession, tmp_path: Path
) -> None:
    source = output(finished, "sample", "posts.csv")
    config = config_for(tmp_path / "out", f'paths.input=["{source}"]')
    first = ingest.run(spark, config)
    before = [sorted(Store(spark, config).read(name).collect()) for name in ("posts", "quarantine")]
    assert ingest.run(spark, config) == first
    after = [sorted(Store(spark, config).read(name).collect()) for name in ("posts", "quarantine")]
    assert after == before


def test_a_file_that_is_mended_leaves_the_quarantine(spark: SparkSession, tmp_path: Path) -> None:
    config = config_for(tmp_path / "out", f'paths.input=["{tmp_path}/a.csv", "{tmp_path}/b.csv"]')
    store = Store(spark, config)
    names = "owner_id,shortcode,is_video,caption,comments,likes,created_at,imageUrl,followers"
    good = "1,{},0,hi,1,2,1500000000,http://i/a.jpg,10"
    (tmp_path / "a.csv").write_text(f"{names}\n{good.format('A')}\nbroken\n")
    (tmp_path / "b.csv").write_text(f"{names}\n{good.format('B')}\nbroken, too\n")
    ingest.run(spark, config)
    assert store.read(QUARANTINE).count() == 2
    (tmp_path / "a.csv").write_text(f"{names}\n{good.format('A')}\n{good.format('C')}\n")
    paths = dataclasses.replace(config.paths, input=(f"{tmp_path}/a.csv",))
    ingest.run(spark, dataclasses.replace(config, paths=paths))
    (left,) = store.read(QUARANTINE).collect()
    assert left.source_file.endswith("b.csv")
    assert store.read(POSTS).count() == 3


def test_a_later_crawl_replaces_an_earlier_one(spark: SparkSession, tmp_path: Path) -> None:
    names = "owner_id,shortcode,is_video,caption,comments,likes,created_at,imageUrl,followers"
    row = "1,A,0,hi,1,{},1500000000,http://i/a.jpg,10"
    found = []
    for name, likes in (("new", 50), ("old", 20), ("newest", 70)):
        file = tmp_path / f"{name}.csv"
        file.write_text(f"{names}\n{row.format(likes)}\n")
        config = config_for(tmp_path / "out", f'paths.input=["{file}"]')
        ingest.run(spark, config)
        found.append(Store(spark, config).read(POSTS).head().likes)
    assert found == [50, 50, 70]


def test_own_success_changes_no_feature_of_the_virality_model(
    finished: Config, spark: SparkSession, tmp_path: Path
) -> None:
    """Other likes and comments of a post leave all that the model sees of it as it is."""
    posts = Store(spark, finished).read(POSTS)
    post = posts.where("likes IS NOT NULL").sort("shortcode").head()
    changed = posts.withColumn(
        "likes", _when(f"shortcode = '{post.shortcode}'", "likes * 1000 + 7", "likes")
    ).withColumn("comments", _when(f"shortcode = '{post.shortcode}'", "99999L", "comments"))
    config = config_for(tmp_path / "out")
    Store(spark, config).write(changed, POSTS)
    features.run(spark, config)
    columns = ["shortcode", *feature_names("top_likes")]
    before, after = (
        Store(spark, one).read(POST_FEATURES).where(f"shortcode = '{post.shortcode}'")
        for one in (finished, config)
    )
    known = [name for name in columns if name in before.columns]
    assert len(known) > 15
    assert_df_equality(after.select(known), before.select(known))


def test_followers_change_no_feature_of_the_influence_model(
    finished: Config, spark: SparkSession, tmp_path: Path
) -> None:
    posts = Store(spark, finished).read(POSTS)
    config = config_for(tmp_path / "out")
    Store(spark, config).write(
        posts.withColumn("followers", _when("true", "followers * 3 + 11", "followers")),
        POSTS,
    )
    features.run(spark, config)
    before, after = (Store(spark, one).read(ACCOUNTS) for one in (finished, config))
    known = [
        name for name in ["owner_id", *feature_names("top_followers")] if name in before.columns
    ]
    assert len(known) > 12
    assert_df_equality(after.select(known), before.select(known), ignore_row_order=True)


def feature_names(label: str) -> list[str]:
    return [feature.name for feature in allowed_features(LABELS[label])]


def _when(condition: str, value: str, otherwise: str) -> Any:
    return F.expr(f"CASE WHEN {condition} THEN {value} ELSE {otherwise} END")


def test_real_posts_end_where_they_should(
    spark: SparkSession, shared_data: Path, tmp_path: Path
) -> None:
    source = shared_data / "posts" / "posts.csv"
    config = config_for(tmp_path / "out", f'paths.input=["{source}"]')
    assert ingest.run(spark, config).rows == Rows(
        read=16_539,
        posts=16_536,
        quarantined=3,
        duplicates=0,
        repeated=0,
        observations=0,
        undated=16_536,
        # Three posts are dated before Instagram existed.
        by_reason={"time_out_of_range:created_at": 3},
    )


def test_generate_is_used_for_the_sample(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    assert generate(tmp_path / "x", config.generate)["rows"]["read"] == 1500
