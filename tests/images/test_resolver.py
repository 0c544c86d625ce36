from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from influencers.images import statuses
from influencers.images.failures import FetchFailure
from influencers.images.http.resolver import Resolver


class NameService:
    """Answers as told; names that begin with `hang` wait until `let_go` is set."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.let_go = threading.Event()
        self.most = self.under_way = 0
        self.lock = threading.Lock()

    def __call__(self, host: str, *_: object) -> list[tuple[object, ...]]:
        with self.lock:
            self.asked.append(host)
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            if host.startswith("hang"):
                self.let_go.wait(20)
            if host.startswith("slow"):
                time.sleep(0.1)
            if host.startswith("none"):
                return []
            if host.startswith("odd"):
                raise UnicodeError("label too long")
            if host.startswith("busy"):
                raise socket.gaierror(socket.EAI_AGAIN, "later")
            return [
                (socket.AF_INET6, 1, 6, "", ("2606:4700::1", 0, 0, 0)),
                (socket.AF_INET, 1, 6, "", ("192.0.2.1", 0)),
                (socket.AF_INET, 2, 17, "", ("192.0.2.1", 0)),
                (socket.AF_UNIX, 1, 0, "", ("/run/x", 0)),
            ]
        finally:
            with self.lock:
                self.under_way -= 1


@pytest.fixture
def service() -> Iterator[NameService]:
    made = NameService()
    yield made
    made.let_go.set()


def status_of(resolver: Resolver, host: str, seconds: float = 0.2) -> tuple[str, bool]:
    with pytest.raises(FetchFailure) as failure:
        resolver.addresses(host, seconds)
    return failure.value.status, failure.value.transient


def test_addresses_come_once_each_and_in_order(service: NameService) -> None:
    resolver = Resolver(service)
    found = resolver.addresses("a.test", 5)
    assert [str(one) for one in found] == ["2606:4700::1", "192.0.2.1"]
    resolver.close()


def test_many_who_ask_for_one_name_ask_once(service: NameService) -> None:
    resolver = Resolver(service)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: resolver.addresses("slow.test", 5), range(500)))
    assert service.asked == ["slow.test"]
    assert len(set(answers)) == 1
    resolver.close()


def test_no_more_lookups_at_once_than_threads(service: NameService) -> None:
    resolver = Resolver(service, threads=3)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda n: resolver.addresses(f"slow{n}.test", 5), range(20)))
    assert service.most == 3
    assert len(service.asked) == 20
    resolver.close()


def test_answers_are_forgotten_in_their_time(service: NameService) -> None:
    resolver = Resolver(service, found_seconds=0.2, unknown_seconds=0.2, failed_seconds=0.2)
    for _ in range(2):
        for _ in range(3):
            resolver.addresses("a.test", 5)
            assert status_of(resolver, "none.test") == (statuses.DNS_ERROR, False)
            assert status_of(resolver, "busy.test") == (statuses.DNS_ERROR, True)
            assert status_of(resolver, "odd.test") == (statuses.DNS_ERROR, True)
        time.sleep(0.25)
    assert sorted(service.asked) == sorted(["a.test", "none.test", "busy.test", "odd.test"] * 2)
    resolver.close()


def test_lookups_that_nobody_waits_for_are_dropped(service: NameService) -> None:
    """With every thread stuck, callers leave in time, and what they left is not looked up."""
    resolver = Resolver(service, threads=2)
    began = time.monotonic()
    with ThreadPoolExecutor(30) as pool:
        names = ["hang1.test", "hang2.test"] + [f"n{i}.test" for i in range(28)]
        failed = list(pool.map(lambda name: status_of(resolver, name, 0.3), names))
    assert time.monotonic() - began < 1.5
    assert set(failed) == {(statuses.DNS_ERROR, True)}
    service.let_go.set()
    assert resolver.addresses("last.test", 5)
    assert {name[0] for name in service.asked} <= {"h", "n", "l"}
    assert not [name for name in service.asked if name.startswith("n") and name != "last.test"]
    resolver.close()


def test_threads_end_with_the_resolver(service: NameService) -> None:
    before = threading.active_count()
    resolver = Resolver(service, threads=4)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: resolver.addresses(f"slow{n}.test", 5), range(4)))
    resolver.close()
    until = time.monotonic() + 2
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert threading.active_count() <= before
