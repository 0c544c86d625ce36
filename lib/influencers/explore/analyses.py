"""All that is explored: the rows of every table of figures and analyses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame

from influencers.config import Config
from influencers.explore import cells, influence, levels, standing, tables, virality
from influencers.explore.cells import Groups
from influencers.explore.clock import Clock, posts_by_second, read_clock
from influencers.explore.content import content
from influencers.explore.figures import FIGURES
from influencers.explore.passes import Passed, Questions, counted_accounts, passed
from influencers.explore.verdicts import Band
from influencers.explore.virality import DELTA, ODDS_RATIO
from influencers.run.persisted import Keep
from influencers.run.side_by_side import Start
from influencers.storage.table import Table, conform


@dataclass(frozen=True)
class Explored:
    """The rows of all tables, by name, as these are declared.

    Attributes:
        figures: of the figures, which are few and there.
        analyses: of the analyses, which are computed meanwhile.
    """

    figures: Mapping[str, pa.Table]
    analyses: Mapping[str, Future[pa.Table]]


def explored(
    posts: DataFrame,
    post_features: DataFrame,
    accounts: DataFrame,
    config: Config,
    *,
    keep: Keep,
    start: Start,
) -> Explored:
    """Figures and analyses of all posts, of one pass over them.

    Args:
        posts: the table posts.
        post_features: the table of that name.
        accounts: the table accounts.
        config: of the figures and analyses, and of what is viral.
        keep: persists what is gone through more than once.
        start: starts a call in another thread.
    """
    chosen = config.explore
    asked = questions(posts, post_features, config, start)
    through = passed(posts, post_features, accounts, asked, config, keep=keep)
    groups = grouped(through.cells.unionByName(counted_accounts(accounts, config)))
    figures = {
        declared.name: _declared(figure.table(groups, config), declared)
        for figure, declared in zip(FIGURES, tables.FIGURES, strict=True)
    }
    bands = {
        DELTA: Band.of_delta(chosen.negligible_effect),
        ODDS_RATIO: Band.of_odds_ratio(chosen.negligible_odds_ratio),
    }
    analyses: dict[Table, Callable[[], DataFrame | pd.DataFrame]] = {
        tables.ANALYSIS_INFLUENCE: partial(_leaders, through, accounts, chosen.top_accounts, keep),
        tables.ANALYSIS_TIERS: partial(influence.tiers, groups),
        tables.ANALYSIS_VIRALITY: partial(_virality, through, asked.clock, bands),
        tables.ANALYSIS_CONTENT: partial(_content, through, groups, asked, bands[DELTA]),
    }
    return Explored(
        figures,
        {
            table.name: start(partial(_made, analysis, table))
            for table, analysis in analyses.items()
        },
    )


def questions(
    posts: DataFrame, post_features: DataFrame, config: Config, start: Start
) -> Questions:
    """What has to be known of all posts before they are passed through."""
    chosen = config.explore
    hashtags = start(
        partial(
            levels.supported_hashtags,
            posts,
            top=chosen.top_hashtags,
            min_accounts=chosen.min_hashtag_accounts,
        )
    )
    viral = start(partial(virality.viral_labels, post_features, config.models))
    clock = start(partial(_clock, post_features))
    return Questions(clock.result(), viral.result(), hashtags.result())


def grouped(counted: DataFrame) -> Groups:
    """The groups of counted rows (`cells.SCHEMA`), in the driver's memory."""
    return Groups(cells.groups(counted).toArrow().to_pandas())


def _clock(post_features: DataFrame) -> Clock:
    return read_clock(posts_by_second(post_features))


def _leaders(through: Passed, accounts: DataFrame, top: int, keep: Keep) -> DataFrame:
    return influence.leaders(through.accounts, accounts, top=top, keep=keep)


def _virality(through: Passed, clock: Clock, bands: Mapping[str, Band]) -> DataFrame:
    return virality.virality(through.steps, clock=clock, bands=bands)


def _content(through: Passed, groups: Groups, asked: Questions, band: Band) -> pd.DataFrame:
    sums = standing.summed(through.standings).toArrow().to_pandas()
    return content(sums, groups, asked.hashtags, clock=asked.clock, band=band)


def _made(analysis: Callable[[], DataFrame | pd.DataFrame], table: Table) -> pa.Table:
    made = analysis()
    if isinstance(made, pd.DataFrame):
        return _declared(made, table)
    return conform(made, table).toArrow()


def _declared(frame: pd.DataFrame, table: Table) -> pa.Table:
    """Rows with the columns that are declared, in their order."""
    rows = pa.Table.from_pandas(frame, schema=table.arrow_schema, preserve_index=False)
    # Whoever makes a pandas frame of it again gets plain numbers.
    return rows.replace_schema_metadata()
