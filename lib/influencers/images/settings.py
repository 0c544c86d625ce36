"""The image settings as the parts of the stage want them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from influencers.config import ImagesConfig
from influencers.errors import UserError
from influencers.images.budget.book import BudgetOptions, HostLimits
from influencers.images.budget.breaker import BreakerOptions
from influencers.images.decode.decoding import DecodeLimits
from influencers.images.fetch_task import FetchTask
from influencers.images.http.addresses import AllowedHosts, detours
from influencers.images.http.client import FetchOptions
from influencers.images.http.tls import check_authorities
from influencers.images.schedule.fetching import FetchingOptions
from influencers.images.schedule.retry import RetryPolicy

_HOST_LIMIT = re.compile(r"([^=\s]+)=([0-9]+(?:\.[0-9]+)?)/([0-9]+)")


def budget_options(config: ImagesConfig) -> BudgetOptions:
    """What hosts bear.

    Raises:
        UserError: an entry of `host_limits` does not read `host=PER_SECOND/CONNECTIONS`.
    """
    return BudgetOptions(
        limits=HostLimits(config.requests_per_second, config.connections_per_host),
        hosts=dict(_host_limit(text) for text in config.host_limits),
        breaker=BreakerOptions(failures=config.breaker_failures),
        # A request that lives longer has ended with its worker.
        lease_seconds=2 * config.deadline_seconds + 60,
    )


def fetch_task(
    config: ImagesConfig, *, budget_address: tuple[str, int], secret: bytes,
    placeholders: Iterable[str] = (),
) -> FetchTask:  # fmt: skip
    """What every task is sent; what no task could use is found out here.

    Args:
        config: what hosts bear, and how images are asked for.
        budget_address: host and port of the budget server.
        secret: shared with it.
        placeholders: SHA-256 of known placeholders, in hexadecimal digits.

    Raises:
        UserError: hosts, detours, the user agent or the certificates cannot be read.
    """
    AllowedHosts.parse(config.allow_hosts)
    detours(config.connect_to)
    check_authorities(config.ca_bundle)
    return FetchTask(
        budget_address=budget_address,
        secret=secret,
        fetch=fetch_options(config),
        policy=retry_policy(config),
        limits=decode_limits(config),
        scheduling=FetchingOptions(threads=config.threads),
        placeholders=frozenset(placeholders),
        allow_hosts=config.allow_hosts,
        connect_to=config.connect_to,
    )


def retry_policy(config: ImagesConfig) -> RetryPolicy:
    """When an image is asked for again."""
    return RetryPolicy(
        max_attempts=config.attempts_per_run,
        max_attempts_total=config.max_attempts_total,
        retry_after_seconds=config.retry_after_seconds,
    )


def fetch_options(config: ImagesConfig) -> FetchOptions:
    """The limits of one attempt."""
    return FetchOptions(
        total_seconds=config.deadline_seconds,
        connect_seconds=config.connect_seconds,
        read_seconds=config.read_seconds,
        max_bytes=config.max_bytes,
        max_decoded_bytes=config.max_bytes,
        user_agent=config.user_agent,
        respect_opt_out=config.respect_opt_out,
        ca_bundle=config.ca_bundle,
    )


def decode_limits(config: ImagesConfig) -> DecodeLimits:
    """What decoding an image may cost."""
    return DecodeLimits(
        max_pixels=config.max_pixels,
        max_decoding_pixels=config.max_decoding_pixels,
        thumbnail=config.thumbnail,
    )


def _host_limit(text: str) -> tuple[str, HostLimits]:
    match = _HOST_LIMIT.fullmatch(text.strip())
    if match is None:
        raise UserError(
            f"images.host_limits: {text!r} does not read host=PER_SECOND/CONNECTIONS, "
            "as in images.example.org=5/2"
        )
    host, rate, connections = match.groups()
    return host.lower(), HostLimits(float(rate), int(connections))
