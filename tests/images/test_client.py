from __future__ import annotations

import os
import shutil
import socket
import threading
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from urllib3 import PoolManager

from hostile_server import IMAGE, HostileServer, certificate, silent_port, unreachable_port
from image_options import PATIENT
from influencers.errors import UserError
from influencers.images import statuses
from influencers.images.failures import FetchFailure, HostUnavailable
from influencers.images.http.client import Client, Fetched, FetchOptions
from influencers.images.http.response_body import read_body

MEGABYTE = 1_000_000
# Short enough for a test, long enough for a busy machine.
OPTIONS = replace(
    PATIENT,
    total_seconds=1.0,
    connect_seconds=0.6,
    read_seconds=0.6,
    max_bytes=4 * MEGABYTE,
    max_decoded_bytes=4 * MEGABYTE,
)
GRACE = 0.8  # what a busy machine adds to a deadline; quiet ones take 0.01

MakeClient = Callable[..., Client]


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    with HostileServer(files={"/good.jpg": IMAGE}) as running:
        yield running


@pytest.fixture
def make() -> Iterator[MakeClient]:
    """Makes clients for hosts on loopback; all closed at the end, nothing of theirs left."""
    before = set(threading.enumerate())
    made: list[Client] = []

    def build(*allow: str, options: FetchOptions = OPTIONS, **others: object) -> Client:
        made.append(Client(options, allow, **others))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for client in made:
        client.close()
    left = [one.name for one in set(threading.enumerate()) - before]
    assert not [name for name in left if name == "watchdog"]


@pytest.fixture
def client(make: MakeClient) -> Client:
    return make("127.0.0.1")


def rows(*addresses: str) -> list[tuple[object, ...]]:
    """As `getaddrinfo` answers."""
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 0)) for one in addresses]


def timed(client: Client, url: str) -> tuple[Fetched, float]:
    began = time.monotonic()
    fetched = client.fetch(url)
    return fetched, time.monotonic() - began


def test_an_image_comes_as_it_is(client: Client, server: HostileServer) -> None:
    fetched = client.fetch(server.url("/good.jpg"))
    assert fetched.status == statuses.OK
    assert fetched.body == IMAGE
    assert (fetched.http_status, fetched.bytes) == (200, len(IMAGE))
    assert fetched.final_host == server.host_key
    assert 0 < fetched.seconds < 1
    sent = server.requests[-1].headers
    assert sent["accept-encoding"] == "identity"
    assert sent["user-agent"] == OPTIONS.user_agent
    assert sent["host"] == server.host_key
    assert "cookie" not in sent


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/until-close", statuses.OK, 200),
        ("/chunked", statuses.OK, 200),
        ("/gzip", statuses.OK, 200),
        ("/html", statuses.HTML_ANSWER, 200),
        ("/please-wait", statuses.TEXT_ANSWER, 200),
        ("/to-login", statuses.LOGIN_REDIRECT, 302),
        ("/redirect?to=/html", statuses.HTML_ANSWER, 200),
        ("/too-short", statuses.OK, 200),  # half an image: the decoder sees that
        ("/status?code=203", statuses.OK, 203),
        ("/hop?n=3", statuses.OK, 200),
        ("/hop?n=4", statuses.TOO_MANY_REDIRECTS, 302),
        ("/loop", statuses.TOO_MANY_REDIRECTS, 302),
        ("/short", statuses.RESET, 200),
        ("/cut-chunks", statuses.RESET, 200),
        ("/cut-headers", statuses.RESET, 200),
        ("/empty-until-close", statuses.RESET, 200),
        ("/reset", statuses.RESET, 200),
        ("/two-lengths", statuses.RESET, None),
        ("/garbage", statuses.RESET, None),
        ("/huge-header", statuses.RESET, None),
        ("/too-long", statuses.TOO_LARGE, 200),
        ("/endless", statuses.TOO_LARGE, 200),
        ("/bomb", statuses.TOO_LARGE, 200),
        ("/gzip-cut", statuses.TRUNCATED, 200),
        ("/gzip-members", statuses.BROKEN, 200),
        ("/brotli", statuses.UNSUPPORTED_FORMAT, 200),
        ("/no-content", statuses.EMPTY_ANSWER, 204),
        ("/reset-content", statuses.EMPTY_ANSWER, 205),
        ("/empty", statuses.EMPTY_ANSWER, 200),
        ("/status?code=206", statuses.HTTP_ERROR, 206),
        ("/status?code=302", statuses.HTTP_ERROR, 302),  # and says not where to
        ("/status?code=304", statuses.HTTP_ERROR, 304),
        ("/status?code=400", statuses.HTTP_ERROR, 400),
        ("/status?code=401", statuses.FORBIDDEN, 401),
        ("/forbidden", statuses.FORBIDDEN, 403),
        ("/not-found", statuses.NOT_FOUND, 404),
        ("/status?code=408", statuses.TIMEOUT, 408),
        ("/status?code=410", statuses.NOT_FOUND, 410),
        ("/status?code=500", statuses.SERVER_ERROR, 500),
        ("/status?code=599", statuses.SERVER_ERROR, 599),
        ("/status?code=999", statuses.HTTP_ERROR, 999),
        ("/throttled", statuses.THROTTLED, 429),
        ("/signed?oe=00000001", statuses.EXPIRED, None),
        ("/signed?oe=ffffffff", statuses.OK, 200),
    ],
)
def test_every_answer_has_its_status(
    client: Client, server: HostileServer, path: str, status: str, code: int | None
) -> None:
    fetched, seconds = timed(client, server.url(path))
    assert (fetched.status, fetched.http_status) == (status, code)
    assert (fetched.body != b"") == (status == statuses.OK)
    assert seconds < OPTIONS.total_seconds + GRACE


