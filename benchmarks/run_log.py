"""What Spark's event log says of a run: jobs, tasks, and when any task was running."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Jobs carry the stage of the pipeline that they are of (`influencers.progress`).
STAGE = "influencers.stage"
UNKNOWN = "-"


@dataclass
class Work:
    """What Spark did for a stage of the pipeline.

    Attributes:
        jobs: Spark jobs.
        queries: SQL queries that began; a query of a cached frame is one of its own.
        busy: for each task the milliseconds when it began and ended.
    """

    jobs: int = 0
    queries: int = 0
    busy: list[tuple[int, int]] = field(default_factory=list)

    @property
    def tasks(self) -> int:
        """Tasks that ended."""
        return len(self.busy)

    @property
    def busy_seconds(self) -> float:
        """While at least one task was running."""
        return covered(self.busy) / 1000


def covered(spans: Iterable[tuple[int, int]]) -> int:
    """How much of a line the spans cover together.

    >>> covered([(5, 7), (0, 3), (1, 2), (2, 4)])
    6
    """
    total, reached = 0, -1
    for start, end in sorted(spans):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total


def read(folder: Path) -> dict[str, Work]:
    """The work of each stage, by the logs below a folder.

    Versions whose jobs do not carry a stage have all of theirs under `UNKNOWN`.
    """
    works: dict[str, Work] = defaultdict(Work)
    of_spark_stage: dict[int, str] = {}
    queries: set[str] = set()
    for event in _events(folder):
        kind = event["Event"].rpartition(".")[2]
        if kind == "SparkListenerJobStart":
            properties = event.get("Properties") or {}
            stage = properties.get(STAGE, UNKNOWN)
            works[stage].jobs += 1
            of_spark_stage.update(dict.fromkeys(event["Stage IDs"], stage))
            query = properties.get("spark.sql.execution.id")
            if query is not None and query not in queries:
                queries.add(query)
                works[stage].queries += 1
        elif kind == "SparkListenerTaskEnd":
            task = event["Task Info"]
            works[of_spark_stage.get(event["Stage ID"], UNKNOWN)].busy.append(
                (task["Launch Time"], task["Finish Time"])
            )
    return dict(works)


def _events(folder: Path) -> Iterator[dict[str, Any]]:
    for log in sorted(folder.rglob("events_*")):
        with log.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
