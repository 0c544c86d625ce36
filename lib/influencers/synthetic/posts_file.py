"""Writing `posts.csv` block by block, with the truth about its records."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple, dataclass, field
from pathlib import Path

import numpy as np

from influencers.config import GenerateConfig
from influencers.synthetic import accounts, posts, records, truth
from influencers.synthetic.gallery import Gallery
from influencers.synthetic.records import Written
from influencers.synthetic.streams import Integers

NAME = "posts.csv"


@dataclass
class Tally:
    """What is counted while records are written.

    Attributes:
        good_posts: for each account, its posts that can be used, each counted once.
        reasons: bad records by reason code.
        duplicates: second crawls.
    """

    good_posts: Integers
    reasons: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0


def write(target: Path, gallery: Gallery, options: GenerateConfig) -> Tally:
    """Write posts.csv, truth/bad_records.csv and truth/duplicates.csv below `target`.

    posts.csv takes its name only when it is whole.
    """
    count = min(options.accounts, options.posts)
    edges = accounts.post_edges(options.seed, count, options.posts)
    tally = Tally(np.zeros(count, dtype=np.int64))
    unfinished = target / f"{NAME}.part"
    folder = target / "truth"
    crawls = ("shortcode", "kind", "record", "copy_record", "winner_record", "likes", "comments")
    with (
        unfinished.open("wb") as file,
        truth.table(folder, "bad_records", ("record", "reason")) as bad_rows,
        truth.table(folder, "duplicates", crawls) as copy_rows,
    ):
        file.write(records.header().encode() + b"\n")
        for number in range(-(-options.posts // posts.BLOCK)):
            made = posts.block(options, edges, number)
            roles = posts.roles(options, int(made.number[0]), len(made.number))
            block = records.write(options, gallery, made, roles)
            file.write(("\n".join(block.lines) + "\n").encode("utf-8", "surrogateescape"))
            for bad in block.bad:
                bad_rows.writerow(astuple(bad))
            for duplicate in block.duplicates:
                copy_rows.writerow(astuple(duplicate))
            _count(tally, block, made.authors.number[made.account[block.good]])
    unfinished.replace(target / NAME)
    return tally


def _count(tally: Tally, block: Written, owners: Integers) -> None:
    np.add.at(tally.good_posts, owners, 1)
    tally.reasons.update(bad.reason for bad in block.bad)
    tally.duplicates += len(block.duplicates)