@pytest.mark.parametrize(
    "path",
    ["/drip", "/drip-headers", "/tiny-chunks", "/continue-forever", "/silent", "/slow?ms=3000",
     "/slow-body?ms=3000"],
)  # fmt: skip
def test_time_runs_out_on_whoever_takes_it(
    client: Client, server: HostileServer, path: str
) -> None:
    fetched, seconds = timed(client, server.url(path))
    assert fetched.status == statuses.TIMEOUT
    assert seconds < OPTIONS.total_seconds + GRACE


def test_an_endless_body_within_the_size_limit_ends_in_time(
    make: MakeClient, server: HostileServer
) -> None:
    options = replace(PATIENT, total_seconds=0.3, max_bytes=10**12)
    fetched, seconds = timed(make("127.0.0.1", options=options), server.url("/drip?ms=1"))
    assert fetched.status == statuses.TIMEOUT
    assert fetched.bytes > 0
    assert seconds < 0.3 + GRACE


def test_connecting_takes_its_time_and_no_more(client: Client) -> None:
    with unreachable_port() as port:
        fetched, seconds = timed(client, f"http://127.0.0.1:{port}/")
    assert fetched.status == statuses.TIMEOUT
    assert 0.5 < seconds < OPTIONS.connect_seconds + GRACE


def test_a_handshake_takes_its_time_and_no_more(client: Client) -> None:
    with silent_port() as port:
        fetched, seconds = timed(client, f"https://127.0.0.1:{port}/")
    assert fetched.status == statuses.TIMEOUT
    assert seconds < OPTIONS.connect_seconds + GRACE


def test_the_watchdog_wakes_up_again_after_a_quiet_time(
    make: MakeClient, server: HostileServer
) -> None:
    client = make("127.0.0.1", options=replace(PATIENT, total_seconds=0.3))
    for _ in range(2):
        assert client.fetch(server.url("/good.jpg")).status == statuses.OK
        time.sleep(0.5)
        fetched, seconds = timed(client, server.url("/drip-headers"))
        assert fetched.status == statuses.TIMEOUT
        assert seconds < 0.3 + GRACE


def test_a_body_that_arrives_after_the_deadline_is_too_late(server: HostileServer) -> None:
    with PoolManager() as pool:
        response = pool.request("GET", server.url("/chunked"), preload_content=False)
        with pytest.raises(FetchFailure, match="timeout"):
            read_body(
                response, max_bytes=MEGABYTE, max_decoded_bytes=1, deadline=time.monotonic() - 1
            )
        response.close()


def test_what_announces_too_much_is_not_read(client: Client, server: HostileServer) -> None:
    fetched = client.fetch(server.url(f"/too-long?bytes={OPTIONS.max_bytes + 1}"))
    assert (fetched.status, fetched.bytes) == (statuses.TOO_LARGE, 0)


def test_a_circle_is_gone_round_once(client: Client, server: HostileServer) -> None:
    before = server.count("/loop")
    client.fetch(server.url("/loop"))
    assert server.count("/loop") - before == 1


