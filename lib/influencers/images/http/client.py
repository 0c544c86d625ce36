"""One fetch of one image: bounded in time, bytes and redirects, and never to a private address."""

from __future__ import annotations

import functools
import logging
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from urllib3 import HTTPResponse

from influencers.errors import UserError
from influencers.images import statuses
from influencers.images.failures import FetchFailure
from influencers.images.http import soft_blocks, urls
from influencers.images.http.addresses import AllowedHosts, detours
from influencers.images.http.connections import Connections
from influencers.images.http.opt_out import is_opted_out
from influencers.images.http.resolver import Resolve, Resolver
from influencers.images.http.response_body import read_body
from influencers.images.http.retry_after import retry_after_seconds
from influencers.images.http.tls import check_authorities, tls_context
from influencers.images.http.urls import Target
from influencers.images.http.watchdog import Watchdog
from influencers.images.mended_urls import mended
from influencers.images.signed_urls import expires_at

_log = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_STATUSES = {
    204: statuses.EMPTY_ANSWER,
    205: statuses.EMPTY_ANSWER,
    206: statuses.HTTP_ERROR,  # a part that nobody asked for
    401: statuses.FORBIDDEN,
    403: statuses.FORBIDDEN,
    404: statuses.NOT_FOUND,
    408: statuses.TIMEOUT,
    410: statuses.NOT_FOUND,
    429: statuses.THROTTLED,
}
_Body = bytes


@dataclass(frozen=True)
class FetchOptions:
    """The limits of one attempt.

    Attributes:
        total_seconds: for all of it, redirects included.
        connect_seconds: for name, connection and TLS of one hop.
        read_seconds: between two bytes of an answer.
        max_bytes: of a body, on the wire.
        max_decoded_bytes: of a body that a server packs though it was asked not to.
        user_agent: who we say we are.
        respect_opt_out: leave alone what X-Robots-Tag asks to leave alone.
        ca_bundle: a PEM file of certificates to trust beside the usual; empty: none.
        max_redirects: hops after the first.
        verify_tls: check certificates.
    """

    total_seconds: float
    connect_seconds: float
    read_seconds: float
    max_bytes: int
    max_decoded_bytes: int
    user_agent: str
    respect_opt_out: bool
    ca_bundle: str
    max_redirects: int = 3
    verify_tls: bool = True

    def __post_init__(self) -> None:
        if not (self.user_agent.isascii() and self.user_agent.isprintable()):
            raise UserError(f"the user agent {self.user_agent!r} must be printable ASCII")


@dataclass(frozen=True)
class Fetched:
    """What one attempt came to.

    Attributes:
        status: one of `statuses`.
        http_status: of the last answer; None when there was none.
        body: of an image that was fetched, unpacked; else empty.
        bytes: of the last body, as far as it was read from the wire.
        retry_after: seconds that the server asks to wait; None when it does not ask.
        seconds: that it took, without what the `before_request` hook waited.
        final_host: the `host:port` last asked, or refused; empty when the URL has none.
        transient: whether the same request may do better within seconds.
        detail: what went wrong, for a log.
    """

    status: str
    http_status: int | None = None
    body: _Body = field(default=b"", repr=False)
    bytes: int = 0
    retry_after: float | None = None
    seconds: float = 0.0
    final_host: str = ""
    transient: bool = True
    detail: str = ""


@dataclass
class _Attempt:
    """What is known while an attempt is under way."""

    began: float
    deadline: float
    http_status: int | None = None
    bytes: int = 0
    retry_after: float | None = None
    final_host: str = ""

    def ended(
        self, status: str, body: _Body = b"", detail: str = "", transient: bool = True
    ) -> Fetched:
        return Fetched(
            status=status,
            http_status=self.http_status,
            body=body,
            bytes=self.bytes,
            retry_after=self.retry_after,
            seconds=time.monotonic() - self.began,
            final_host=self.final_host,
            transient=transient and status in statuses.RETRYABLE,
            detail=detail,
        )


