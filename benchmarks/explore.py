"""The job `explore`, beside that of a commit before, on the same tables; and whether both agree.

    PYTHONPATH=lib:. .venv/bin/python benchmarks/explore.py [--posts 100000] [--rounds 3]
    ... --baseline ../before    another checkout, with its own .venv and .jars

Posts are generated, a hundred an account, and described once by this checkout. Then both explore
copies of these tables in alternating rounds, each in a process of its own, started as a user starts
it. Seconds are of the whole process, of which the start of Python and Spark is a part.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from images_machine import machine
from ingest import make_posts, ran

_ROOT = Path(__file__).resolve().parent.parent


def job(checkout: Path, *arguments: str, log: Path) -> float:
    """The seconds that a job of a checkout takes."""
    command = [str(checkout / "spark-submit.sh"), *arguments]
    # This process was started with a path to our packages: those of the checkout are meant.
    return ran(command, log, {"PYTHONPATH": ""})[1].seconds


def described(posts: int, folder: Path, log: Path) -> Path:
    """An output with the tables that explore reads."""
    output = folder / "described"
    source = make_posts(posts, folder / "sample")
    job(_ROOT, "ingest", "--input", str(source), "--output", str(output), log=log)
    job(_ROOT, "features", "--output", str(output), log=log)
    return output


def measure(checkouts: dict[str, Path], posts: int, rounds: int, folder: Path) -> None:
    """Print what each round takes, the medians, and in what the outputs differ."""
    from supply.compare_outputs import differences

    log = folder / "log"
    tables = described(posts, folder, log)
    outputs = {name: shutil.copytree(tables, folder / name) for name in checkouts}
    took: dict[str, list[float]] = {name: [] for name in checkouts}
    for number in range(1, rounds + 1):
        for name, checkout in checkouts.items():
            took[name].append(job(checkout, "explore", "--output", str(outputs[name]), log=log))
            print(f"round {number}: {name} {took[name][-1]:.1f} s", flush=True)
    for name, seconds in took.items():
        print(f"{posts:,} posts, {name}: median {statistics.median(seconds):.1f} s")
    if "baseline" in took:
        ratios = [a / b for a, b in zip(took["baseline"], took["ours"], strict=True)]
        print(f"baseline / ours: median {statistics.median(ratios):.2f}")
        print("\n".join(differences(*outputs.values())) or "the outputs agree")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read what to measure, and measure it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, nargs="+", default=[100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--baseline", type=Path, help="another checkout of this project")
    chosen = parser.parse_args(arguments)
    checkouts = {"ours": _ROOT}
    if chosen.baseline:
        checkouts["baseline"] = chosen.baseline.resolve()
    print(machine())
    for posts in sorted(chosen.posts):
        with tempfile.TemporaryDirectory(prefix="benchmark-explore-") as folder:
            measure(checkouts, posts, chosen.rounds, Path(folder))


if __name__ == "__main__":
    main()
