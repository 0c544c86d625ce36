"""Small input for runs that are disturbed."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from influencers.catalog import TABLES
from influencers.config import Config, load
from jobs import communities, duplicates, explore, features, growth, images, ingest, report, train
from jobs.command_line import execute

HOST = "images.example"
_LATER = re.compile(r"/p/[0-7]")  # half of the images
# When each half was read from Instagram.
_CRAWLS = ("2025-01-31T06:00:00Z", "2025-02-01T06:00:00Z")
# As the pipeline runs them.
JOBS = tuple(
    module.JOB
    for module in (
        ingest,
        features,
        growth,
        images,
        duplicates,
        communities,
        explore,
        train,
        report,
    )
)


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
    """A file of posts in two crawls: some posts are in both, some images only in the second."""
    files = (posts.with_name("first.csv"), posts.with_name("second.csv"))
    # Bytes stay as they are: some records are in another encoding.
    with posts.open(newline="", encoding="latin-1") as source:
        header, *records = csv.reader(source)
    half, overlap = len(records) // 2, len(records) // 20
    of_first = [one for one in records[: half + overlap] if not _LATER.search(" ".join(one))]
    of_both = zip(files, (of_first, records[half - overlap :]), _CRAWLS, strict=True)
    for file, some, crawl in of_both:
        # A record with too few cells keeps too few.
        dated = [[*one, crawl] if len(one) == len(header) else one for one in some]
        with file.open("w", newline="", encoding="latin-1") as target:
            csv.writer(target).writerows([[*header, "crawled_at"], *dated])
    return files


def tables_of(job: str) -> list[str]:
    """The tables that a job makes."""
    return [table.name for table in TABLES.values() if table.job == job]


@dataclass
class Undisturbed:
    """What undisturbed runs make of the sample, job by job, as far as tests ask for it.

    Attributes:
        old: made of the first file.
        new: made of both, later, in the same place.
    """

    sample: Sample
    old: Config
    new: Config
    done: list[str] = field(default_factory=list)

    def through(self, last: str) -> None:
        """Run the jobs up to this one, if they have not run yet."""
        for job in JOBS[: [one.name for one in JOBS].index(last) + 1]:
            if job.name not in self.done:
                execute(job, self.old)
                for name in tables_of(job.name):
                    self.give_old_table(name, Path(self.new.paths.output))
                execute(job, self.new)
                self.done.append(job.name)

    def before(self, job: str, output: Path) -> Config:
        """An output in which the job has still to be run: its own tables are the old ones."""
        self.through(job)
        shutil.copytree(self.new.paths.output, output)
        for name in tables_of(job):
            self.give_old_table(name, output)
        return self.sample.config(output)

    def before_all(self, output: Path) -> Config:
        """An output in which everything has still to be run: it is the old one."""
        self.through(JOBS[-1].name)
        shutil.copytree(self.old.paths.output, output)
        return self.sample.config(output)

    def give_old_table(self, name: str, output: Path) -> None:
        """Put the old table in an output, or none where there was none."""
        source, target = (Path(one, "tables", name) for one in (self.old.paths.output, output))
        shutil.rmtree(target, ignore_errors=True)
        if source.exists():
            shutil.copytree(source, target)