class Client:
    """Fetches images; one per process, for any number of threads, closed when all are done.

    It knows no proxies, cookies, logins or settings from the environment.

    Args:
        options: the limits.
        allow_hosts: `host` or `host:port` whose addresses need not be public.
        connect_to: where to connect instead of asking the name service; see `detours`.
        resolve: asks the name service; as `socket.getaddrinfo`.
        before_request: called with the `host:port` before every single request, to count or hold
            it back: of each hop, and again where a kept connection ended and the hop is asked a
            second time. What it waits is not held against the attempt. It may raise
            `HostUnavailable`.

    Raises:
        UserError: an entry of `allow_hosts` or `connect_to` cannot be read, or `ca_bundle` holds
            no certificates.
    """

    def __init__(
        self,
        options: FetchOptions,
        allow_hosts: Sequence[str] = (),
        *,
        connect_to: Sequence[str] = (),
        resolve: Resolve = socket.getaddrinfo,
        before_request: Callable[[str], None] | None = None,
    ) -> None:
        self._options = options
        self._before_request = before_request
        self._headers = {
            "User-Agent": options.user_agent,
            "Accept": "image/*,*/*;q=0.1",
            "Accept-Encoding": "identity",
        }
        context = functools.partial(tls_context, options.verify_tls, options.ca_bundle)
        check_authorities(options.ca_bundle)
        self._closed = False
        self._watchdog = Watchdog()
        self._resolver = Resolver(resolve)
        self._connections = Connections(
            AllowedHosts.parse(allow_hosts),
            detours(connect_to),
            self._resolver,
            self._watchdog,
            connect_seconds=options.connect_seconds,
            read_seconds=options.read_seconds,
            context=context,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and end the threads, when no fetch is under way."""
        self._closed = True
        self._connections.close()
        self._resolver.close()
        self._watchdog.close()

    def fetch(self, url: str) -> Fetched:
        """One attempt at one image. Never raises, and ends in `total_seconds`.

        But for a closed client: that is a mistake of the caller's (RuntimeError).
        """
        if self._closed:
            raise RuntimeError("the client is closed")
        began = time.monotonic()
        attempt = _Attempt(began, began + self._options.total_seconds)
        try:
            return attempt.ended(statuses.OK, self._follow(url, attempt))
        except FetchFailure as failure:
            return attempt.ended(failure.status, b"", failure.detail, failure.transient)
        except Exception as error:  # one strange row must not end a task of thousands
            _log.warning("unexpected failure of %s", url, exc_info=True)
            return attempt.ended(statuses.RESET, b"", f"{type(error).__name__}: {error}")

    def _follow(self, url: str, attempt: _Attempt) -> _Body:
        """The body at the end of the redirects."""
        url = mended(url)
        target = urls.parse(url)
        attempt.final_host = target.host_key
        expiry = expires_at(url)
        if expiry is not None and expiry <= time.time():
            raise FetchFailure(statuses.EXPIRED, f"since {expiry}")
        seen = set()
        for _ in range(self._options.max_redirects + 1):
            seen.add(target)
            answer = self._hop(target, attempt)
            if not isinstance(answer, Target):
                return answer
            if answer in seen:
                raise FetchFailure(statuses.TOO_MANY_REDIRECTS, "in a circle")
            target = answer
        raise FetchFailure(statuses.TOO_MANY_REDIRECTS)

    def _hop(self, target: Target, attempt: _Attempt) -> _Body | Target:
        """Ask one host: the body, or whom to ask instead."""
        attempt.final_host = target.host_key
        attempt.http_status = attempt.retry_after = None
        deadline = self._announce(target, attempt)
        again = functools.partial(self._announce, target, attempt)
        with self._connections.get(target, self._headers, deadline, again) as response:
            attempt.http_status = response.status
            try:
                return self._judge(response, target, attempt)
            finally:
                attempt.bytes = response.tell()

    def _announce(self, target: Target, attempt: _Attempt) -> float:
        """Wait for the right to send one request; returns the attempt's deadline from then on."""
        if self._before_request is None:
            return attempt.deadline
        before = time.monotonic()
        try:
            self._before_request(target.host_key)
        finally:
            waited = time.monotonic() - before
            attempt.began += waited
            attempt.deadline += waited
        return attempt.deadline

    def _judge(self, response: HTTPResponse, target: Target, attempt: _Attempt) -> _Body | Target:
        code = response.status
        location = response.headers.get("location")
        attempt.retry_after = retry_after_seconds(response.headers.get("retry-after"), time.time())
        if code in _REDIRECTS and location:
            _finish_if_empty(response)
            next_target = target.redirected(location)
            if soft_blocks.is_login(next_target):
                raise FetchFailure(statuses.LOGIN_REDIRECT, f"to {next_target.url}"[:200])
            return next_target
        status = _STATUSES.get(code)
        if status is None and not 200 <= code < 300:
            status = statuses.SERVER_ERROR if 500 <= code < 600 else statuses.HTTP_ERROR
        if status is not None:
            _finish_if_empty(response)
            raise FetchFailure(status, f"HTTP {code}")
        return self._image(response, attempt)

    def _image(self, response: HTTPResponse, attempt: _Attempt) -> _Body:
        """The body of an answer that says that it is one."""
        options = self._options
        opted_out = options.respect_opt_out and is_opted_out(
            response.headers.getlist("x-robots-tag")
        )
        # What a page says of itself says nothing about the image that it came for.
        if opted_out and not soft_blocks.is_text(response.headers.get("content-type", "")):
            raise FetchFailure(statuses.OPTED_OUT)
        body = read_body(
            response,
            max_bytes=options.max_bytes,
            max_decoded_bytes=options.max_decoded_bytes,
            deadline=attempt.deadline,
        )
        soft_block = soft_blocks.kind_of(body)
        if soft_block is not None or opted_out:
            raise FetchFailure(soft_block or statuses.OPTED_OUT, "no image")
        return body


def _finish_if_empty(response: HTTPResponse) -> None:
    """Read a body of no bytes, so that its connection can be used again."""
    if response.length_remaining == 0:
        response.read1(1, decode_content=False)
