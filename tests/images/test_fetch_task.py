"""Outcomes as rows of the ledger."""

from __future__ import annotations

import pickle
import threading

import pyarrow as pa
import pytest
from pyspark.sql.pandas.types import to_arrow_schema

from hostile_server import HostileServer
from image_bytes import noise, saved
from image_options import LIMITS
from influencers.config import ImagesConfig
from influencers.images import fetch_task, settings
from influencers.images.budget.server import BudgetServer
from influencers.images.decode.decoding import DecodedImage, DecodeLimits, decode
from influencers.images.fetch_task import Outcome, ledger_rows
from influencers.images.schedule.fetching import Row
from influencers.images.statuses import OK
from influencers.images.tables import IMAGES


def image(seed: int) -> DecodedImage:
    found = decode(saved(noise(60, 40, seed), "png"), LIMITS)
    assert isinstance(found, DecodedImage)
    return found


def outcome(number: int, found: DecodedImage | None) -> Outcome:
    row = Row(f"k{number}", f"u{number}", "h:80", 2)
    return Outcome(row, "ok" if found else "timeout", 1_500_000_000.25, image=found,
                   next_attempt_at=None if found else 1_500_000_900.0)  # fmt: skip


def test_measures_stand_beside_their_own_image() -> None:
    found = [image(1), None, image(2), None, None, image(3)]
    batch = ledger_rows([outcome(number, one) for number, one in enumerate(found)])
    assert batch.schema.equals(to_arrow_schema(IMAGES.schema, timezone="UTC"))
    rows = batch.to_pylist()
    assert [row["image_key"] for row in rows] == [f"k{number}" for number in range(6)]
    assert [row["phash"] is None for row in rows] == [one is None for one in found]
    alone = ledger_rows([outcome(2, found[2])]).to_pylist()
    assert rows[2] == alone[0]
    assert rows[1]["next_attempt_at"].timestamp() == 1_500_000_900.0
    assert rows[0]["fetched_at"].timestamp() == 1_500_000_000.25
    assert rows[0]["attempts"] == 2


def test_a_batch_without_images_has_the_same_columns() -> None:
    batch = ledger_rows([outcome(1, None), outcome(2, None)])
    assert batch.column("colors").null_count == batch.column("quality").null_count == 2


def test_what_is_undefined_is_null() -> None:
    blank = decode(saved(noise(8, 8).point(lambda _: 7), "png"), LIMITS)
    assert isinstance(blank, DecodedImage)
    (row,) = ledger_rows([outcome(1, blank)]).to_pylist()
    assert row["glcm_correlation"] is None
    assert row["degenerate"] is True


def test_a_task_travels_and_hides_its_secret() -> None:
    task = settings.fetch_task(ImagesConfig(), budget_address=("h", 1), secret=b"hidden")
    assert pickle.loads(pickle.dumps(task)) == task
    assert "hidden" not in repr(task)


@pytest.mark.parametrize("bytes_", [64_000_000, 30_000])
def test_what_memory_is_not_for_is_decoded_by_those_who_fetch(
    bytes_: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"/{number}.jpg": saved(noise(300, 200, number), "jpeg") for number in range(30)}
    decoders: set[str] = set()

    def decode_here(data: bytes, limits: DecodeLimits) -> DecodedImage | str:
        decoders.add(threading.current_thread().name)
        return decode(data, limits)

    monkeypatch.setattr(fetch_task, "decode", decode_here)
    monkeypatch.setattr(fetch_task, "_BACKLOG_BYTES", bytes_)
    with HostileServer(files={**files, "/none.jpg": b""}) as server:
        config = ImagesConfig(
            allow_hosts=(server.host_key,), requests_per_second=0, connections_per_host=0
        )
        secret = b"x" * 32
        with BudgetServer(settings.budget_options(config), secret) as budget:
            task = settings.fetch_task(config, budget_address=budget.address, secret=secret)
            names = ("image_key", "url", "host", "attempts")
            keys = [*files, "/none.jpg"]
            columns = [keys, list(map(server.url, keys)), [server.host_key] * 31, [0] * 31]
            asked = pa.record_batch(columns, names=names)
            rows = [row for batch in task(iter([asked])) for row in batch.to_pylist()]
    for shared in fetch_task._of_process.values():
        shared.client.close()
        shared.leases.client.close()
    fetch_task._of_process.clear()
    status = {row["image_key"]: row["status"] for row in rows}
    assert status == {**dict.fromkeys(files, OK), "/none.jpg": "empty_answer"}
    assert sum(row["phash"] is not None for row in rows) == len({row["phash"] for row in rows}) - 1
    here = threading.current_thread().name
    assert decoders == {here} if bytes_ > 1_000_000 else decoders > {here}


def test_what_this_process_has_no_memory_for_is_decoded_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = saved(noise(60, 40), "png")
    expected = decode(body, LIMITS)

    def no_memory(data: bytes, limits: DecodeLimits) -> DecodedImage | str:
        raise MemoryError

    monkeypatch.setattr(fetch_task, "decode", no_memory)
    with fetch_task._decoder(LIMITS) as decoder:
        assert pickle.dumps(decoder(body)) == pickle.dumps(expected)
