"""From posts.csv to post features and accounts: ours beside other ways, and beside a commit before.

    PYTHONPATH=lib:. .venv/bin/python benchmarks/ingest.py [--posts 100000] [--rounds 3]
    ... --baseline ../before    another checkout, with its own .venv and .jars
    ... --only ours polars      some of the contenders
    ... --only ours --files 10000       many small files

Posts are generated, a hundred an account, one in a hundred crawled twice, none of them spoilt: all
contenders read the same file. In alternating rounds, each in processes of its own:

- ours: the jobs `ingest` and `features`, started one after the other as a user starts them. They
  make more than the others: the table posts with hashtags and mentions, the quarantine, emoji
  counts, metrics and manifest, all in tables that a killed writer leaves whole;
- ours-warm: both jobs a second time in one session, into a fresh output; only the second time
  counts, and neither the start of Python nor of Spark;
- baseline, baseline-warm: the same of the checkout that `--baseline` names;
- pandas, polars, duckdb: the same columns in Parquet but for emoji counts, which not all of them
  can count: the latest crawl of each post, history, accounts;
- spark-simple, pandas-simple: what a few lines make, without history and without looking for
  later crawls.

After the first round each output is compared with ours, column by column. Memory is of all
processes of a contender at their most filled moment; pages that two of them share count twice.
`--python` names another Python that has pandas, polars, DuckDB and `regex`, where this one has
not. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from images_machine import machine, peak_memory, watched
from ingest_check import compare
from ingest_task import Task

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parent
_POSTS_OF_AN_ACCOUNT = 100
_JOBS = ("ingest", "features")
_LIBRARIES = ("pandas", "polars", "duckdb", "pandas-simple")
_NAMES = ("ours", "ours-warm", "baseline", "baseline-warm", "spark-simple", *_LIBRARIES)


@dataclass(frozen=True)
class Took:
    """What a contender took of one round.

    Attributes:
        seconds: of the whole.
        memory: bytes of all its processes together, at most.
        stages: seconds of its parts by its own record, of ours alone.
    """

    seconds: float
    memory: int
    stages: dict[str, float] = field(default_factory=dict)


def ran(
    command: Sequence[str],
    log: Path,
    more: Mapping[str, str],
    look: Callable[[int], None] = lambda process: None,
) -> tuple[str, Took]:
    """What a command printed and took; what it wrote to stderr is in `log`.

    Args:
        command: its words.
        log: a file that is added to.
        more: what its environment has beside ours.
        look: is given the process again and again while it runs.

    Raises:
        SystemExit: it failed.
    """
    began = time.perf_counter()
    with log.open("a") as said, subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=said, text=True, env={**os.environ, **more}
    ) as process, peak_memory(process.pid) as peak, watched(lambda: look(process.pid)):  # fmt: skip
        printed, _ = process.communicate()
        seconds = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{command[0]} failed:\n{printed[-1000:]}{log.read_text()[-3000:]}")
    return printed, Took(seconds, peak.bytes)


def cold(checkout: Path, source: Path, output: Path, log: Path) -> Took:
    """Both jobs of a checkout, each a process."""
    parts = []
    for job in _JOBS:
        given = ["--input", str(source)] if job == "ingest" else []
        command = [str(checkout / "spark-submit.sh"), job, *given, "--output", str(output)]
        # This process was started with a path to our packages: those of the checkout are meant.
        parts.append(ran(command, log, {"PYTHONPATH": ""})[1])
    stages = json.loads((output / "metrics.json").read_text())["seconds"]
    return Took(
        seconds=sum(part.seconds for part in parts),
        memory=max(part.memory for part in parts),
        stages={job: stages[job] for job in _JOBS},
    )


def warm(checkout: Path, source: Path, output: Path, log: Path) -> Took:
    """Both jobs of a checkout, the second time in one session."""
    own = checkout / ".venv" / "bin" / "python"
    python = str(own) if own.exists() else sys.executable
    first = output.with_name(f"{output.name}-first")
    script = str(_HERE / "ingest_warm.py")
    command = [python, script, str(checkout), str(source), str(first), str(output)]
    printed, took = ran(command, log, {"PYTHONPATH": ""})
    shutil.rmtree(first)
    return Took(json.loads(printed.splitlines()[-1])["seconds"], took.memory)


def peer(name: str, python: str, task: Task, log: Path) -> Took:
    """A library, in a process of its own."""
    script = _HERE / f"ingest_{name.replace('-', '_')}.py"
    return ran([python, str(script), task.argument()], log, {})[1]


@dataclass(frozen=True)
class Bench:
    """A file of posts, and how contenders are run on it."""

    chosen: argparse.Namespace
    source: Path
    folder: Path

    def run(self, name: str, number: int) -> Took:
        """One round of a contender."""
        output, log = self.output(name, number), self.folder / f"{name}.log"
        way, _, is_warm = name.partition("-")
        if way in ("ours", "baseline"):
            checkout = _ROOT if way == "ours" else self.chosen.baseline
            return (warm if is_warm else cold)(checkout, self.source, output, log)
        python = self.chosen.python if name in _LIBRARIES else sys.executable
        return peer(name, python, task(self.source, output), log)

    def output(self, name: str, number: int) -> Path:
        """Where a round of a contender writes."""
        return self.folder / f"{name}-{number}"


def task(source: Path, output: Path) -> Task:
    """What libraries are to make: with the settings that ours has by default."""
    from influencers.config import FeaturesConfig

    settings = FeaturesConfig()
    return Task(str(source), str(output), settings.history_posts, settings.tier_edges)


def make_posts(posts: int, folder: Path) -> Path:
    """A file of so many posts."""
    from influencers.config import GenerateConfig
    from influencers.synthetic import generate

    accounts = max(100, posts // _POSTS_OF_AN_ACCOUNT)
    options = GenerateConfig(posts=posts, accounts=accounts, images=0, bad_share=0.0)
    generate(folder, options)
    return folder / "posts.csv"


def in_files(source: Path, number: int) -> Path:
    """The same records in a folder of so many files, each with a header."""
    folder = source.with_name("files")
    folder.mkdir()
    with source.open(newline="", encoding="utf-8") as text:
        reader = csv.reader(text)
        header = next(reader)
        records = list(reader)
    for place in range(number):
        some = records[place * len(records) // number : (place + 1) * len(records) // number]
        with (folder / f"{place}.csv").open("w", newline="", encoding="utf-8") as target:
            csv.writer(target).writerows([header, *some])
    return folder


def measure(bench: Bench) -> dict[str, list[Took]]:
    """All rounds; the outputs of the first are compared."""
    names = bench.chosen.only
    found: dict[str, list[Took]] = {name: [] for name in names}
    for number in range(1, bench.chosen.rounds + 1):
        for name in names:
            took = bench.run(name, number)
            found[name].append(took)
            parts = "".join(f", {part} {spent:.1f}" for part, spent in took.stages.items())
            print(f"round {number}: {name} {took.seconds:.1f} s{parts}", flush=True)
        if number == 1:
            show_differences(bench)
        if not bench.chosen.folder:
            for name in names:
                shutil.rmtree(bench.output(name, number))
    return found


def show_differences(bench: Bench) -> None:
    """Print what the first outputs say otherwise than ours."""
    names = bench.chosen.only
    ours = next((name for name in names if name.startswith("ours")), None)
    if ours is None:
        print("not compared: ours was not run")
        return
    print(f"compared with {ours}, fractions within a relative 1e-9 and an absolute 1e-12:")
    for name in names:
        if name != ours:
            for comparison in compare(bench.output(ours, 1), bench.output(name, 1)):
                print(f"  {name:<14} {comparison.line()}", flush=True)


def report(found: Mapping[str, list[Took]], posts: int) -> None:
    """Print medians, and the medians of the ratios of each round."""
    ours = [name for name in ("ours", "ours-warm") if name in found]
    print(f"{posts:,} records:   median s        range   records/s   GB"
          + "".join(f"   / {name}" for name in ours))  # fmt: skip
    for name, rounds in found.items():
        seconds = sorted(took.seconds for took in rounds)
        middle = statistics.median(seconds)
        memory = max(took.memory for took in rounds) / 1e9
        ratios = ""
        for one in ours:
            pairs = zip(rounds, found[one], strict=True)
            ratio = statistics.median(took.seconds / base.seconds for took, base in pairs)
            ratios += f"{ratio:>{len(one) + 5}.2f}"
        print(f"{name:<15} {middle:>13.1f} {seconds[0]:>6.1f} - {seconds[-1]:<6.1f}"
              f"{posts / middle:>9,.0f} {memory:>4.1f}{ratios}")  # fmt: skip
        for part in rounds[0].stages:
            spent = statistics.median(took.stages[part] for took in rounds)
            print(f"  {part:<13} {spent:>13.1f}")


@contextmanager
def working_folder(named: Path | None) -> Iterator[Path]:
    """The folder for all files: the named one, which stays, or one for the block."""
    if named:
        named.mkdir(parents=True)
        yield named.resolve()
    else:
        with tempfile.TemporaryDirectory(prefix="benchmark-ingest-") as folder:
            yield Path(folder)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read what to measure, measure it, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, nargs="+", default=[100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=_NAMES, metavar="NAME", default=list(_NAMES),
                        help=f"contenders: {', '.join(_NAMES)}")  # fmt: skip
    parser.add_argument("--baseline", type=Path, help="another checkout of this project")
    parser.add_argument("--folder", type=Path, help="a new folder that keeps all files")
    parser.add_argument("--python", default=sys.executable, help="of pandas, polars and DuckDB")
    parser.add_argument("--files", type=int, help="write the posts into so many files, for ours")
    chosen = parser.parse_args(arguments)
    if chosen.baseline:
        chosen.baseline = chosen.baseline.resolve()
    else:
        chosen.only = [name for name in chosen.only if not name.startswith("baseline")]
    print(machine())
    with working_folder(chosen.folder) as folder:
        for posts in sorted(chosen.posts):
            place = folder / f"{posts}-posts"
            source = make_posts(posts, place / "sample")
            print(f"{posts:,} records, {source.stat().st_size / 1e6:.0f} MB", flush=True)
            if chosen.files:
                source = in_files(source, chosen.files)
            report(measure(Bench(chosen, source, place)), posts)


if __name__ == "__main__":
    main()
