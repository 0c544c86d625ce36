"""The figures of growth: how likes come in, and whose followers changed most."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import dates
from matplotlib import figure as matplotlib_figure
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from influencers.figures import style
from influencers.figures.figure import Figure
from influencers.growth.movers import in_words
from influencers.growth.tables import ALL

LIKE_CURVE = Figure(name="like_curves", title="Likes by the age of a post", section="growth")
TOP_MOVERS = Figure(
    name="top_movers", title="Accounts whose followers changed most", section="growth"
)
FIGURES = (LIKE_CURVE, TOP_MOVERS)

PANELS = 9
_COLORS = {"photo": style.BLUE, "carousel": style.GREEN, "video": style.VERMILION}
_AGES = {1: "1 h", 4: "4 h", 12: "12 h", 24: "1 day", 72: "3 days", 168: "7 days", 720: "30 days"}
_KIND_COLORS = {
    "step": style.VERMILION,
    "hit": style.GREEN,
    "give_back": style.ORANGE,
    "follow_unfollow": style.PURPLE,
    "drop": style.SKY,
}
_NO_CURVE = "no content type has enough posts that were seen young and again after a month"


def draw_like_curves(curves: pd.DataFrame) -> matplotlib_figure.Figure:
    """The share of their final likes that posts have at an age, by content type.

    Args:
        curves: the table like_curves.
    """
    shown = curves[curves["tier"] == ALL].sort_values(["content_type", "age_hours"])
    if shown.empty:
        return style.no_data(LIKE_CURVE.title, _NO_CURVE)
    posts = shown.groupby("content_type")["posts"].max()
    named = ", ".join(f"{style.count(number)} {kind}" for kind, number in posts.items())
    figure, (axes,) = style.new_figure(
        LIKE_CURVE.title,
        subtitle="Share of the likes at the last crawl that a post had at an age. Line: median; "
        "band: 25th to 75th percentile.",
        caption=f"Posts last seen at 30 days or later: up to {named}. All tiers together.",
    )
    with style.applied():
        for kind, points in shown.groupby("content_type"):
            color = _COLORS[str(kind)]
            ages = points["age_hours"].to_numpy()
            axes.fill_between(
                ages, points["share_q25"], points["share_q75"], color=color, alpha=0.15, linewidth=0
            )
            shares = points["share_median"]
            axes.plot(ages, shares, color=color, linewidth=2, marker="o", ms=4, label=str(kind))
        axes.legend(loc="lower right")
        axes.set_xscale("log")
        axes.set_xlim(0.9, 800)
        axes.set_xticks(list(_AGES), list(_AGES.values()))
        axes.minorticks_off()
        axes.set_ylim(0, 1.05)
        style.linear_axis(axes.yaxis, unit="percent")
        axes.set_xlabel("age of the post (log scale)")
        axes.set_ylabel("share of its final likes")
    return figure


def draw_top_movers(movers: pd.DataFrame) -> matplotlib_figure.Figure:
    """The followers of accounts over time, each on its own scale.

    Args:
        movers: as `movers.top_movers` has them.
    """
    if movers.empty:
        return style.no_data(TOP_MOVERS.title, "no account was seen in two crawls with followers")
    accounts = [rows for _, rows in movers.groupby("rank")][:PANELS]
    rows = (len(accounts) + 2) // 3
    columns = min(len(accounts), 3)
    figure, panels = style.new_figure(
        TOP_MOVERS.title,
        subtitle="Followers at each crawl, each account on its own scale. Colour: the largest "
        "change.",
        caption="A sudden change is judged against accounts of like size over like time. Followers "
        "may come from outside of Instagram: the figure says what was seen, not why.",
        size=(10.0, 1.7 + 2.35 * rows),
        rows=rows,
        columns=columns,
    )
    with style.applied():
        for axes, account in zip(panels, accounts, strict=False):
            _draw_account(axes, account)
        for axes in panels[len(accounts) :]:
            axes.set_axis_off()
    style.settle(figure)
    return figure


def _draw_account(axes: Axes, account: pd.DataFrame) -> None:
    first = account.iloc[0]
    name = first["owner_username"] or first["owner_id"]
    at = [account["from_at"].iloc[0], *account["to_at"]]
    followers = np.r_[account["followers_from"].iloc[0], account["followers_to"]]
    axes.plot(at, followers, color=style.GREY, linewidth=1.4)
    largest = account[account["is_largest"]].iloc[0]
    color = _KIND_COLORS.get(largest["kind"], style.BLUE)
    axes.plot(
        [largest["from_at"], largest["to_at"]],
        [largest["followers_from"], largest["followers_to"]],
        color=color, linewidth=3, solid_capstyle="round",
    )  # fmt: skip
    seen = in_words({str(column): value for column, value in largest.items()})
    axes.set_title(f"{style.readable(str(name), 28)}\n{seen}", loc="left", fontsize=8.5)
    low, high = float(followers.min()), float(followers.max())
    room = 0.15 * max(high - low, 0.02 * high, 1.0)
    axes.set_ylim(low - room, high + room)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    style.linear_axis(axes.yaxis, unit="short")
    locator = dates.AutoDateLocator(minticks=2, maxticks=4)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    shown = dates.ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(shown)
    axes.tick_params(labelsize=8)
