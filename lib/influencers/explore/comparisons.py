"""Engagement by number of hashtags and by content type: quartiles of every group, side by side.

Each figure shows the engagement rate as it is, and beside it the rate against the author's own
median: the first compares accounts as much as posts, the second posts alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from influencers.explore.bins import quartiles, significant
from influencers.explore.exclusions import SHOWN, left_out, rows_shown
from influencers.figures import style

# First and last number of hashtags of a group; 30 is the most that Instagram lets a post have.
HASHTAG_GROUPS = ((0, 0), (1, 2), (3, 5), (6, 10), (11, 20), (21, None))
CONTENT_TYPES = ("photo", "carousel", "video")
_BAR = 0.34  # height of a bar where groups are 1 apart
_TYPE_COLOURS = {"photo": style.BLUE, "carousel": style.ORANGE, "video": style.GREEN}


def hashtag_group(hashtag_count: Column) -> Column:
    """The group that a number of hashtags lies in: `0`, `1–2`, …; null stays null."""
    group = F.lit(None).cast("string")
    for first, last in HASHTAG_GROUPS:
        inside = hashtag_count >= first
        if last is not None:
            inside &= hashtag_count <= last
        group = F.when(inside, group_name(first, last)).otherwise(group)
    return group


def group_name(first: int, last: int | None) -> str:
    """A range of counts in words.

    >>> [group_name(0, 0), group_name(1, 2), group_name(21, None)]
    ['0', '1–2', '21+']
    """
    if last is None:
        return f"{first}+"
    return str(first) if first == last else f"{first}–{last}"


def engagement_by_hashtags(posts: DataFrame) -> DataFrame:
    """Engagement by number of hashtags.

    Args:
        posts: post_features with `relative_rate` (see `with_relative_rate`).

    Returns:
        A row a group of hashtag counts (`part` is `shown`), and one for each reason to leave
        posts out. `relative_posts` have a rate relative to their author's; `likes_only` of the
        posts have unknown comments. Zeros count; quartiles are of values with four digits.
    """
    group = hashtag_group(F.col("hashtag_count"))
    return _by_group(posts, "hashtags", group, unknown="hashtags unknown")


def engagement_by_content_type(posts: DataFrame) -> DataFrame:
    """Engagement of photos, carousels and videos; as `engagement_by_hashtags`."""
    return _by_group(posts, "content_type", F.col("content_type"), unknown="type unknown")


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


def _by_group(posts: DataFrame, name: str, group: Column, *, unknown: str) -> DataFrame:
    part = (
        F.when(F.col("likes").isNull(), "likes unknown")
        .when(F.col("followers").isNull(), "followers unknown")
        .when(F.col("followers") <= 0, "no followers")
        # A sum beyond bigint is unknown (see features.posts.engagement).
        .when(F.col("engagement_rate").isNull(), "engagement unknown")
        .when(group.isNull(), unknown)
        .otherwise(SHOWN)
    )
    shown = part == SHOWN
    # What a post is counted by: its author, and each of its rates.
    measures = {
        "account": (F.col("owner_id"), F.lit(None).cast("double")),
        "rate": (F.lit(None).cast("bigint"), F.col("rate")),
        "relative": (F.lit(None).cast("bigint"), F.col("relative")),
    }
    each = F.array(
        *[
            F.struct(F.lit(measure).alias("measure"), owner.alias("owner"), rate.alias("value"))
            for measure, (owner, rate) in measures.items()
        ]
    )
    cells = (
        posts.select(
            "owner_id", part.alias("part"), F.when(shown, group).alias(name),
            F.col("comments").isNull().alias("likes_only"),
            significant(F.when(shown, F.col("engagement_rate"))).alias("rate"),
            significant(F.when(shown, F.col("relative_rate"))).alias("relative"),
        )
        .select("part", name, "likes_only", F.inline(each))
        .groupBy("part", name, "measure", "owner", "value")
        .agg(F.count(F.lit(1)).alias("posts"), F.count_if("likes_only").alias("likes_only"))
    )  # fmt: skip
    return cells.groupBy("part", name).agg(
        _sum("account", F.col("posts")).alias("posts"),
        _sum("account", F.lit(1)).alias("accounts"),
        _sum("account", F.col("likes_only")).alias("likes_only"),
        *quartiles(_of("rate", F.col("value")), "rate", F.col("posts")),
        _sum("relative", F.when(F.col("value").isNotNull(), F.col("posts"))).alias(
            "relative_posts"
        ),
        *quartiles(_of("relative", F.col("value")), "relative", F.col("posts")),
    )


def _of(measure: str, value: Column) -> Column:
    return F.when(F.col("measure") == measure, value)


def _sum(measure: str, value: Column) -> Column:
    return F.sum(F.coalesce(_of(measure, value), F.lit(0)))


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
