"""What the next crawl costs when an output holds many: the last of many files against the first.

    PYTHONPATH=lib:. .venv/bin/python benchmarks/crawls.py [--posts 100000] [--crawls 100]

Two kinds of archive: `same`, in which each file has the same posts again, and `new`, in which each
has posts that no other has. The archive is made by one run over all files but the last. Then, in
turn, the first file goes into an empty output, and the last into a copy of the archive. Both are
`ingest` alone, cold, as a user runs it. At last `features` and `growth` run on all of `same`.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

from images_machine import machine
from ingest import Took, ran

ROOT = Path(__file__).resolve().parent.parent
_POSTS_OF_AN_ACCOUNT = 100
_FIRST_DAY = date(2025, 1, 1)
_DATED = ["--set", "ingest.crawled_at_pattern={date}.csv"]


def same_posts(posts: int, crawls: int, folder: Path) -> list[Path]:
    """Files of crawls a day apart, each with all posts that were there."""
    from influencers.config import GenerateConfig
    from influencers.synthetic import generate

    accounts = max(100, posts // _POSTS_OF_AN_ACCOUNT)
    generate(folder, GenerateConfig(posts=posts, accounts=accounts, images=0, crawls=crawls))
    return sorted((folder / "crawls").glob("*.csv"))


def new_posts(posts: int, crawls: int, folder: Path) -> list[Path]:
    """Files of crawls a day apart, each with posts of its own."""
    from influencers.config import GenerateConfig
    from influencers.synthetic import generate

    accounts = max(100, posts // _POSTS_OF_AN_ACCOUNT)
    named = []
    for number in range(crawls):
        made = folder / "made"
        generate(made, GenerateConfig(posts=posts, accounts=accounts, images=0, seed=number))
        day = _FIRST_DAY + timedelta(days=number)
        named.append((made / "posts.csv").rename(folder / f"{day}.csv"))
    return named


def submitted(job: str, output: Path, log: Path, more: Sequence[str] = ()) -> Took:
    """Run a job."""
    command = [str(ROOT / "spark-submit.sh"), job, "--output", str(output), *more]
    return ran(command, log, {})[1]


def ingested(files: Sequence[Path], output: Path, log: Path, more: Sequence[str]) -> Took:
    """Run ingest over files."""
    return submitted("ingest", output, log, ["--input", *map(str, files), *more])


def compare(kind: str, files: Sequence[Path], folder: Path, rounds: int) -> None:
    """Print what the first file and the last one take."""
    log, archive = folder / "log", folder / "archive"
    more = _DATED if kind == "new" else []
    made = ingested(files[:-1], archive, log, more)
    print(f"{kind}: {len(files) - 1} files at once {shown([made])}", flush=True)
    first: list[Took] = []
    last: list[Took] = []
    for _ in range(rounds):
        for taken, some, before in ((first, files[:1], None), (last, files[-1:], archive)):
            output = folder / "out"
            shutil.rmtree(output, ignore_errors=True)
            if before is not None:
                shutil.copytree(before, output)
            taken.append(ingested(some, output, log, more))
    ratio = middle(last) / middle(first)
    print(f"{kind}: the first file {shown(first)}")
    print(f"{kind}: file {len(files)} {shown(last)}: {ratio:.2f} times the first", flush=True)
    if kind == "same":
        for job in ("features", "growth"):
            print(f"{kind}: {job} {shown([submitted(job, folder / 'out', log)])}", flush=True)


def middle(taken: Sequence[Took]) -> float:
    """The median of seconds."""
    return statistics.median(one.seconds for one in taken)


def shown(taken: Sequence[Took]) -> str:
    """Seconds and memory, in words."""
    spread = ", ".join(f"{one.seconds:.1f}" for one in taken)
    return f"{middle(taken):.1f} s ({spread}), {max(one.memory for one in taken) / 1e9:.1f} GB"


def main(arguments: Iterable[str] | None = None) -> None:
    """Read what to measure, measure it, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=100_000, help="in each file")
    parser.add_argument("--crawls", type=int, default=100, help="files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=["same", "new"], default=["same", "new"])
    chosen = parser.parse_args(arguments)
    print(machine())
    for kind in chosen.kinds:
        with tempfile.TemporaryDirectory(prefix="benchmark-crawls-") as folder:
            make = same_posts if kind == "same" else new_posts
            files = make(chosen.posts, chosen.crawls, Path(folder))
            compare(kind, files, Path(folder), chosen.rounds)


if __name__ == "__main__":
    main()
