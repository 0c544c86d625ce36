"""Where the time of a first run goes: `make run` on the sample, stage by stage.

    PYTHONPATH=lib:. .venv/bin/python benchmarks/run.py [--rounds 3] [--input posts.csv]
    ... --baseline ../before    another checkout, in alternating rounds

Of each stage: seconds, Spark jobs and queries, tasks, seconds in which a task was running, and the
rest, in which Spark plans, compiles, commits, or waits for Python. Of the whole: processor seconds
by what took them, read from /proc by the names of threads, and the most memory of all processes
together. Event logs are on; both checkouts pay for them. Linux only.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import run_log
from images_machine import TICKS, below, machine
from ingest import ran

_ROOT = Path(__file__).resolve().parent.parent
_SETTINGS = ("--set", "models.trees=16", "--set", "models.depth=8")  # as `make run` has them
# What threads of a JVM do, by the start of their names, as the kernel cuts them.
_THREADS = (
    ("C2 Compiler", "compiling (C2)"),
    ("C1 Compiler", "compiling (C1)"),
    ("G1 ", "collecting garbage"),
    ("GC Thread", "collecting garbage"),
    ("Executor task", "tasks"),
    ("Thread-", "calls of Python: planning, commits"),
)
_PYTHON, _OTHERS = "Python", "other threads of the JVM"


@dataclass
class Processor:
    """Seconds of processor time by what took them, as last seen of each thread."""

    seen: dict[tuple[int, int], tuple[str, float]] = field(default_factory=dict)

    def totals(self) -> dict[str, float]:
        """The most first."""
        sums: dict[str, float] = defaultdict(float)
        for what, seconds in self.seen.values():
            sums[what] += seconds
        return dict(sorted(sums.items(), key=lambda item: -item[1]))

    def look(self, root: int) -> None:
        """Read all threads of a process and of those below it."""
        for process, _ in below(root):
            with contextlib.suppress(OSError):
                is_java = Path(f"/proc/{process}/comm").read_text().strip() == "java"
                for thread in Path(f"/proc/{process}/task").iterdir():
                    name, _, rest = (thread / "stat").read_text().rpartition(")")
                    ticks = sum(map(int, rest.split()[11:13]))
                    what = _what(name.partition("(")[2]) if is_java else _PYTHON
                    self.seen[process, int(thread.name)] = what, ticks / TICKS


def _what(thread: str) -> str:
    return next((what for start, what in _THREADS if thread.startswith(start)), _OTHERS)


@dataclass(frozen=True)
class Run:
    """One run: seconds of the whole and of its stages, what Spark did, and what it took."""

    seconds: float
    stages: Mapping[str, float]
    works: Mapping[str, run_log.Work]
    processor: Mapping[str, float]
    memory: int

    @property
    def jobs(self) -> int:
        """Spark jobs."""
        return sum(work.jobs for work in self.works.values())


def run(checkout: Path, folder: Path, arguments: Sequence[str]) -> Run:
    """Run the pipeline of a checkout.

    Raises:
        SystemExit: it failed.
    """
    events, output, log = folder / "events", folder / "out", folder / "log"
    events.mkdir(parents=True)
    settings = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": events.as_uri(),
    }
    options = " ".join(f"--conf {key}={value}" for key, value in settings.items())
    command = [str(checkout / "spark-submit.sh"), "pipeline", "--output", str(output)]
    # This process was started with a path to our packages: those of the checkout are meant.
    env = {"PYTHONPATH": "", "SPARK_SUBMIT_ARGS": options}
    processor = Processor()
    _, took = ran([*command, *arguments], log, env, processor.look)
    stages = json.loads((output / "metrics.json").read_text())["seconds"]
    return Run(took.seconds, stages, run_log.read(events), processor.totals(), took.memory)


def table(taken: Run) -> Iterator[str]:
    """Lines that tell a run by its stages."""
    yield "stage               s   jobs  queries  tasks  a task runs, s  rest, s"
    for name, seconds in taken.stages.items():
        work = taken.works.get(name)
        if work is None:  # no Spark job, or a version whose jobs do not say of which stage they are
            yield f"{name:<14}{seconds:>7.1f}"
            continue
        busy = work.busy_seconds
        yield (
            f"{name:<14}{seconds:>7.1f}{work.jobs:>7}{work.queries:>9}{work.tasks:>7}"
            f"{busy:>16.1f}{seconds - busy:>9.1f}"
        )
    yield f"{'whole':<14}{taken.seconds:>7.1f}{taken.jobs:>7}"
    for what, seconds in taken.processor.items():
        yield f"  processor seconds, {what}: {seconds:.0f}"
    yield f"  most memory of all processes: {taken.memory / 1e9:.1f} GB"


def main(arguments: Sequence[str] | None = None) -> None:
    """Read what to measure, measure it, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--baseline", type=Path, help="another checkout")
    parser.add_argument("--input", action="append", default=[], help="posts, instead of the sample")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    chosen = parser.parse_args(arguments)
    given = [word for path in chosen.input for word in ("--input", path)]
    given += [*_SETTINGS, *(word for setting in chosen.set for word in ("--set", setting))]
    checkouts = {"ours": _ROOT} | ({"baseline": chosen.baseline} if chosen.baseline else {})
    print(machine(), flush=True)
    runs: dict[str, list[Run]] = {name: [] for name in checkouts}
    for number in range(1, chosen.rounds + 1):
        for name, checkout in checkouts.items():
            with tempfile.TemporaryDirectory(prefix="benchmark-run-") as folder:
                runs[name].append(run(checkout, Path(folder), given))
            print(f"round {number}, {name}:", *table(runs[name][-1]), sep="\n", flush=True)
    for name, taken in runs.items():
        seconds = [one.seconds for one in taken]
        print(f"{name}: median {statistics.median(seconds):.1f} s, {taken[-1].jobs} Spark jobs")
    if chosen.baseline:
        pairs = zip(runs["ours"], runs["baseline"], strict=True)
        ratios = [ours.seconds / before.seconds for ours, before in pairs]
        print(f"ours / baseline: median {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
