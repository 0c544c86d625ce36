"""What one Spark task does with its images: fetch, decode, measure, and enter what came of it.

Everything a task needs travels in one picklable `FetchTask`; what a worker process can share
between its tasks (connections, the budget's client) is kept here by process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import partial
from threading import Lock
from typing import Any

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql.pandas.types import to_arrow_schema

from influencers.images import statuses
from influencers.images.budget.client import BudgetClient
from influencers.images.budget.request_leases import RequestLeases
from influencers.images.decode.decoder_process import ApartDecoder
from influencers.images.decode.decoding import DecodedImage, DecodeLimits, decode
from influencers.images.http.client import Client, Fetched, FetchOptions
from influencers.images.measure.measures import COLUMNS, measure
from influencers.images.schedule.fetching import FetchingOptions, Row, fetch_all
from influencers.images.schedule.retry import Again, Later, RetryPolicy, next_step
from influencers.images.tables import IMAGES

# Images measured together: a few megabytes of thumbnails, and few enough to come out soon.
_BATCH = 128
# Some hundred images as they are usually sent.
_BACKLOG_BYTES = 64_000_000
# Spark kills a worker that is silent for a quarter of an hour: a slow host is no hang.
_LONGEST_SILENCE = 60.0

Decoder = Callable[[bytes], DecodedImage | str]
_Bytes = bytes  # the name is taken in a class with a field of that name


@dataclass(frozen=True)
class Outcome:
    """What became of one image in this run; times are Unix seconds."""

    row: Row
    status: str
    at: float
    http_status: int | None = None
    next_attempt_at: float | None = None
    bytes: int | None = None
    sha256: str | None = None
    image: DecodedImage | None = None
    body: _Bytes | None = field(default=None, repr=False)  # still to be decoded


class _Backlog:
    """The bytes that are fetched and not yet decoded: a bound for memory."""

    def __init__(self, most: int) -> None:
        self._most, self._bytes, self._lock = most, 0, Lock()

    def takes(self, size: int) -> bool:
        """Whether so many more may wait."""
        with self._lock:
            fits = self._bytes + size <= self._most
            self._bytes += size * fits
            return fits

    def done(self, size: int) -> None:
        """So many wait no longer."""
        with self._lock:
            self._bytes -= size


@dataclass(frozen=True)
class FetchTask:
    """Turns batches of due images into batches of ledger rows; given to `mapInArrow`.

    Attributes:
        budget_address: host and port of the budget server in the driver.
        secret: shared with it.
        fetch: the limits of one attempt.
        policy: when to try again.
        limits: what an image may cost.
        scheduling: how much one task does at once.
        placeholders: SHA-256 of files that are known to be placeholders, in hexadecimal digits.
        allow_hosts: hosts whose addresses need not be public.
        connect_to: `host:port=address:port` to ask there instead.
    """

    budget_address: tuple[str, int]
    secret: bytes = field(repr=False)
    fetch: FetchOptions
    policy: RetryPolicy
    limits: DecodeLimits
    scheduling: FetchingOptions
    placeholders: frozenset[str] = field(repr=False)
    allow_hosts: tuple[str, ...]
    connect_to: tuple[str, ...]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of `image_key, url, host, attempts` in; rows of the table images out."""
        with _decoder(self.limits) as decoder:
            yield from self._ledger(batches, decoder)

    def _ledger(
        self, batches: Iterator[pa.RecordBatch], decoder: Decoder
    ) -> Iterator[pa.RecordBatch]:
        shared = _shared(self)
        backlog = _Backlog(_BACKLOG_BYTES)
        outcomes = fetch_all(
            _rows(batches),
            partial(self._ask, shared.client),
            shared.leases,
            self.scheduling,
            next_step=self._wait,
            done=partial(self._done, backlog, decoder),
            unavailable=_unavailable,
        )
        held: list[Outcome] = []
        spoke = time.monotonic()
        for outcome in outcomes:
            if outcome.body is not None:
                backlog.done(len(outcome.body))
            held.append(_decoded(outcome, decoder))
            if len(held) == _BATCH or time.monotonic() - spoke > _LONGEST_SILENCE:
                yield ledger_rows(held)
                held, spoke = [], time.monotonic()
        if held:
            yield ledger_rows(held)

    def _ask(self, client: Client, url: str) -> Fetched:
        """One attempt; an image that is known to be a placeholder is a soft block."""
        fetched = client.fetch(url)
        if self.placeholders and fetched.body and _digest(fetched.body) in self.placeholders:
            return replace(fetched, status=statuses.PLACEHOLDER, transient=True)
        return fetched

    def _wait(self, row: Row, fetched: Fetched, attempts: int) -> float | None:
        step = next_step(fetched, attempts, row.attempts, time.time(), self.policy, row.image_key)
        return step.after_seconds if isinstance(step, Again) else None

    def _done(self, backlog: _Backlog, decoder: Decoder, row: Row, fetched: Fetched) -> Outcome:
        """The outcome of a last answer; called in the thread that fetched it.

        The task has one core: its own thread decodes what the others fetch. They lend a hand only
        when more is waiting than memory is for.
        """
        now = time.time()
        # No more attempts in this run: what is left is another run's, or nobody's.
        spent = replace(self.policy, max_attempts=0)
        step = next_step(fetched, 1, row.attempts, now, spent, row.image_key)
        outcome = Outcome(
            row,
            fetched.status,
            now,
            http_status=fetched.http_status,
            next_attempt_at=step.next_attempt_at if isinstance(step, Later) else None,
            bytes=fetched.bytes or None,
        )
        if fetched.status == statuses.PLACEHOLDER:
            return replace(outcome, sha256=_digest(fetched.body))
        if fetched.status != statuses.OK:
            return outcome
        outcome = replace(outcome, body=fetched.body)
        return outcome if backlog.takes(len(fetched.body)) else _decoded(outcome, decoder)


