"""An output that forgets accounts: what goes, what stays, and that it ends whatever happens."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from everything import files_with
from influencers.config import Config, load
from influencers.errors import UserError
from influencers.images.tables import IMAGES, POST_IMAGES
from influencers.ingest.tables import POSTS
from influencers.storage import files
from influencers.storage.store import Store
from jobs import features, forget, ingest
from jobs.command_line import execute
from outputs import metrics_of

NAMES = (
    "owner_id,owner_username,shortcode,is_video,caption,comments,likes,created_at,imageUrl,"
    "followers"
)
ANN, BEN = 4_711_000_001, 4_711_000_002


def record(owner: int, name: str, code: str, image: str, caption: str = "hi #sun") -> str:
    return f'{owner},{name},{code},0,"{caption}",1,2,1500000000,http://i.example/{image},10'


RECORDS = [
    record(ANN, "ann.smith", "CodeA-1", "a.jpg", "#sun #annsmithbrand @ben"),
    record(ANN, "ann.smith", "CodeA_2", "both.jpg"),
    record(BEN, "ben", "CodeB1", "both.jpg", "with @Ann.Smith. and @ann.smith.jones, @anna"),
    record(BEN, "ben", "CodeB2", "b.jpg"),
    # These end in quarantine.
    record(ANN, "ann.smith", "CodeA3", "c.jpg").replace("1500000000", "1"),
    f'{{"owner": {ANN}.0}}',
    "a word of CodeA-1 alone",
    "Ann.Smith said so",
    "CodeA-12 and ann.smith.jones and 47110000011",
]


def settings(output: Path, file: Path) -> Config:
    return load(None, [f"paths.output={output}", f'paths.input=["{file}"]'])


def made(folder: Path) -> Config:
    """An output with tables of posts and features, each in two versions."""
    file = folder / "posts.csv"
    file.write_text("\n".join([NAMES, *RECORDS]) + "\n")
    config = settings(folder / "out", file)
    for job in (ingest.JOB, features.JOB, features.JOB):
        execute(job, config)
    return config


def forgetting(config: Config, *owners: str) -> Config:
    return dataclasses.replace(config, forget=dataclasses.replace(config.forget, owners=owners))


def rows(spark: SparkSession, config: Config, name: str, column: str) -> set[Any]:
    return {row[0] for row in Store(spark, config).read(name).select(column).collect()}


@pytest.fixture(scope="module")
def config(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """An output that has forgotten an account."""
    config = made(tmp_path_factory.mktemp("forget"))
    output = Path(config.paths.output)
    for name in ("report.html", "exports/posts/part.csv", "figures/community_structure.svg"):
        output.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        output.joinpath(name).write_text("ann.smith")
    assert len(files_with(output, ["ann.smith", "CodeA-1", "CodeA_2", "CodeA3"], [ANN])) > 10
    execute(forget.JOB, forgetting(config, str(ANN)))
    return config


def test_nothing_is_left_of_it(config: Config) -> None:
    words = ["ann.smith", "CodeA-1", "CodeA_2", "CodeA3", "annsmithbrand"]
    output = Path(config.paths.output)
    assert files_with(output, words, [ANN]) == set()
    assert sorted(one.name for one in output.iterdir()) == [
        "figures", "forgotten.json", "manifest.json", "metrics.json", "tables",
    ]  # fmt: skip
    configuration = json.loads((output / "manifest.json").read_text())["configuration"]
    assert configuration["forget.owners"] == []


def test_all_else_stays(spark: SparkSession, config: Config) -> None:
    store = Store(spark, config)
    assert rows(spark, config, "posts", "shortcode") == {"CodeB1", "CodeB2"}
    assert rows(spark, config, "post_features", "shortcode") == {"CodeB1", "CodeB2"}
    assert rows(spark, config, "accounts", "owner_id") == {BEN}
    assert rows(spark, config, "quarantine", "raw") == {RECORDS[-1]}
    post = store.read(POSTS).where("shortcode = 'CodeB1'").head()
    assert post.caption == "with @. and @ann.smith.jones, @anna"
    assert post.mentions == ["ann.smith.jones", "anna"]
    assert metrics_of(config)["tables"]["posts"] == {"rows": 2}
    for name in store.written():
        assert store.version(name) == 0


def test_a_later_input_does_not_bring_it_back(
    spark: SparkSession, config: Config, tmp_path: Path
) -> None:
    shutil.copytree(config.paths.output, tmp_path / "out")
    config = settings(tmp_path / "out", Path(config.paths.input[0]))
    execute(ingest.JOB, config)
    assert rows(spark, config, "posts", "owner_id") == {BEN}
    found = metrics_of(config)["rows"]
    assert (found["read"], found["posts"], found["forgotten"]) == (len(RECORDS), 2, 4)
    kinds = ("posts", "quarantined", "duplicates", "forgotten")
    assert found["read"] == sum(found[kind] for kind in kinds)
    known = json.loads(Path(config.paths.output, "forgotten.json").read_text())
    assert [bool(re.fullmatch("[0-9a-f]{64}", one)) for one in known["accounts"]] == [True]


@pytest.mark.parametrize("place", [0, 1, 3])
def test_it_ends_also_when_it_dies_while_tables_are_replaced(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    config = made(tmp_path)
    real, done = Store.rewrite, []

    def dies(store: Store, frame: DataFrame, name: str, *, partition: list[str]) -> None:
        if len(done) == place:
            # As a killed driver leaves it: the old table is gone, the new one is not there.
            monkeypatch.setattr(Store, "rewrite", real)
            files.delete(spark, store.location(name))
            raise KeyboardInterrupt
        done.append(name)
        real(store, frame, name, partition=partition)

    monkeypatch.setattr(Store, "rewrite", dies)
    with pytest.raises(KeyboardInterrupt):
        execute(forget.JOB, forgetting(config, str(ANN)))
    with pytest.raises(UserError, match=r"a run of forget on .* has not come to its end"):
        execute(features.JOB, config)
    execute(forget.JOB, forgetting(config, str(ANN)))
    assert rows(spark, config, "posts", "shortcode") == {"CodeB1", "CodeB2"}
    assert files_with(Path(config.paths.output), ["ann.smith", "CodeA-1"], [ANN]) == set()
    execute(features.JOB, config)


def test_a_death_before_that_leaves_the_tables(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = made(tmp_path)
    real = forget.erasure.without

    def dies(*given: Any) -> Any:
        if given[1] == "post_features":
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(forget.erasure, "without", dies)
    with pytest.raises(KeyboardInterrupt):
        execute(forget.JOB, forgetting(config, str(ANN)))
    assert rows(spark, config, "posts", "owner_id") == {ANN, BEN}
    monkeypatch.undo()
    execute(forget.JOB, forgetting(config, str(ANN)))
    assert files_with(Path(config.paths.output), ["ann.smith", "CodeA-1"], [ANN]) == set()


def test_images_go_by_the_key_that_they_were_entered_under(
    spark: SparkSession, tmp_path: Path
) -> None:
    """Also by a key of other mirrors, and of an address that a later crawl has replaced."""
    config = made(tmp_path)
    store = Store(spark, config)
    keys = {
        "CodeA-1": "/of/an/earlier/crawl.jpg", "CodeA_2": "i.example/both.jpg",
        "CodeB1": "i.example/both.jpg", "CodeB2": "i.example/b.jpg",
    }  # fmt: skip
    rows_of = spark.createDataFrame(list(keys.items()), POST_IMAGES.schema)
    store.write(rows_of, POST_IMAGES)
    # The last two are of other mirrors: only what others show now is surely theirs.
    entered = [*keys.values(), "/a.jpg", "i.example/a.jpg"]
    names = IMAGES.schema.fieldNames()
    values = [[{"image_key": one}.get(name) for name in names] for one in sorted(set(entered))]
    store.write(spark.createDataFrame(values, IMAGES.schema), IMAGES)
    execute(forget.JOB, forgetting(config, str(ANN)))
    assert rows(spark, config, "images", "image_key") == {"i.example/both.jpg", "i.example/b.jpg"}
    assert rows(spark, config, "post_images", "shortcode") == {"CodeB1", "CodeB2"}


@pytest.mark.parametrize("owners", [(), ("ann",), ("1", "2.0")])
def test_an_account_is_named_by_its_number(
    spark: SparkSession, tmp_path: Path, owners: tuple[str, ...]
) -> None:
    config = forgetting(load(None, [f"paths.output={tmp_path}"]), *owners)
    with pytest.raises(UserError, match="by their ids"):
        forget.run(spark, config)