def test_nobody_there_is_refused(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert client.fetch(f"http://127.0.0.1:{port}/").status == statuses.REFUSED


def test_memory_stays_within_the_limits(client: Client, server: HostileServer) -> None:
    client.fetch(server.url("/bomb"))  # the server packs it once
    tracemalloc.start()
    try:
        for path in ("/bomb", "/endless", "/too-long"):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            assert client.fetch(server.url(path)).status == statuses.TOO_LARGE
            assert tracemalloc.get_traced_memory()[1] - before < 12 * MEGABYTE
    finally:
        tracemalloc.stop()


# Where a client may go.


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.0.0.1.", "[::1]",
     "[::ffff:127.0.0.1]", "[::7f00:1]", "[64:ff9b::7f00:1]", "0", "localhost", "LOCALHOST.",
     "10.0.0.1", "169.254.169.254", "[fd00:ec2::254]"],
)  # fmt: skip
def test_addresses_that_are_not_public_are_not_asked(
    make: MakeClient, server: HostileServer, host: str
) -> None:
    before = server.connections
    fetched = make("images.test").fetch(f"http://{host}:{server.port}/good.jpg")
    assert (fetched.status, fetched.http_status) == (statuses.BLOCKED_ADDRESS, None)
    assert server.connections == before


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://127.0.0.1/", "file:///etc/passwd", "//127.0.0.1/", "http://", "http:///x",
     "http://a@127.0.0.1/", "http://a:b@127.0.0.1/", "http://%31%32%37.0.0.1/",
     "http://127.0.0.1\\@example.org/", "http://example.org\\@127.0.0.1/", "http://127.0.0.1:0/",
     "http://127.0.0.1:99999/", "http://127.0.0.1 /", "http://127.0.0.1/\r\nHost: x",
     "http://１２７.0.0.1/", "http://a..b/", "http://[fe80::1%25lo]/", "http://[::1/",
     "http://-a.org/", "http://" + "a" * 64 + ".org/", "http://x/" + "a" * 9000],
)  # fmt: skip
def test_what_is_no_clear_address_is_not_asked(client: Client, url: str) -> None:
    assert client.fetch(url).status == statuses.BAD_URL


def test_a_redirect_leads_nowhere_private(client: Client, server: HostileServer) -> None:
    for to, status in (
        ("http://169.254.169.254/latest/meta-data/", statuses.BLOCKED_ADDRESS),
        (server.url("/good.jpg", host="localhost"), statuses.BLOCKED_ADDRESS),
        (server.url("/good.jpg", host="[::ffff:127.0.0.1]"), statuses.BLOCKED_ADDRESS),
        ("http://127.0.0.2/", statuses.BLOCKED_ADDRESS),
        ("file:///etc/passwd", statuses.BAD_URL),
        ("http://a@127.0.0.1/", statuses.BAD_URL),
        ("/good.jpg", statuses.OK),
        ("good.jpg#part", statuses.OK),
        (server.url("/good.jpg"), statuses.OK),
    ):
        fetched = client.fetch(server.url(f"/redirect?to={quote(to)}"))
        assert fetched.status == status, to


def test_a_name_is_checked_whenever_it_is_connected_to(
    make: MakeClient, server: HostileServer
) -> None:
    """A name that is public in one answer and private beside it, or in the next, is refused."""
    answers = {"mixed.test": ["8.8.8.8", "127.0.0.1"], "inside.test": ["10.1.2.3"]}
    client = make(resolve=lambda host, *_: rows(*answers[host]))
    for host in answers:
        fetched = client.fetch(server.url("/good.jpg", host=host))
        assert fetched.status == statuses.BLOCKED_ADDRESS