@contextlib.contextmanager
def _decoder(limits: DecodeLimits) -> Iterator[Decoder]:
    """What decodes for this attempt at a task: after a first one that failed, a process apart."""
    context = TaskContext.get()
    apart = ApartDecoder(limits)
    try:
        if context is None or context.attemptNumber() == 0:
            yield partial(_decode_here, limits=limits, apart=apart)
        else:
            yield apart.decode
    finally:
        apart.close()


def _decode_here(data: bytes, *, limits: DecodeLimits, apart: ApartDecoder) -> DecodedImage | str:
    """As `decode`; what this process has no memory for, a process apart may have it for."""
    try:
        return decode(data, limits)
    except MemoryError:
        return apart.decode(data)


def _decoded(outcome: Outcome, decoder: Decoder) -> Outcome:
    """The outcome with the image instead of its bytes."""
    if outcome.body is None:
        return outcome
    digest = _digest(outcome.body)
    decoded = decoder(outcome.body)
    if isinstance(decoded, str):
        return replace(outcome, status=decoded, sha256=digest, body=None)
    return replace(outcome, sha256=digest, image=decoded, body=None)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def ledger_rows(outcomes: list[Outcome]) -> pa.RecordBatch:
    """Outcomes as rows of the table images; what is measured is null without an image."""
    schema = to_arrow_schema(IMAGES.schema, timezone="UTC")
    measured = measure([outcome.image for outcome in outcomes if outcome.image is not None])
    places, place = [], 0
    for outcome in outcomes:
        places.append(None if outcome.image is None else place)
        place += outcome.image is not None
    spread = pa.array(places, pa.int32())
    entries = [_entry(outcome) for outcome in outcomes]
    columns: dict[str, pa.Array] = {
        name: pa.array([entry[name] for entry in entries], schema.field(name).type)
        for name in schema.names
        if name not in COLUMNS
    }
    for name in COLUMNS:
        kind = schema.field(name).type
        values = measured[name]
        if name == "colors":
            values = [
                [{"hex": hex_, "share": share} for hex_, share in colors] for colors in values
            ]
        columns[name] = pa.array(values, kind, from_pandas=True).take(spread)
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _entry(outcome: Outcome) -> dict[str, Any]:
    return {
        "image_key": outcome.row.image_key,
        "url": outcome.row.url,
        "host": outcome.row.host,
        "status": outcome.status,
        "http_status": outcome.http_status,
        "attempts": outcome.row.attempts,
        "next_attempt_at": _moment(outcome.next_attempt_at),
        "fetched_at": _moment(outcome.at),
        "bytes": outcome.bytes,
        "sha256": outcome.sha256,
    }


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)


def _unavailable(row: Row, seconds: float) -> Outcome:
    now = time.time()
    return Outcome(row, statuses.HOST_UNAVAILABLE, now, next_attempt_at=now + seconds)


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterator[Row]:
    for batch in batches:
        names = ("image_key", "url", "host", "attempts")
        yield from map(Row, *(batch.column(name).to_pylist() for name in names))


@dataclass(frozen=True)
class _Shared:
    """What the tasks of one worker process share."""

    client: Client
    leases: RequestLeases


_of_process: dict[tuple[int, FetchTask], _Shared] = {}
_lock = Lock()


def _shared(task: FetchTask) -> _Shared:
    """Connections and leases of this process; Spark keeps workers from one task to the next."""
    key = (os.getpid(), task)
    with _lock:
        shared = _of_process.get(key)
        if shared is None or shared.leases.client.broken:
            # A worker process has one task at a time: nobody uses what another run's tasks used.
            for (process, _), old in list(_of_process.items()):
                if process == os.getpid():
                    old.client.close()
                    old.leases.client.close()
            _of_process.clear()
            leases = RequestLeases(BudgetClient(task.budget_address, task.secret))
            client = Client(
                task.fetch,
                task.allow_hosts,
                connect_to=task.connect_to,
                before_request=leases.before_request,
            )
            shared = _of_process[key] = _Shared(client, leases)
        return shared
