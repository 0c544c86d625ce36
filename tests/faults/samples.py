"""Small input for runs that are disturbed."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from influencers import tables
from influencers.config import Config, load

HOST = "images.example"


@dataclass(frozen=True)
class Sample:
    """Posts in two files, each with some of the other's posts, and settings for small runs."""

    files: tuple[Path, Path]
    settings: tuple[str, ...]

    def config(self, output: Path, files: Sequence[Path] | None = None) -> Config:
        """The configuration of a run over both files, or the given ones."""
        inputs = [str(file) for file in self.files if files is None or file in files]
        config = load(None, [*self.settings, f"paths.output={output}"])
        return replace(config, paths=replace(config.paths, input=tuple(inputs)))

    def arguments(self, job: str, config: Config) -> list[str]:
        """The same on a job's command line."""
        sets = [word for one in self.settings for word in ("--set", one)]
        files = ["--input", *config.paths.input] if job in ("ingest", "pipeline") else []
        return ["--output", config.paths.output, *sets, *files]


def halves(posts: Path) -> tuple[Path, Path]:
    """A file of posts in two, each with some of the other's records."""
    files = (posts.with_name("first.csv"), posts.with_name("second.csv"))
    # Bytes stay as they are: some records are in another encoding.
    with posts.open(newline="", encoding="latin-1") as source:
        header, *records = csv.reader(source)
    half, overlap = len(records) // 2, len(records) // 20
    for file, some in zip(files, (records[: half + overlap], records[half:]), strict=True):
        with file.open("w", newline="", encoding="latin-1") as target:
            csv.writer(target).writerows([header, *some])
    return files


def copied(finished: Config, output: Path, sample: Sample) -> Config:
    """A copy of an output, for a run over both files."""
    shutil.copytree(finished.paths.output, output)
    return sample.config(output)


def tables_of(job: str) -> list[str]:
    """The tables that a job makes."""
    return [name for name, maker in tables._MADE_BY.items() if maker == job]


def begun(job: str, old: Config, new: Config, sample: Sample, output: Path) -> Config:
    """An output in which the job has still to be run: its own tables are the old ones."""
    config = copied(new, output, sample)
    for name in tables_of(job):
        shutil.rmtree(output / "tables" / name, ignore_errors=True)
        source = Path(old.paths.output, "tables", name)
        if source.exists():
            shutil.copytree(source, output / "tables" / name)
    return config
