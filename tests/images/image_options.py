"""Options that image tests start from; a test changes what it is about with `replace`."""

from __future__ import annotations

from influencers.images.budget.breaker import BreakerOptions
from influencers.images.decode.decoding import DecodeLimits
from influencers.images.http.client import FetchOptions
from influencers.images.schedule.concurrency import FetchingOptions
from influencers.images.schedule.retry import RetryPolicy

LIMITS = DecodeLimits(max_pixels=50_000_000, max_decoding_pixels=25_000_000, thumbnail=0)
POLICY = RetryPolicy(max_attempts=3, retry_after_seconds=900.0, max_attempts_total=8)
BREAKER = BreakerOptions(failures=20)
FETCHING = FetchingOptions(threads=16)
PATIENT = FetchOptions(
    total_seconds=30.0,
    connect_seconds=5.0,
    read_seconds=10.0,
    max_bytes=20_000_000,
    max_decoded_bytes=20_000_000,
    user_agent="influencers/0.1 (research; image features)",
    respect_opt_out=True,
    ca_bundle="",
)
