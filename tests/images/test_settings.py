"""Image settings as people write them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from influencers.config import ImagesConfig
from influencers.errors import UserError
from influencers.images import settings
from influencers.images.budget.book import HostLimits


def made(**changes: Any) -> None:
    config = dataclasses.replace(ImagesConfig(), **changes)
    settings.budget_options(config)
    settings.fetch_task(config, budget_address=("127.0.0.1", 1), secret=b"s")


def test_what_is_shipped_can_be_read() -> None:
    made()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"host_limits": ("one.example",)}, "host_limits"),
        ({"host_limits": ("one.example=fast/2",)}, "host_limits"),
        ({"connect_to": ("one.example=127.0.0.1",)}, "connect_to"),
        ({"connect_to": ("one.example:80=two.example:80",)}, "connect_to"),
        ({"connect_to": ("one.example:80=127.0.0.1:0",)}, "connect_to"),
        ({"allow_hosts": ("http://one.example/",)}, "http://one.example/"),
        ({"ca_bundle": "/no/such.pem"}, "/no/such.pem"),
        ({"user_agent": "caf\u00e9"}, "user agent"),
        ({"threads": 0}, "images.threads"),
        ({"deadline_seconds": 0.0}, "images.deadline_seconds"),
    ],
)
def test_what_cannot_be_read_is_named(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        made(**changes)


def test_single_hosts_have_limits_of_their_own() -> None:
    config = ImagesConfig(host_limits=("One.example=2.5/3", "two.example:8080=0/1"))
    options = settings.budget_options(config)
    assert options.of("one.example:443") == HostLimits(2.5, 3)
    assert options.of("two.example:8080") == HostLimits(0.0, 1)
    assert options.of("two.example:80") == HostLimits(20.0, 8)
