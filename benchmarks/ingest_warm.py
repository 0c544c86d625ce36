"""The jobs `ingest` and `features` twice in one session: a contender of `ingest.py`.

    python ingest_warm.py CHECKOUT posts.csv FIRST_OUTPUT SECOND_OUTPUT

Prints the seconds of the second time, with a session that is warm, as JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
import time


def main() -> None:
    """Run both jobs of a checkout, with the heap and cores that its launcher would give them."""
    checkout, source, *outputs = sys.argv[1:]
    sys.path[:0] = [f"{checkout}/lib", checkout, f"{checkout}/launch"]
    command_line = importlib.import_module("jobs.command_line")
    jobs = [importlib.import_module(f"jobs.{name}").JOB for name in ("ingest", "features")]
    machine = importlib.import_module("machine")
    session = importlib.import_module("influencers.run.session")
    heap = f"{machine.heap_mb(machine.memory_mb())}m"
    session.build_session(
        "benchmark ingest", {"spark.master": "local[*]", "spark.driver.memory": heap}
    )
    seconds = 0.0
    for output in outputs:
        began = time.perf_counter()
        for job, given in zip(jobs, (["--input", source], []), strict=True):
            asked = [*given, "--output", output]
            command_line.execute(job, command_line.read_config(job, asked))
        seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
