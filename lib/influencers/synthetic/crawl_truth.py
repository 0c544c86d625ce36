"""What was planted in several crawls: the tables of it, and the counts that reading must give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from influencers.config import GenerateConfig
from influencers.synthetic import accounts, crawl_times, growth, like_curve, stories, truth
from influencers.synthetic.accounts import Accounts
from influencers.synthetic.crawls_file import Tally

NAMES = ("growth", "like_curve", "deleted")
_COLUMNS = (
    "owner_id", "story", "from_at", "to_at", "followers_from", "followers_to", "rounded",
    "renamed_to", "missed_crawls",
)  # fmt: skip

HEAD = """\
What was planted in crawls/ and images/: the same accounts and posts, crawled several times, a file
for each crawl. Records are numbered in each file from 1, without the header, as a strict CSV reader
counts them that gives an unclosed quote up at the end of its line. A crawl reads the accounts one
after another within ten minutes, and each of them at one moment, crawled_at. It has the posts that
exist then; the last crawl misses no account. In accounts.csv, the crawl is the last one. A quarter
of an account's posts is from the time of the crawls and three days before.

Events need room: a step 6 days of crawls, a give_back 14, a follow_unfollow 22; an account for
which they, or its posts, leave none is organic. With more than a day from crawl to crawl, a rise
and a loss can fall between two of them.

"""

RECORDS = """\
growth.csv         an account: owner_id, story, and the event behind it: from_at and to_at, the
                   crawls of the account around it; followers_from and followers_to, its followers
                   in these. story: organic (no event), hit (a post of at least four times the
                   usual likes, and new followers within a day), step (bought followers, between
                   two crawls, who like nothing; 1 to 2 % of them leave each week), give_back (a
                   step of which at least 40 % is lost within ten days), follow_unfollow (follows
                   many and unfollows them: from_at to to_at is both). rounded: its followers are
                   abbreviated, as 12.3K. renamed_to: its later owner_username. missed_crawls: those
                   without it since its first.
like_curve.csv     the share of its final likes that a post has at an age, by content_type and
                   age_hours; comments alike.
deleted.csv        a post that was deleted between crawls: shortcode, owner_id, last_seen_at (the
                   last crawl that has it), missing_since (the next one of its account).
bad_records.csv    a record that cannot be used: its file, its number, and the one reason. A post
                   that is bad is so in every crawl.
duplicates.csv     a record that says the same as another of its crawl: file, shortcode, and the
                   numbers of both.
"""


def write(folder: Path, options: GenerateConfig, tally: Tally) -> None:
    """Write growth.csv and like_curve.csv."""
    with truth.table(folder, "like_curve", like_curve.COLUMNS) as rows:
        for row in like_curve.rows():
            rows.writerow(row)
    with truth.table(folder, "growth", _COLUMNS) as rows:
        for part in accounts.spans(options.seed, tally.schedule.accounts):
            _write_accounts(rows, options.seed, part, tally)


def counts(tally: Tally) -> dict[str, Any]:
    """What reading all crawls together must give."""
    made, quarantined = int(tally.good_posts.sum()), sum(tally.reasons.values())
    observations = tally.observed - made
    return {
        "rows": {
            "read": int(tally.records.sum()),
            "posts": made,
            "quarantined": quarantined,
            "duplicates": tally.repeated + observations,
            "repeated": tally.repeated,
            "observations": observations,
        },
        "post_observations": tally.observed,
        "account_observations": int(tally.crawls.sum()),
    }


def described() -> dict[str, object]:
    """The truth about crawls, for `truth/drivers.json`."""
    return {
        "growth": {**growth.described(), **stories.described()},
        "late_likes": like_curve.described(),
    }


def _write_accounts(rows: truth.Rows, seed: int, part: Accounts, tally: Tally) -> None:
    schedule, plan = tally.schedule, tally.plan.take(part.number)
    rounded = growth.is_rounded(seed, part, plan.kind)
    renamed = growth.renamed_by(seed, schedule, part.number)
    delays = schedule.delays(part.number)
    for place, number in enumerate(part.number.tolist()):
        event: tuple[object, ...] = (None, None, None, None)
        if plan.kind[place] != stories.ORGANIC:
            around = (int(plan.first[place]), int(plan.last[place]))
            times = (crawl_times.written(schedule.start(n) + int(delays[place])) for n in around)
            event = (*times, tally.followers_from[number], tally.followers_to[number])
        first = int(tally.first_crawl[number])
        rows.writerow((
            part.owner_id[place], stories.NAMES[plan.kind[place]], *event,
            "true" if rounded[place] else "false",
            part.handle[place] if 0 <= first < renamed[place] else None,
            schedule.crawls - first - tally.crawls[number] if first >= 0 else 0,
        ))  # fmt: skip
