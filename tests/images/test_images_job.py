"""The images job in Spark, against a server that misbehaves."""

from __future__ import annotations

import dataclasses
import re
import threading
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import imagehash
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from hostile_server import HostileServer
from image_bytes import noise, saved
from image_options import LIMITS
from influencers.config import Config, ImagesConfig, PathsConfig
from influencers.features.images import image_features
from influencers.images import shown
from influencers.images.decode.decoding import UprightImage, upright_image
from influencers.images.measure.perceptual_hash import from_hex
from influencers.images.tables import IMAGES, POST_IMAGES
from influencers.ingest.tables import POSTS
from influencers.measured.images import Images
from influencers.storage.store import Store
from jobs import images

FUTURE = 0xF0000000


@pytest.fixture
def server() -> Iterator[HostileServer]:
    files = {f"/p/{number}.jpg": saved(noise(300, 200, number), "jpeg") for number in range(40)}
    with HostileServer(files=files, body=files["/p/0.jpg"]) as running:
        yield running


def config_for(tmp_path: Path, server: HostileServer, **changes: Any) -> Config:
    settings = ImagesConfig(
        requests_per_second=0, connections_per_host=0, deadline_seconds=3.0, read_seconds=2.0,
        attempts_per_run=2, threads=16, breaker_failures=0,
        allow_hosts=(f"127.0.0.1:{server.port}",), max_bytes=2_000_000,
    )  # fmt: skip
    return Config(
        paths=PathsConfig(output=str(tmp_path / "out")),
        images=dataclasses.replace(settings, **changes),
    )


def write_posts(
    spark: SparkSession, config: Config, urls: Sequence[str | None], *, accounts: int = 1
) -> None:
    names = POSTS.schema.fieldNames()
    rows = [
        {"shortcode": f"S{number}", "owner_id": number % accounts, "image_url": url}
        for number, url in enumerate(urls)
    ]
    frame = spark.createDataFrame([[row.get(name) for name in names] for row in rows], POSTS.schema)
    Store(spark, config).write(frame, POSTS)


def ledger_of(spark: SparkSession, config: Config) -> dict[str, Any]:
    rows = Store(spark, config).read(IMAGES).collect()
    found = {re.sub(r"^[^/]*", "", row.image_key).split("?")[0]: row for row in rows}
    assert len(found) == len(rows)
    return found


HOSTILE = {
    "/endless": "too_large", "/drip?ms=100": "timeout", "/drip-headers?ms=100": "timeout",
    "/short": "reset", "/too-long?bytes=99999999": "too_large", "/html": "html_answer",
    "/no-content": "empty_answer", "/please-wait": "text_answer",
    "/to-login": "login_redirect", "/bomb": "too_large", "/loop": "too_many_redirects",
    "/redirect?to=http://169.254.169.254/latest": "blocked_address",
    "/not-found": "not_found", "/forbidden": "forbidden", "/reset": "reset",
    "/garbage": "reset", "/status?code=418": "http_error", "/robots?say=noimageai": "opted_out",
    "/throttled?after=3600": "throttled", "/flaky?fails=1": "ok", "/silent": "timeout",
}  # fmt: skip


def test_each_hostile_answer_has_its_status_and_no_other_row_suffers(
    spark: SparkSession, tmp_path: Path, server: HostileServer
) -> None:
    config = config_for(tmp_path, server)
    good = [server.url(f"/p/{number}.jpg") for number in range(40)]
    urls: list[str | None] = [*good, *(server.url(path) for path in HOSTILE), None, good[0]]
    urls += [server.url("/signed?oe=5F0E1A2B"), "nowhere", "http://10.0.0.1/a.jpg"]
    write_posts(spark, config, urls)
    began = time.monotonic()
    numbers = images.run(spark, config).images
    assert time.monotonic() - began < 60
    found = ledger_of(spark, config)
    for path, status in HOSTILE.items():
        assert found[path.split("?")[0]].status == status, path
    statuses = Store(spark, config).read(IMAGES).groupBy("status").count().collect()
    counts = {row["status"]: row["count"] for row in statuses}
    assert counts["ok"] == 41
    assert counts["expired"] == counts["bad_url"] == 1
    assert counts["blocked_address"] == 2
    assert server.count("/signed") == 0
    assert numbers.ok == 41
    assert numbers.wanted == numbers.due == len(HOSTILE) + 43
    assert server.count("/flaky") == 2
    assert server.count("/not-found") == server.count("/forbidden") == 1


