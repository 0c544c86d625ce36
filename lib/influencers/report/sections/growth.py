"""What changed between crawls, and which posts did better than their author's earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from influencers.growth.movers import in_words
from influencers.measured.growth import Growth
from influencers.report.figures import figures_in
from influencers.report.frames import Changes
from influencers.report.section import Section
from influencers.report.table import Table, count, decimal, noun, plain, rows_of


def section(growth: Growth, changes: Changes, config: Mapping[str, Any]) -> Section:
    """The section of growth.

    Args:
        growth: the numbers of the stage.
        changes: its rows.
        config: settings by their full names.
    """
    movers = (_mover_table(changes.movers),) if growth.intervals else ()
    return Section(
        "growth",
        "What changed" if growth.intervals else "Posts beside their author's usual",
        f"{_crawls(growth)} {_missing(growth)}".strip(),
        figures_in("growth") if growth.intervals or growth.curves else (),
        (*movers, _post_table(changes.posts, config)),
    )


def _crawls(growth: Growth) -> str:
    if not growth.intervals:
        return (
            "One crawl so far: growth of followers and curves of likes need a second. Posts are "
            "compared with their author's earlier ones."
        )
    unusual = {kind: number for kind, number in growth.by_kind.items() if kind != "usual"}
    told = ", ".join(f"{count(number)} {plain(kind)}" for kind, number in unusual.items())
    accounts = f"{count(growth.accounts)} {noun(growth.accounts, 'accounts')}"
    return (
        f"{accounts} were seen in two crawls or more, over {count(growth.intervals)} "
        f"{noun(growth.intervals, 'intervals')}; unusual ones: {told or 'none'}. A sudden change "
        "is judged against accounts of like size over like time, and says nothing of its reason."
    )


def _missing(growth: Growth) -> str:
    if not growth.missing:
        return ""
    return (
        f"{count(growth.missing)} {noun(growth.missing, 'posts')} disappeared between crawls that "
        "covered their account."
    )


def _mover_table(movers: pd.DataFrame) -> Table:
    largest = movers[movers["is_largest"]]
    return Table(
        "Accounts whose followers changed most",
        ("account", "from", "to", "followers before", "followers after", "posts between",
         "what was seen", "robust z-score"),
        tuple(
            (
                str(row["owner_username"] or row["owner_id"]),
                f"{row['from_at']:%Y-%m-%d %H:%M}",
                f"{row['to_at']:%Y-%m-%d %H:%M}",
                count(row["followers_from"]),
                count(row["followers_to"]),
                count(row["posts_between"]),
                in_words(row),
                decimal(row["z"], 1),
            )
            for row in rows_of(largest)
        ),
        frozenset((3, 4, 5, 7)),
        "The largest change of each account within one interval. A step has no post of more than "
        "twice the account's usual likes in it, a hit has one.",
    )  # fmt: skip


def _post_table(posts: pd.DataFrame, config: Mapping[str, Any]) -> Table:
    least = config.get("growth.min_earlier")
    return Table(
        "Posts that did better than their account and age promise",
        ("post", "account", "type", "posted", "likes", "expected", "score", "compared by"),
        tuple(
            (
                str(row["shortcode"]),
                str(row["owner_username"] or row["owner_id"]),
                str(row["content_type"]),
                f"{row['created_at']:%Y-%m-%d}",
                count(row["likes"]),
                count(row["expected"]),
                f"×{row['score']:.1f}",
                _BASES.get(row["basis"], ""),
            )
            for row in rows_of(posts)
        ),
        frozenset((4, 5, 6)),
        "Expected: the mean of the middle half of the likes that the author's earlier posts of "
        "this type had at the same age. Score: likes divided by that.",
        f"No post has {least or 'enough'} earlier ones of its author and type to compare with.",
    )  # fmt: skip


_BASES = {
    "own": "the earlier posts' own observations",
    "curve": "the like curve",
    "mature": "final likes",
}
