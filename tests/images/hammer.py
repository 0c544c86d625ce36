"""One worker process: asks one host as often as it is let, then says when each request started.

    hammer.py BUDGET_PORT SECRET HOST SECONDS|hang

`hang`: every request stays under way for ever.
"""

from __future__ import annotations

import itertools
import json
import sys
import time

from counting_server import Answer, get
from influencers.images.budget.client import BudgetClient
from influencers.images.budget.request_leases import RequestLeases
from influencers.images.schedule.fetching import FetchingOptions, Row, fetch_all


def main() -> None:
    port, secret, host, seconds = sys.argv[1:]
    starts: list[float] = []

    def fetch(url: str) -> Answer:
        starts.append(time.monotonic())
        if seconds == "hang":
            sys.stdout.write("started\n")
            sys.stdout.flush()
            time.sleep(1000)
        return get(url)

    client = BudgetClient(("127.0.0.1", int(port)), secret.encode())
    rows = (Row(str(n), f"http://{host}/{n}", host, 0) for n in itertools.count())
    end = time.monotonic() + (1000 if seconds == "hang" else float(seconds))
    for _ in fetch_all(
        rows, fetch, RequestLeases(client), FetchingOptions(threads=16, late_seconds=0.015),
        next_step=lambda row, answer, tries: None, done=lambda row, answer: answer.status,
        unavailable=lambda row, seconds: "host_unavailable",
    ):  # fmt: skip
        if time.monotonic() > end:
            break
    client.close()
    sys.stdout.write(json.dumps(starts))


if __name__ == "__main__":
    main()