def test_features_are_those_of_the_image_and_a_second_run_asks_for_nothing(
    spark: SparkSession, tmp_path: Path, server: HostileServer
) -> None:
    config = config_for(tmp_path, server)
    write_posts(spark, config, [server.url(f"/p/{number}.jpg") for number in range(40)])
    assert images.run(spark, config).images.asked == 40
    row = ledger_of(spark, config)["/p/3.jpg"]
    image = upright_image(server.files["/p/3.jpg"], LIMITS)
    assert isinstance(image, UprightImage)
    assert row.phash == from_hex(str(imagehash.phash(image.pixels)))
    assert row.bytes == len(server.files["/p/3.jpg"])
    assert row.sha256 == sha256(server.files["/p/3.jpg"]).hexdigest()
    assert (row.format, row.width, row.height) == ("jpeg", image.width, image.height)
    assert sum(one.share for one in row.colors) == pytest.approx(1)
    assert row.attempts == 1
    again = images.run(spark, config).images
    assert (again.asked, again.due, again.ok) == (0, 0, 40)
    assert sum(server.count(path) for path in server.files) == 40
    assert Store(spark, config).read(IMAGES).count() == 40


def test_what_is_to_be_tried_later_is_tried_when_it_is_due(
    spark: SparkSession, tmp_path: Path, server: HostileServer
) -> None:
    config = config_for(tmp_path, server, attempts_per_run=1, retry_after_seconds=0.001)
    write_posts(spark, config, [server.url("/flaky?fails=2"), server.url("/throttled?after=3600")])
    for status, attempts in (("server_error", 1), ("server_error", 2), ("ok", 3)):
        images.run(spark, config)
        row = ledger_of(spark, config)["/flaky"]
        assert (row.status, row.attempts) == (status, attempts)
        time.sleep(0.1)
    waiting = ledger_of(spark, config)["/throttled"]
    assert (waiting.status, waiting.attempts) == ("throttled", 1)
    assert 3500 < waiting.next_attempt_at.timestamp() - waiting.fetched_at.timestamp() < 3700
    assert server.count("/throttled") == 1


def test_a_soft_block_is_tried_again_until_the_image_comes(
    spark: SparkSession, tmp_path: Path, server: HostileServer
) -> None:
    """After the last attempt too; and of an escaped address as of any other."""
    config = config_for(
        tmp_path, server, attempts_per_run=1, max_attempts_total=1, retry_after_seconds=0.001
    )
    kinds = {"html": "html_answer", "please-wait": "text_answer", "empty": "empty_answer",
             "to-login": "login_redirect"}  # fmt: skip
    urls = [server.url(f"/turned-away?fails=1&amp;to={kind}") for kind in kinds]
    write_posts(spark, config, [*urls, server.url("/forbidden")])
    numbers = images.run(spark, config).images
    assert numbers.by_status == {"forbidden": 1, **dict.fromkeys(kinds.values(), 1)}
    assert numbers.waiting == len(kinds)
    entries = Store(spark, config).read(IMAGES)
    for row in entries.where("status <> 'forbidden'").collect():
        waits = row.next_attempt_at.timestamp() - row.fetched_at.timestamp()
        assert waits == pytest.approx(86_400, abs=1)
    tomorrow = entries.withColumn("next_attempt_at", F.expr("next_attempt_at - interval 1 day"))
    Store(spark, config).write(tomorrow.localCheckpoint(), IMAGES)
    again = images.run(spark, config).images
    assert (again.asked, again.by_status) == (len(kinds), {"forbidden": 1, "ok": len(kinds)})


def test_a_placeholder_is_no_image_until_the_host_gives_the_real_ones(
    spark: SparkSession, tmp_path: Path, server: HostileServer
) -> None:
    config = config_for(tmp_path, server, retry_after_seconds=0.001, attempts_per_run=1)
    held_back = [f"/p/{number}.jpg" for number in range(10, 40)]
    real = {path: server.files[path] for path in held_back}
    server.files.update(dict.fromkeys(held_back, saved(noise(320, 320, 99), "jpeg")))
    write_posts(spark, config, [server.url(path) for path in server.files], accounts=40)
    first = images.run(spark, config).images
    assert (first.by_status, first.waiting) == ({"ok": 10, "placeholder": 30}, 30)
    store = Store(spark, config)
    features = image_features(store.read(POST_IMAGES), store.read(IMAGES))
    assert features.count() == 10
    # Of those that are left, there are too few to tell: what was told before is known.
    server.files.update({path: real[path] for path in held_back[5:]})
    second = images.run(spark, config).images
    assert (second.asked, second.by_status) == (30, {"ok": 35, "placeholder": 5})
    told = store.read(IMAGES).where("status = 'placeholder'").collect()
    assert {row.sha256 for row in told} == {sha256(server.files[held_back[0]]).hexdigest()}
    assert {(row.attempts, row.phash) for row in told} == {(2, None)}
    # Whoever does not believe it gets the images as they are.
    believing = dataclasses.replace(config.images, placeholder_posts=0)
    third = images.run(spark, dataclasses.replace(config, images=believing)).images
    assert (third.asked, third.by_status) == (5, {"ok": 40})


