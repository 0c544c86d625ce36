"""Four threads that create the same object at once, in each round another: who did it, as JSON.

racing.py SETTINGS.json s3a://BUCKET/FOLDER
"""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from influencers.run.session import build_session
from influencers.storage import files

RACERS, ROUNDS = 4, 8


def main(settings: Path, folder: str) -> None:
    """Races, and tells on stdout."""
    spark = build_session("racing", json.loads(settings.read_text()))
    start = threading.Barrier(RACERS)

    def create(name: str, racer: int) -> bool:
        start.wait()
        return files.create_text(spark, name, f"by {racer}")

    with ThreadPoolExecutor(RACERS) as racers:
        rounds = [
            list(racers.map(create, [f"{folder}/{number}"] * RACERS, range(RACERS)))
            for number in range(ROUNDS)
        ]
    spark.stop()
    sys.stdout.write(json.dumps(rounds))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