def test_an_allowed_name_keeps_its_name_and_its_connection(
    make: MakeClient, server: HostileServer
) -> None:
    asked = []

    def resolve(host: str, *_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return rows("127.0.0.1")

    client = make(f"images.test:{server.port}", resolve=resolve)
    before = server.connections
    for _ in range(5):
        assert client.fetch(server.url("/good.jpg", host="Images.TEST.")).status == statuses.OK
    assert server.requests[-1].headers["host"] == f"images.test:{server.port}"
    assert (asked, server.connections - before) == (["images.test"], 1)
    other = make("images.test:1", resolve=resolve)
    assert other.fetch(server.url("/good.jpg", host="images.test")).status == (
        statuses.BLOCKED_ADDRESS
    )


def test_the_next_address_is_tried_when_one_does_not_answer(
    make: MakeClient, server: HostileServer
) -> None:
    client = make("images.test", resolve=lambda *_: rows("127.0.0.9", "127.0.0.1"))
    assert client.fetch(server.url("/good.jpg", host="images.test")).status == statuses.OK


# Names.


def test_a_name_service_that_hangs_holds_nobody_up(make: MakeClient, server: HostileServer) -> None:
    let_go = threading.Event()
    asked: list[str] = []

    def resolve(host: str, *_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        if host.startswith("hangs"):
            let_go.wait(10)
        return rows("127.0.0.1")

    client = make("hangs.test", "images.test", resolve=resolve)
    try:
        with ThreadPoolExecutor(40) as pool:
            began = time.monotonic()
            hung = [pool.submit(timed, client, "http://hangs.test/") for _ in range(39)]
            good = pool.submit(timed, client, server.url("/good.jpg", host="images.test")).result()
            assert good[0].status == statuses.OK
            assert good[1] < OPTIONS.connect_seconds
            for fetched, seconds in (one.result() for one in hung):
                assert (fetched.status, fetched.transient) == (statuses.DNS_ERROR, True)
                assert seconds < OPTIONS.connect_seconds + GRACE
        assert asked.count("hangs.test") == 1
        # Whoever comes later does not wait for it once more.
        assert time.monotonic() - began > OPTIONS.connect_seconds
        assert timed(client, "http://hangs.test/")[1] < 0.3
    finally:
        let_go.set()


def test_a_name_that_does_not_exist_is_asked_once(make: MakeClient) -> None:
    asked = []

    def resolve(host: str, *_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        raise socket.gaierror(
            socket.EAI_NONAME if host == "gone.test" else socket.EAI_AGAIN, "as told"
        )

    client = make(resolve=resolve)
    for _ in range(3):
        fetched = client.fetch("http://gone.test/")
        assert (fetched.status, fetched.transient) == (statuses.DNS_ERROR, False)
    busy = client.fetch("http://busy.test/")
    assert (busy.status, busy.transient) == (statuses.DNS_ERROR, True)
    assert asked == ["gone.test", "busy.test"]


def test_the_system_resolver_knows_no_such_name(make: MakeClient) -> None:
    fetched = make().fetch("http://no-such-name.invalid/")
    assert fetched.status == statuses.DNS_ERROR


# Connections.


def test_connections_are_used_again_after_what_was_read_to_its_end(
    make: MakeClient, server: HostileServer
) -> None:
    client = make("127.0.0.1")
    before = server.connections
    for path in ("/good.jpg", "/chunked", "/gzip", "/empty", "/forbidden", "/no-content",
                 "/redirect?to=/good.jpg", "/robots?say=all", "/good.jpg"):  # fmt: skip
        client.fetch(server.url(path))
    assert server.connections - before == 1
    for path in ("/not-found", "/robots?say=noai", "/too-long", "/short", "/brotli"):
        client.fetch(server.url("/good.jpg"))
        before = server.connections
        client.fetch(server.url(path))
        client.fetch(server.url("/good.jpg"))
        assert server.connections - before == 1, path


def test_a_connection_the_server_closed_meanwhile_is_no_failed_attempt(
    client: Client, server: HostileServer
) -> None:
    for _ in range(20):  # now and then the client is faster than the server's goodbye
        assert client.fetch(server.url("/close")).status == statuses.OK


def test_bytes_too_many_do_not_become_the_next_answer(
    client: Client, server: HostileServer
) -> None:
    for _ in range(3):
        assert client.fetch(server.url("/smuggle")).body == IMAGE
        time.sleep(0.1)
        assert len(client.fetch(server.url("/too-short")).body) == len(IMAGE) // 2
        assert client.fetch(server.url("/good.jpg")).body == IMAGE


def test_nothing_stays_open_after_close(make: MakeClient) -> None:
    descriptors = len(os.listdir("/proc/self/fd"))
    with HostileServer(files={"/good.jpg": IMAGE}) as own:
        client = make("127.0.0.1")
        with ThreadPoolExecutor(8) as pool:
            paths = ["/good.jpg", "/short", "/drip", "/not-found", "/chunked"] * 4
            list(pool.map(client.fetch, [own.url(path) for path in paths]))
        assert own.open_connections() >= 1
        client.close()
        until = time.monotonic() + 2
        while own.open_connections() and time.monotonic() < until:
            time.sleep(0.01)
        assert own.open_connections() == 0
    assert len(os.listdir("/proc/self/fd")) <= descriptors


def test_one_good_host_among_31_bad_ones_is_as_fast_as_alone(
    make: MakeClient, server: HostileServer
) -> None:
    client = make("127.0.0.1", options=replace(PATIENT, total_seconds=1.5, max_bytes=MEGABYTE))
    bad = ["/drip", "/drip-headers", "/silent", "/slow?ms=9000", "/continue-forever"]
    with ThreadPoolExecutor(32) as pool:
        began = time.monotonic()
        hostile = [pool.submit(timed, client, server.url(bad[i % 5])) for i in range(31)]
        good = [timed(client, server.url("/good.jpg")) for _ in range(10)]
        assert all(fetched.status == statuses.OK for fetched, _ in good)
        assert sum(seconds for _, seconds in good) < 1.2
        assert {one.result()[0].status for one in hostile} == {statuses.TIMEOUT}
    assert time.monotonic() - began < 1.5 + 2 * GRACE


# Hosts' and owners' wishes.


def test_every_hop_is_announced(make: MakeClient, server: HostileServer) -> None:
    hops: list[str] = []
    client = make("127.0.0.1", before_request=hops.append)
    client.fetch(server.url("/hop?n=2"))
    client.fetch(server.url(f"/redirect?to={quote('http://169.254.169.254/')}"))
    assert hops == [server.host_key] * 4 + ["169.254.169.254:80"]


def test_a_request_that_a_kept_connection_lost_is_announced_again(
    make: MakeClient, server: HostileServer
) -> None:
    asked: list[str] = []
    client = make("127.0.0.1", before_request=asked.append)
    before = server.count("/hang-up")
    for _ in range(20):
        assert client.fetch(server.url("/hang-up")).status == statuses.OK
    assert server.count("/hang-up") - before == len(asked) == 39


def test_a_lost_request_without_a_second_turn_is_a_passing_failure(
    make: MakeClient, server: HostileServer
) -> None:
    turns = iter((True, True, False))

    def twice(host_key: str) -> None:
        if not next(turns):
            raise HostUnavailable(host_key)

    client = make("127.0.0.1", before_request=twice)
    before = server.count("/hang-up")
    client.fetch(server.url("/hang-up"))
    fetched = client.fetch(server.url("/hang-up"))
    assert (fetched.status, fetched.transient) == (statuses.RESET, True)
    assert server.count("/hang-up") - before == 2


def test_waiting_for_a_turn_is_not_held_against_the_attempt(
    make: MakeClient, server: HostileServer
) -> None:
    client = make("127.0.0.1", before_request=lambda _: time.sleep(1.2))
    fetched, seconds = timed(client, server.url("/good.jpg"))
    assert fetched.status == statuses.OK
    assert seconds > 1.2 > fetched.seconds


def test_a_host_that_is_not_to_be_asked_is_not(make: MakeClient, server: HostileServer) -> None:
    def never(host_key: str) -> None:
        raise HostUnavailable(host_key)

    before = len(server.requests)
    fetched = make("127.0.0.1", before_request=never).fetch(server.url("/good.jpg"))
    assert (fetched.status, fetched.transient) == (statuses.HOST_UNAVAILABLE, False)
    assert len(server.requests) == before


@pytest.mark.parametrize(
    ("say", "status"),
    [
        ("noai", statuses.OPTED_OUT),
        ("all, NoImageAI", statuses.OPTED_OUT),
        ("noarchive|noindex", statuses.OPTED_OUT),
        ("somebot: none", statuses.OPTED_OUT),
        ("somebot: noarchive, noindex", statuses.OPTED_OUT),
        ("max-image-preview: none", statuses.OK),
        ("unavailable_after: 2001-01-01", statuses.OK),
        ("noarchive, nofollow", statuses.OK),
    ],
)
def test_owners_who_opt_out_are_left_alone(
    make: MakeClient, server: HostileServer, say: str, status: str
) -> None:
    url = server.url(f"/robots?say={quote(say)}")
    fetched = make("127.0.0.1").fetch(url)
    assert fetched.status == status
    if status == statuses.OPTED_OUT:
        assert fetched.bytes == 0
    free = replace(PATIENT, respect_opt_out=False)
    assert make("127.0.0.1", options=free).fetch(url).status == statuses.OK


@pytest.mark.parametrize(
    ("after", "seconds"), [("1", 1.0), ("3600", 3600.0), ("soon", None), ("", None)]
)
def test_what_the_server_asks_to_wait_is_passed_on(
    client: Client, server: HostileServer, after: str, seconds: float | None
) -> None:
    fetched = client.fetch(server.url(f"/throttled?after={after}"))
    assert (fetched.status, fetched.retry_after) == (statuses.THROTTLED, seconds)


def test_503_and_then_an_image(make: MakeClient) -> None:
    with HostileServer() as own:
        client = make("127.0.0.1")
        found = [client.fetch(own.url("/flaky?fails=2")).status for _ in range(3)]
    assert found == [statuses.SERVER_ERROR, statuses.SERVER_ERROR, statuses.OK]


def test_settings_of_the_environment_are_ignored(
    make: MakeClient, server: HostileServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert make("127.0.0.1").fetch(server.url("/good.jpg")).status == statuses.OK
    assert "authorization" not in server.requests[-1].headers


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(UserError, match="user agent"):
        replace(PATIENT, user_agent="x\r\nHost: y")


def test_certificates_that_cannot_be_read_are_refused_at_once(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    for path in (empty, tmp_path / "absent.pem"):
        with pytest.raises(UserError, match="certificates to trust"):
            Client(replace(PATIENT, ca_bundle=str(path)))


def test_what_nobody_thought_of_costs_one_row(
    make: MakeClient, server: HostileServer, caplog: pytest.LogCaptureFixture
) -> None:
    def mistaken(host_key: str) -> None:
        raise KeyError(host_key)

    fetched = make("127.0.0.1", before_request=mistaken).fetch(server.url("/good.jpg"))
    assert fetched.status == statuses.RESET
    assert "KeyError" in fetched.detail
    assert "unexpected failure" in caplog.text


def test_a_closed_client_is_not_used(make: MakeClient, server: HostileServer) -> None:
    client = make("127.0.0.1")
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.fetch(server.url("/good.jpg"))


# TLS.


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl command to make a certificate with")
    return certificate(tmp_path_factory.mktemp("keys"), "DNS:images.test", "IP:127.0.0.1")


def test_certificates_are_those_of_the_name(make: MakeClient, keys: tuple[Path, Path]) -> None:
    trusting = replace(PATIENT, ca_bundle=str(keys[0]))
    names = ("images.test", "other.test", "127.0.0.1", "127.0.0.2")
    with HostileServer("127.0.0.1", tls=keys, files={"/good.jpg": IMAGE}) as own:
        client = make(*names, options=trusting, resolve=lambda *_: rows("127.0.0.1"))
        for host, status in (
            ("images.test", statuses.OK),
            ("127.0.0.1", statuses.OK),
            ("other.test", statuses.TLS_ERROR),
        ):
            assert client.fetch(own.url("/good.jpg", host=host)).status == status
        before = own.connections
        for path in ("/good.jpg", "/chunked", "/gzip"):
            assert client.fetch(own.url(path, host="images.test")).status == statuses.OK
        assert own.connections == before
        for path, status in (
            ("/drip", statuses.TIMEOUT),
            ("/drip-headers", statuses.TIMEOUT),
            ("/short", statuses.RESET),
            ("/too-long", statuses.TOO_LARGE),
            ("/too-short", statuses.OK),
            ("/good.jpg", statuses.OK),
        ):
            hurried = replace(PATIENT, ca_bundle=str(keys[0]), total_seconds=0.5)
            impatient = make("127.0.0.1", options=hurried)
            assert impatient.fetch(own.url(path)).status == status, path


def test_unknown_authorities_are_not_trusted(make: MakeClient, keys: tuple[Path, Path]) -> None:
    with HostileServer(tls=keys, files={"/good.jpg": IMAGE}) as own:
        fetched = make("127.0.0.1").fetch(own.url("/good.jpg"))
        assert (fetched.status, fetched.transient) == (statuses.TLS_ERROR, False)
        careless = make("127.0.0.1", options=replace(PATIENT, verify_tls=False))
        assert careless.fetch(own.url("/good.jpg")).status == statuses.OK


def test_plain_http_where_tls_is_expected_is_a_tls_error(
    client: Client, server: HostileServer
) -> None:
    url = server.url("/good.jpg").replace("http:", "https:")
    assert client.fetch(url).status == statuses.TLS_ERROR


def test_no_warning_and_no_log_is_left(
    client: Client, server: HostileServer, caplog: pytest.LogCaptureFixture
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in ("/two-lengths", "/garbage", "/huge-header", "/reset", "/odd-headers"):
            client.fetch(server.url(path))
    assert not caplog.records
