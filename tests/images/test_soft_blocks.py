"""Answers that turn a crawler away and say that all is well."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile_server import HostileServer
from image_bytes import small_file
from image_options import BREAKER, PATIENT
from influencers.images import statuses
from influencers.images.budget.book import Book, BudgetOptions, HostLimits
from influencers.images.budget.breaker import Breaker
from influencers.images.budget.client import BudgetClient
from influencers.images.budget.server import BudgetServer
from influencers.images.decode import formats
from influencers.images.http import soft_blocks, urls
from influencers.images.http.client import Client
from influencers.images.schedule import outcomes

HTML, TEXT, EMPTY = statuses.HTML_ANSWER, statuses.TEXT_ANSWER, statuses.EMPTY_ANSWER


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<!DOCTYPE html><html>", HTML),
        (b"\xef\xbb\xbf\r\n  <HTML lang=en>", HTML),
        ("<html>…".encode("utf-16"), HTML),
        ("<title>é</title>".encode("cp1252"), HTML),
        (b"<?xml version='1.0'?><Error><Code>SlowDown</Code></Error>", HTML),
        (b"<!-- nothing -->", HTML),
        (b'{"message": "Please wait", "status": "fail"}', TEXT),
        (b"[]", TEXT),
        (b"Too many requests\n", TEXT),
        ("подождите".encode() * 500, TEXT),
        (b"", EMPTY),
        (b" \r\n\t ", EMPTY),
        (b"\xef\xbb\xbf", EMPTY),
        (b" " * 5000 + b"{}", TEXT),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", None),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", None),
        (b"\x1f\x8b\x08\0", None),
        (b"\x89PN", None),
        (bytes(50), None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"P6\n1 1\n255\nabc", None),
    ],
)
def test_texts_in_place_of_images_are_told(body: bytes, kind: str | None) -> None:
    assert soft_blocks.kind_of(body) == kind


@given(st.one_of(st.binary(), st.text().map(str.encode), st.text().map(json.dumps).map(str.encode)))
def test_no_image_is_taken_for_a_text_and_nothing_is_raised(body: bytes) -> None:
    kind = soft_blocks.kind_of(body)
    assert kind in (None, HTML, TEXT, EMPTY)
    assert kind is None or formats.sniffed(body) is None
    assert (kind == EMPTY) >= (not body)


@pytest.mark.parametrize("format_", formats.READ)
def test_images_are_no_texts(format_: str) -> None:
    data = small_file(format_)
    assert soft_blocks.kind_of(data) is soft_blocks.kind_of(data[: len(data) // 2]) is None


LOGINS = [
    "/accounts/login/", "/accounts/login/?next=/p/1.jpg", "/login.php?x=1", "/Login", "/login",
    "/users/sign_in", "/challenge/?a", "/checkpoint/1501092823525282/", "/consent/", "/signin",
    "/cdn-cgi/challenge/a",
]  # fmt: skip
IMAGES = ["/login/1.jpg", "/p/challenge.png", "/logins/1", "/v/t51/1_n.jpg?next=/login/", "/",
          "/blog/in", "/log/in"]  # fmt: skip


def test_pages_to_log_in_are_known_by_their_address() -> None:
    assert [p for p in LOGINS if not soft_blocks.is_login(urls.parse(f"https://h{p}"))] == []
    assert [p for p in IMAGES if soft_blocks.is_login(urls.parse(f"https://h{p}"))] == []
    assert soft_blocks.is_login(urls.parse("https://login.example.org/?to=1.jpg"))
    assert not soft_blocks.is_login(urls.parse("https://logins.example.org/"))


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer(files={"/a.jpg": small_file("jpeg")}) as running:
        yield running


def test_a_page_to_log_in_is_not_asked_for(server: HostileServer) -> None:
    with Client(PATIENT, (server.host_key,)) as client:
        fetched = client.fetch(server.url("/to-login"))
        assert (fetched.status, fetched.http_status) == (statuses.LOGIN_REDIRECT, 302)
        assert fetched.final_host == server.host_key
        assert fetched.transient
    assert [one.path for one in server.requests] == ["/to-login"]


def test_what_a_page_asks_of_robots_says_nothing_of_the_image(server: HostileServer) -> None:
    with Client(PATIENT, (server.host_key,)) as client:
        assert client.fetch(server.url("/please-wait")).status == TEXT
        # An image stays opted out, whatever it is called.
        assert client.fetch(server.url("/robots?say=noindex")).status == statuses.OPTED_OUT


def test_a_retry_after_of_a_soft_block_is_heard(server: HostileServer) -> None:
    with Client(PATIENT, (server.host_key,)) as client:
        assert client.fetch(server.url("/page-later")).retry_after == 7.0
        assert client.fetch(server.url("/a.jpg")).retry_after is None


# What it means for the host.


def test_soft_blocks_in_a_row_pause_a_host_and_a_few_among_images_do_not() -> None:
    breaker = Breaker(BREAKER)
    for now in range(50):
        breaker.soft_block(None, float(now))
        breaker.soft_block(None, float(now))
        assert breaker.paused_until < now
        breaker.report(1, 0, float(now))
    assert breaker.pristine(50.0)
    for _ in range(3):
        breaker.soft_block(None, 60.0)
    assert breaker.paused_until == 62.0
    assert not breaker.pristine(70.0)
    breaker.soft_block(None, 70.0)
    assert breaker.paused_until == 74.0
    breaker.report(1, 0, 75.0)
    breaker.soft_block(None, 80.0)
    assert breaker.paused_until == 74.0


def test_soft_blocks_are_no_failures_of_the_host() -> None:
    breaker = Breaker(BREAKER)
    for number in range(100):
        breaker.soft_block(None, 1000.0 * number)
    assert breaker.shut_for(1e9) == 0.0


def test_of_outcomes_that_come_together_a_success_counts() -> None:
    book = Book(BudgetOptions(HostLimits(), BREAKER))
    book.report("h:80", 1, 0, 0.0, blocked=9)
    book.ask("me", "h:80", 1, 0.0)
    (grant,), _ = book.settle(0.0)
    assert grant.starts == [0.0]
    book.report("h:80", 0, 0, 0.0, blocked=9)
    book.ask("me", "h:80", 1, 0.1)
    assert book.settle(0.1) == ([], [])
    (grant,), _ = book.settle(2.0)
    assert grant.starts[0] >= 2.0


@pytest.mark.parametrize("status", sorted(statuses.SOFT_BLOCKS))
def test_a_soft_block_is_reported_of_who_was_asked_and_of_who_answered(status: str) -> None:
    class Blocked:
        retry_after = None
        final_host = "page:80"

        def __init__(self) -> None:
            self.status = status

    with BudgetServer(BudgetOptions(HostLimits(), BREAKER), b"s") as server:
        client = BudgetClient(server.address, b"s")
        try:
            for host in ("asked:80", "page:80"):
                client.release([client.lease(host, 5.0)])
            began = time.monotonic()
            for _ in range(3):
                outcomes.report(client, "asked:80", Blocked())
            for host in ("asked:80", "page:80"):
                lease = client.lease(host, 10.0)
                assert lease.start - began > 1.5, host
                client.release([lease])
        finally:
            client.close()
