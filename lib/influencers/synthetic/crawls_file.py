"""Writing `crawls/`: the same posts as each of several crawls sees them, a file for each crawl.

Each block of posts is made once and added to all files, one after another; so memory does not grow
with posts or crawls, save for some two hundred bytes an account.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from influencers.config import GenerateConfig
from influencers.synthetic import (
    accounts,
    crawl_block,
    crawl_times,
    growth,
    posts,
    records,
    story_plan,
    truth,
)
from influencers.synthetic.crawl_block import Block
from influencers.synthetic.crawl_times import Schedule
from influencers.synthetic.gallery import Gallery
from influencers.synthetic.growth import Profiles
from influencers.synthetic.story_plan import Plan
from influencers.synthetic.streams import Integers
from influencers.synthetic.truth import Rows

FOLDER = "crawls"
_FILES = "posts-*Z.csv"


@dataclass
class Tally:
    """What is counted while crawls are written.

    Attributes:
        schedule: the crawls.
        plan: the events of accounts.
        good_posts: for each account, its posts that any crawl has in a good record.
        first_crawl: for each account, the first crawl with a good record of it; -1 if none has.
        crawls: for each account, how many crawls have a good record of it.
        followers_from, followers_to: for each account, its followers before and after its event.
        records: in the file of each crawl.
        last_account: in the file of each crawl, the last account with a good record.
        reasons: bad records by reason code.
        repeated: records that say the same as another.
        observed: good records of different posts or crawls.
    """

    schedule: Schedule
    plan: Plan
    good_posts: Integers
    first_crawl: Integers
    crawls: Integers
    followers_from: Integers
    followers_to: Integers
    records: Integers
    last_account: Integers
    reasons: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    observed: int = 0

    @classmethod
    def of(cls, schedule: Schedule, plan: Plan) -> Tally:
        """Nothing counted yet."""

        def full(size: int, value: int) -> Integers:
            return np.full(size, value, dtype=np.int64)

        count, crawls = schedule.accounts, schedule.crawls
        return cls(
            schedule, plan, full(count, 0), full(count, -1), full(count, 0), full(count, 0),
            full(count, 0), full(crawls, 0), full(crawls, -1),
        )  # fmt: skip


@dataclass(frozen=True)
class _Truth:
    bad: Rows
    repeated: Rows
    deleted: Rows


def remove(target: Path) -> None:
    """Remove the crawls of an earlier sample, and no other files."""
    shutil.rmtree(_unfinished(target), ignore_errors=True)
    if (target / FOLDER).is_dir():
        for path in (target / FOLDER).glob(_FILES):
            path.unlink()
        if not any((target / FOLDER).iterdir()):
            (target / FOLDER).rmdir()


def write(target: Path, images: Gallery, options: GenerateConfig) -> Tally:
    """Write crawls/ and truth/{bad_records,duplicates,deleted}.csv below `target`.

    Files take their places when all are whole.
    """
    schedule = Schedule.of(options)
    edges = accounts.post_edges(options.seed, schedule.accounts, options.posts)
    tally = Tally.of(schedule, story_plan.plan(options, schedule, edges))
    unfinished, folder = _unfinished(target), target / "truth"
    unfinished.mkdir()
    files = [crawl_times.file_name(schedule.start(n)) for n in range(schedule.crawls)]
    for name in files:
        header = f"{records.header()},{crawl_times.COLUMN}\n"
        (unfinished / name).write_bytes(header.encode())
    repeated = ("file", "shortcode", "record", "copy_record")
    gone = ("shortcode", "owner_id", "last_seen_at", "missing_since")
    with (
        truth.table(folder, "bad_records", ("file", "record", "reason")) as bad_rows,
        truth.table(folder, "duplicates", repeated) as repeated_rows,
        truth.table(folder, "deleted", gone) as deleted_rows,
    ):
        rows = _Truth(bad_rows, repeated_rows, deleted_rows)
        for number in range(-(-options.posts // posts.BLOCK)):
            made = crawl_block.block(options, images, schedule, tally.plan, edges, number)
            _write_block(unfinished, files, options.seed, made, tally, rows)
    (target / FOLDER).mkdir(exist_ok=True)
    for name in files:
        (unfinished / name).replace(target / FOLDER / name)
    unfinished.rmdir()
    return tally


def _unfinished(target: Path) -> Path:
    return target / f"{FOLDER}.part"


def _write_block(
    folder: Path, files: list[str], seed: int, made: Block, tally: Tally, rows: _Truth
) -> None:
    """Add a block to the files of all crawls."""
    seen = np.zeros(len(made.good), dtype=np.bool_)
    deletions = _Deletions(made)
    authors = made.posts.authors
    plan = tally.plan.take(authors.number)
    for profiles in growth.profiles(seed, tally.schedule, authors, plan):
        shown = made.shown(profiles)
        lines = "".join(f"{line}\n" for line in made.lines(profiles, shown))
        with (folder / files[profiles.crawl]).open("ab") as file:
            file.write(lines.encode("utf-8", "surrogateescape"))
        _write_flaws(files[profiles.crawl], made, shown, profiles, tally, rows)
        _count_accounts(tally, made, shown, profiles)
        _note_followers(tally, plan, profiles)
        deletions.see(profiles, shown)
        seen[shown] = True
        tally.records[profiles.crawl] += len(shown)
        tally.observed += int(made.good[shown].sum())
    np.add.at(tally.good_posts, made.owners[seen & made.good], 1)
    deletions.write(rows.deleted)


def _write_flaws(
    name: str, made: Block, shown: Integers, profiles: Profiles, tally: Tally, rows: _Truth
) -> None:
    """Enter the bad and the repeated records of a crawl in the truth."""
    number = np.full(len(made.good), 0, dtype=np.int64)
    number[shown] = tally.records[profiles.crawl] + np.arange(1, len(shown) + 1)
    for record in shown[~made.good[shown]].tolist():
        source = made.source[record]
        if record in made.flaws:
            reason = made.flaws[record].reason
            rows.bad.writerow((name, number[record], reason))
            tally.reasons[reason] += 1
        else:
            code = made.posts.shortcode[source]
            rows.repeated.writerow((name, code, number[source], number[record]))
            tally.repeated += 1


def _count_accounts(tally: Tally, made: Block, shown: Integers, profiles: Profiles) -> None:
    """Count the accounts that a crawl has; one that goes on from the last block only once."""
    there = np.unique(made.owners[shown[made.good[shown]]])
    there = there[there > tally.last_account[profiles.crawl]]
    if len(there):
        tally.last_account[profiles.crawl] = there[-1]
        tally.crawls[there] += 1
        first = there[tally.first_crawl[there] < 0]
        tally.first_crawl[first] = profiles.crawl


def _note_followers(tally: Tally, plan: Plan, profiles: Profiles) -> None:
    numbers = profiles.number
    for crawl, noted in ((plan.first, tally.followers_from), (plan.last, tally.followers_to)):
        now = (crawl == profiles.crawl) & (plan.kind > 0)
        noted[numbers[now]] = profiles.followers[now]


class _Deletions:
    """When the deleted posts of a block were last seen, and first missing."""

    def __init__(self, made: Block) -> None:
        self.made = made
        self.posts = np.flatnonzero(np.isfinite(made.gone))
        self.last_seen = np.zeros(len(self.posts), dtype=np.int64)
        self.missing_since = np.zeros(len(self.posts), dtype=np.int64)

    def see(self, profiles: Profiles, shown: Integers) -> None:
        """Take in a crawl, which is later than those before."""
        author = self.made.posts.account[self.posts]
        at, present = profiles.crawled_at[author], profiles.present[author]
        there = np.isin(self.posts, shown)
        self.last_seen[there] = at[there]
        missing = present & ~there & (self.last_seen > 0) & (self.missing_since == 0)
        self.missing_since[missing] = at[missing]

    def write(self, rows: Rows) -> None:
        """Write the posts that were seen, and then missing."""
        made = self.made.posts
        for place in np.flatnonzero(self.missing_since).tolist():
            post = self.posts[place]
            rows.writerow((
                made.shortcode[post], made.authors.owner_id[made.account[post]],
                crawl_times.written(int(self.last_seen[place])),
                crawl_times.written(int(self.missing_since[place])),
            ))  # fmt: skip