def test_a_broken_run_goes_on_where_it_was(
    spark: SparkSession, tmp_path: Path, server: HostileServer
) -> None:
    """A run that is cancelled in its second half keeps what it had entered."""
    cores = spark.sparkContext.defaultParallelism
    portion = 10
    config = config_for(tmp_path, server, commit_images=-(-portion // cores), threads=2)
    store = Store(spark, config)
    slow = [server.url(f"/slow?ms=150&n={number}") for number in range(40)]
    write_posts(spark, config, slow)

    deadline = time.monotonic() + 60

    def cancel() -> None:
        while server.count("/slow") < 25 and time.monotonic() < deadline:
            time.sleep(0.02)
        spark.sparkContext.cancelAllJobs()

    stop = threading.Thread(target=cancel, daemon=True)
    stop.start()
    with pytest.raises(Exception, match="cancel"):
        images.run(spark, config)
    stop.join()
    kept = store.read(IMAGES).count()
    assert 0 < kept < 40
    time.sleep(1.0)  # requests that were under way end
    before = server.count("/slow")
    numbers = images.run(spark, config).images
    assert numbers.asked == 40 - kept
    assert server.count("/slow") - before == 40 - kept
    assert store.read(IMAGES).count() == numbers.ok == 40


def test_a_host_is_asked_no_more_than_it_bears(
    spark: SparkSession, tmp_path: Path, server: HostileServer
) -> None:
    config = config_for(
        tmp_path, server, host_limits=(f"127.0.0.1:{server.port}=20/3",), threads=16
    )
    write_posts(spark, config, [server.url(f"/p/{number}.jpg") for number in range(40)])
    began = time.monotonic()
    assert images.run(spark, config).images.ok == 40
    assert time.monotonic() - began >= 39 / 20
    assert server.most_active <= 3
    # A start may be late by a quarter of a second, so that a window holds that much more.
    assert server.most_in(1.0) <= 20 * 1.25 + 1


def test_posts_without_images_leave_an_empty_ledger(
    spark: SparkSession, tmp_path: Path, server: HostileServer
) -> None:
    config = config_for(tmp_path, server)
    store = Store(spark, config)
    write_posts(spark, config, [None, None])
    numbers = images.run(spark, config).images
    assert numbers == Images(wanted=0, due=0, asked=0, ok=0, waiting=0, by_status={})
    assert store.read(IMAGES).count() == 0
    assert store.read(POST_IMAGES).count() == 0


def images_of(spark: SparkSession, config: Config) -> dict[str, str]:
    return {
        row.shortcode: row.image_key for row in Store(spark, config).read(POST_IMAGES).collect()
    }


@pytest.mark.parametrize("partitions", [1, 4])
def test_every_post_with_an_address_has_its_image(
    spark: SparkSession, tmp_path: Path, server: HostileServer, partitions: int
) -> None:
    """Whether the image is due or not; with other mirrors all keys are other ones."""
    config = config_for(tmp_path, server)
    urls = [server.url("/p/1.jpg"), None, server.url("/p/1.jpg"), "nowhere",
            server.url("/p/2.jpg?oe=5F0E1A2B")]  # fmt: skip
    write_posts(spark, config, urls)
    store = Store(spark, config)
    store.write(store.read(POSTS).repartition(partitions, "shortcode"), POSTS)
    host = f"127.0.0.1:{server.port}"
    for mirrors, start in (((), host), (("127.0.0.1",), ""), (("127.0.0.1",), "")):
        now = dataclasses.replace(
            config, images=dataclasses.replace(config.images, mirrors=mirrors)
        )
        images.run(spark, now)
        assert images_of(spark, now) == {
            "S0": f"{start}/p/1.jpg", "S2": f"{start}/p/1.jpg", "S3": "nowhere",
            "S4": f"{start}/p/2.jpg" if mirrors else f"{start}/p/2.jpg?oe=5F0E1A2B",
        }  # fmt: skip
        assert shown.mirrors_of(store.read(POST_IMAGES)) == mirrors
        known = {row.image_key for row in store.read(IMAGES).collect()}
        assert known >= set(images_of(spark, now).values())


def test_a_run_that_dies_while_it_fetches_leaves_no_image_without_its_posts(
    spark: SparkSession, tmp_path: Path, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_for(tmp_path, server)
    write_posts(spark, config, [server.url("/p/1.jpg")])
    before = images.run(spark, config).images
    write_posts(spark, config, [server.url("/p/1.jpg"), server.url("/p/2.jpg")])

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(images, "_enter", dies)
        with pytest.raises(KeyboardInterrupt):
            images.run(spark, config)
    assert Store(spark, config).read(IMAGES).count() == before.ok == 1
    assert set(images_of(spark, config)) == {"S0", "S1"}
    assert images.run(spark, config).images.ok == 2
