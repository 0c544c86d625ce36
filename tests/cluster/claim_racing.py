"""Threads of one process that run for an output each time a dead claim lies there.

claim_racing.py SETTINGS.json ROUNDS.json NAME

ROUNDS.json has `outputs`, an output a round, `folder`, where racers of all processes meet, and
`racers`, how many threads each process has. What comes of it is in FOLDER/NAME.json: a list a
round, with `won` or the error's text for each thread.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyspark.sql import SparkSession

from influencers.config import Config, PathsConfig
from influencers.errors import UserError
from influencers.run.session import build_session
from influencers.storage import claim

SECONDS = 120.0


def wait_for(files: list[Path]) -> None:
    """Until all files are there; a short pause, so that racers start within a millisecond."""
    deadline = time.monotonic() + SECONDS
    while not all(one.exists() for one in files):
        if time.monotonic() > deadline:
            raise TimeoutError(str(files))
        time.sleep(0.0005)


def race(spark: SparkSession, output: str, over: Path, report: Path) -> str:
    """Claim the output, and hold it until all others have tried."""
    config = dataclasses.replace(Config(), paths=PathsConfig(output=output))
    try:
        with claim.held(spark, config, "race"):
            report.touch()
            wait_for([over])
            claim.check(config)
            return "won"
    except UserError as error:
        report.touch()
        return str(error)


def main(settings: Path, rounds: Path, name: str) -> None:
    """Runs all rounds."""
    given = json.loads(rounds.read_text())
    folder, racers = Path(given["folder"]), int(given["racers"])
    spark = build_session("racing", json.loads(settings.read_text()))
    start = threading.Barrier(racers)
    outcomes = []

    def run(number: int, output: str, racer: int) -> str:
        if racer == 0:
            (folder / f"ready-{number}-{name}").touch()
        wait_for([folder / f"go-{number}"])
        start.wait()
        return race(spark, output, folder / f"over-{number}", folder / f"{number}-{name}-{racer}")

    with ThreadPoolExecutor(racers) as pool:
        for number, output in enumerate(given["outputs"]):
            calls = [pool.submit(run, number, output, racer) for racer in range(racers)]
            outcomes.append([call.result() for call in calls])
    spark.stop()
    (folder / f"{name}.json").write_text(json.dumps(outcomes))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
