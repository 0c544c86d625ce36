"""What each stage of the pipeline takes of posts, but for their images: for sizing a cluster.

    PYTHONPATH=lib:. .venv/bin/python benchmarks/pipeline.py [--posts 20000 200000]

Posts are generated, a hundred an account, and the pipeline runs over each number of them as a user
runs it, with its default settings and without fetching: `benchmarks/images.py` and
`benchmarks/duplicates.py` measure images. Of two numbers the difference is told for a million
posts: what is the same for both is the fixed part, Spark and Delta planning many small jobs.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from images_machine import machine
from ingest import ran

ROOT = Path(__file__).resolve().parent.parent
_POSTS_OF_AN_ACCOUNT = 100


@dataclass(frozen=True)
class Run:
    """What a run took: seconds of each stage and of the whole, and bytes held at once at most."""

    stages: dict[str, float]
    whole: float
    memory: int
    bytes_in: int


def measured(posts: int, folder: Path, more: Iterable[str]) -> Run:
    """Run the pipeline over so many posts."""
    from influencers.config import GenerateConfig
    from influencers.synthetic import generate

    sample, out = folder / f"sample-{posts}", folder / f"out-{posts}"
    accounts = max(100, posts // _POSTS_OF_AN_ACCOUNT)
    generate(sample, GenerateConfig(posts=posts, accounts=accounts, images=0))
    source = sample / "posts.csv"
    command = [str(ROOT / "spark-submit.sh"), "pipeline", "--input", str(source)]
    command += ["--output", str(out), "--set", "images.enabled=false", *more]
    took = ran(command, folder / f"log-{posts}", {})[1]
    stages = json.loads((out / "metrics.json").read_text())["seconds"]
    return Run(stages, took.seconds, took.memory, source.stat().st_size)


def main(arguments: Iterable[str] | None = None) -> None:
    """Read what to measure, measure it, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    chosen = parser.parse_args(arguments)
    more = [word for one in chosen.set for word in ("--set", one)]
    print(machine())
    runs: dict[int, Run] = {}
    with tempfile.TemporaryDirectory(prefix="benchmark-pipeline-") as folder:
        for posts in sorted(chosen.posts):
            run = runs[posts] = measured(posts, Path(folder), more)
            print(f"{posts:,} posts ({run.bytes_in / 1e6:.0f} MB): {run.whole:.0f} s in all, at "
                  f"most {run.memory / 1e9:.1f} GB in all processes", flush=True)  # fmt: skip
            for stage, took in run.stages.items():
                print(f"  {stage:<12} {took:8.1f} s", flush=True)
    for (few, small), (many, large) in itertools.pairwise(runs.items()):
        print(f"from {few:,} to {many:,} posts, a million more take")
        for stage, took in large.stages.items():
            each = (took - small.stages.get(stage, 0.0)) / (many - few) * 1e6
            print(f"  {stage:<12} {each:8.0f} s")


if __name__ == "__main__":
    main()
