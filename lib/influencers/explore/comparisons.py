"""Engagement by number of hashtags and by content type: quartiles of every group, side by side.

Each figure shows the engagement rate as it is, and beside it the rate against the author's own
median: the first compares accounts as much as posts, the second posts alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from influencers.explore.bins import Ints
from influencers.explore.cells import Cells, Groups, quartiles
from influencers.explore.exclusions import SHOWN, first_of, left_out, named, rows_shown
from influencers.explore.rows import Rows, starts
from influencers.figures import style

# First and last number of hashtags of a group; 30 is the most that Instagram lets a post have.
HASHTAG_GROUPS = ((0, 0), (1, 2), (3, 5), (6, 10), (11, 20), (21, None))
CONTENT_TYPES = ("photo", "carousel", "video")
_REASONS = (
    SHOWN, "likes unknown", "followers unknown", "no followers", "engagement unknown",
)  # fmt: skip
_BAR = 0.34  # height of a bar where groups are 1 apart
_TYPE_COLOURS = {"photo": style.BLUE, "carousel": style.ORANGE, "video": style.GREEN}


def hashtag_group(counts: Ints) -> Ints:
    """The number of the group that each number of hashtags lies in; -1 stays -1.

    >>> hashtag_group(np.array([-1, 0, 2, 21, 500])).tolist()
    [-1, 0, 1, 5, 5]
    """
    firsts = [first for first, _ in HASHTAG_GROUPS]
    return np.searchsorted(firsts, counts, side="right") - 1


def group_name(first: int, last: int | None) -> str:
    """A range of counts in words.

    >>> [group_name(0, 0), group_name(1, 2), group_name(21, None)]
    ['0', '1–2', '21+']
    """
    if last is None:
        return f"{first}+"
    return str(first) if first == last else f"{first}–{last}"


def count_by_hashtags(cells: Cells, posts: Rows) -> None:
    """Count posts by number of hashtags, and what engagement they have."""
    _count(cells, "by_hashtags", posts, hashtag_group(posts.ints("hashtag_count", null=-1)))


def count_by_content_type(cells: Cells, posts: Rows) -> None:
    """Count posts by content type, and what engagement they have."""
    _count(cells, "by_type", posts, posts.places("content_type", CONTENT_TYPES))


def engagement_by_hashtags(groups: Groups) -> pd.DataFrame:
    """Engagement by number of hashtags.

    Args:
        groups: of what `count_by_hashtags` has counted.

    Returns:
        A row a group of hashtag counts (`part` is `shown`), and one for each reason to leave
        posts out. `relative_posts` have a rate relative to their author's; `likes_only` of the
        posts have unknown comments. Zeros count; quartiles are of values with four digits.
    """
    names = [group_name(*group) for group in HASHTAG_GROUPS]
    return _by_group(groups, "by_hashtags", "hashtags", names, unknown="hashtags unknown")


def engagement_by_content_type(groups: Groups) -> pd.DataFrame:
    """Engagement of photos, carousels and videos; as `engagement_by_hashtags`.

    Args:
        groups: of what `count_by_content_type` has counted.
    """
    return _by_group(groups, "by_type", "content_type", CONTENT_TYPES, unknown="type unknown")


def draw_engagement_by_hashtags(table: pd.DataFrame) -> Figure:
    """Draw the table of `engagement_by_hashtags`; a group without posts keeps its place."""
    names = [group_name(first, last) for first, last in HASHTAG_GROUPS]
    return _draw(
        table, "hashtags", names, [style.BLUE] * len(names),
        title="Engagement by number of hashtags", ylabel="Hashtags in the caption",
    )  # fmt: skip


def draw_engagement_by_content_type(table: pd.DataFrame) -> Figure:
    """Draw the table of `engagement_by_content_type`; a type without posts keeps its place."""
    return _draw(
        table, "content_type", list(CONTENT_TYPES), [_TYPE_COLOURS[t] for t in CONTENT_TYPES],
        title="Engagement by content type", ylabel="",
    )  # fmt: skip


def _count(cells: Cells, tally: str, posts: Rows, group: Ints) -> None:
    """Count posts of whole accounts by group; -1: it is unknown."""
    followers, rate = posts.floats("followers"), posts.floats("engagement_rate")
    # A sum beyond bigint is unknown (see features.posts.engagement).
    part = first_of(
        posts.is_null("likes"), np.isnan(followers), followers <= 0, np.isnan(rate), group < 0
    )
    shown = part == 0
    group = np.where(shown, group, -1)
    cells.count(
        tally, part=part, x=group, number=1, likes_only=posts.is_null("comments"), accounts=0
    )
    # Each account once in each of them.
    together = (part << 8) + group + 1
    owner = posts.ints("owner_id")
    order = np.lexsort((together, owner))
    once = order[starts(owner[order], together[order])]
    cells.count(tally, part=part[once], x=group[once], number=0, likes_only=0, accounts=1)
    for name, values in (("rate", rate), ("relative", posts.floats("relative_rate"))):
        cells.count_values(f"{tally}/{name}", values[shown], x=group[shown])


def _by_group(
    groups: Groups, tally: str, name: str, names: Sequence[str], *, unknown: str
) -> pd.DataFrame:
    counted = groups.of(tally)
    rates, relative = (
        groups.values_at(f"{tally}/{measure}", counted["x"]) for measure in ("rate", "relative")
    )
    return pd.DataFrame(
        {
            "part": named(counted["part"], (*_REASONS, unknown)),
            name: [None if place < 0 else names[place] for place in counted["x"].astype(int)],
            "posts": counted["number"],
            "accounts": counted["accounts"],
            "likes_only": counted["likes_only"],
            **quartiles(rates, "rate"),
            "relative_posts": relative["number"].fillna(0).to_numpy(),
            **quartiles(relative, "relative"),
        }
    )


def _draw(
    table: pd.DataFrame, name: str, groups: Sequence[str], colours: Sequence[str], *,
    title: str, ylabel: str,
) -> Figure:  # fmt: skip
    shown = rows_shown(table, name).set_index(name).reindex(list(groups))
    total = int(shown["posts"].sum())
    caption = style.counts_caption(total, "posts", left_out(table, "posts"))
    if not total:
        return style.no_data(title, caption)
    with style.applied():
        figure, (raw, relative) = style.new_figure(
            title,
            subtitle="Dot: median. Bar: 25th to 75th percentile. Left: posts of all accounts "
            "together. Right: each post against its author's own median.",
            caption=f"{caption} {_notes(shown, total)}", columns=2, sharey=True,
            size=(8.0, 2.6 + 0.55 * len(groups)),
        )  # fmt: skip
        _draw_quartiles(raw, shown, "rate", colours, style.percent)
        _draw_quartiles(relative, shown, "relative", colours, style.times)
        raw.set(xlabel="Engagement rate", ylabel=ylabel, xlim=_from_zero(shown["rate_p75"]))
        relative.set(
            xlabel="Engagement rate / the author's median",
            xlim=_around_one(shown[["relative_p25", "relative_p75"]]),
        )
        relative.axvline(1, color=style.GREY, linewidth=1, zorder=0.8)
        style.linear_axis(raw.xaxis, unit="percent")
        style.linear_axis(relative.xaxis, unit="times")
        style.category_axis(raw.yaxis, [_label(group, shown) for group in groups])
        raw.set_ylim(len(groups) - 0.5, -0.7)  # the first group on top
        relative.tick_params(axis="y", length=0)
        relative.spines["left"].set_visible(False)
    return figure


def _draw_quartiles(
    axes: Axes, shown: pd.DataFrame, name: str, colours: Sequence[str], write: style.Write
) -> None:
    """A bar over the middle half, a dot at the median, and its value, for every group."""
    for place, (colour, (_, row)) in enumerate(zip(colours, shown.iterrows(), strict=True)):
        low, median, high = (row[f"{name}_{end}"] for end in ("p25", "median", "p75"))
        if pd.isna(median):
            axes.text(
                0.02, place, "no posts", transform=axes.get_yaxis_transform(), va="center",
                fontsize=9, color=style.GREY,
            )  # fmt: skip
            continue
        axes.barh(place, high - low, left=low, height=_BAR, color=colour, alpha=0.45)
        axes.plot(median, place, "o", color=colour, markersize=7, markeredgecolor="white")
        axes.annotate(
            write(median), (median, place - _BAR / 2), (0, 2), textcoords="offset points",
            ha="center", va="bottom", fontsize=9, path_effects=style.outlined(),
        )  # fmt: skip


def _from_zero(upper: pd.Series[float]) -> tuple[float, float]:
    highest = float(upper.max())
    return 0.0, highest * 1.1 if highest > 0 else 1.0


def _around_one(ends: pd.DataFrame) -> tuple[float, float]:
    """Limits with 1, the author's median, in the middle, unless that would show negative rates."""
    reach = float((ends - 1).abs().max().max())
    reach = 1.15 * max(reach, 0.1) if reach == reach else 0.5  # NaN: nothing to compare
    return max(0.0, 1 - reach), 1 + reach


def _label(group: str, shown: pd.DataFrame) -> str:
    posts = int(shown["posts"].fillna(0)[group])
    return f"{group}\n{style.counted(posts, 'posts') if posts else 'no posts'}"


def _notes(shown: pd.DataFrame, total: int) -> str:
    compared = int(shown["relative_posts"].sum())
    notes = "Engagement rate = (likes + comments) / followers."
    alone = int(shown["likes_only"].sum())
    if alone:
        which = "all of these" if alone == total else f"{style.count(alone)} of these"
        notes += f" Comments are unknown for {which} posts: there it is the likes alone."
    if total and compared < total:
        notes += (
            f" Right: {style.counted(compared, 'posts')}; the authors of the others have too few "
            "posts, or a median of 0."
        )
    return notes
