"""Whether the part of a cluster that runs in this container does its work: exit status 0 or 1.

A master is well when it is in charge, a worker when a master has taken it on, a history server when
it answers. A job has no page that must be there: it ends by itself.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from container import ROLE_FILE

# The port's variable, its default, the page, and what it says when all is well.
Check = tuple[str, str, str, Callable[[Any], bool]]
CHECKS: dict[str, Check] = {
    "master": ("SPARK_MASTER_WEBUI_PORT", "8080", "/json/", lambda it: it["status"] == "ALIVE"),
    "worker": ("SPARK_WORKER_WEBUI_PORT", "8081", "/json/", lambda it: bool(it["masterwebuiurl"])),
    "history": ("SPARK_HISTORY_PORT", "18080", "/api/v1/version", lambda it: "spark" in it),
}


def main() -> int:
    """Asks, and says what is wrong."""
    try:
        role = ROLE_FILE.read_text(encoding="utf-8")
    except OSError:
        role = "job"
    try:
        well = is_well(role, os.environ)
    except (OSError, ValueError, KeyError) as error:
        print(f"{role}: {error}", file=sys.stderr)
        return 1
    if not well:
        print(f"{role}: up, but not in service", file=sys.stderr)
    return 0 if well else 1


def is_well(role: str, env: Mapping[str, str]) -> bool:
    """Whether a container of this role does its work."""
    if role not in CHECKS:
        return True
    variable, usual, page, answers = CHECKS[role]
    # Where SPARK_LOCAL_IP names one address, the pages are there and nowhere else.
    host = env.get("SPARK_LOCAL_IP") or "127.0.0.1"
    url = f"http://{host}:{env.get(variable) or usual}{page}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=4) as answer:
        return answers(json.load(answer))


if __name__ == "__main__":
    sys.exit(main())
