"""What the compose file promises: memory that fits, pages for this machine alone, one secret."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

import container
from submit_options import Options

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services with nothing set but the secret."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    text = re.sub(r"\$\{INFLUENCERS_SECRET:\?[^}]*\}", "0123456789abcdef", text)
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    assert "${" not in text
    found: dict[str, Any] = yaml.safe_load(text)["services"]
    return found


def test_memory_limits_hold_what_spark_offers(services: dict[str, Any]) -> None:
    worker = services["worker"]
    limit = container.megabytes(worker["mem_limit"])
    container.check_memory(worker["environment"]["SPARK_WORKER_MEMORY"], limit)
    app = services["app"]
    options = Options.parse(app["environment"]["SPARK_SUBMIT_ARGS"])
    heap = options.get("spark.driver.memory")
    assert heap
    container.check_memory(heap, container.megabytes(app["mem_limit"]))
    # What the job asks for is what a worker offers.
    offered = worker["environment"]["SPARK_WORKER_MEMORY"]
    assert options.get("--executor-memory") == offered
    for name in ("master", "history"):
        part = services[name]
        heap = part["environment"]["SPARK_DAEMON_MEMORY"]
        assert container.megabytes(part["mem_limit"]) >= 2 * container.megabytes(heap)


def test_pages_are_for_this_machine_alone(services: dict[str, Any]) -> None:
    published = [port for one in services.values() for port in one.get("ports", [])]
    assert len(published) >= 4
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_every_part_of_the_cluster_has_the_secret_and_no_more_rights_than_it_needs(
    services: dict[str, Any],
) -> None:
    for name in ("master", "worker", "app"):
        assert services[name]["environment"]["INFLUENCERS_SECRET"]
    for one in services.values():
        assert one["read_only"] and one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges:true"]
        assert "SECRET" not in shlex.join(one["command"])


def test_the_dataset_is_only_read(services: dict[str, Any]) -> None:
    for name in ("worker", "app"):
        mounted = {one["target"]: one for one in services[name]["volumes"]}
        assert mounted["/data"]["read_only"]
        assert not mounted["/out"].get("read_only")


def test_a_part_starts_after_those_it_needs_are_well(services: dict[str, Any]) -> None:
    needed = services["app"]["depends_on"]
    assert {name: one["condition"] for name, one in needed.items()} == {
        "master": "service_healthy",
        "worker": "service_healthy",
        "history": "service_started",
    }
    assert services["worker"]["depends_on"]["master"]["condition"] == "service_healthy"
