"""The profile of input files as tables: for a terminal, and as a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from influencers.ingest.profile import FieldProfile, Profile
from influencers.ingest.source import Source, files_of
from influencers.report.headlines import Headline
from influencers.report.page import Page
from influencers.report.section import Section
from influencers.report.table import Table, count, percent

# What needs which fields: all of the first, one of the second.
_ANALYSES = (
    ("engagement, its figures and analyses", ("followers",), ("likes", "comments")),
    ("images and near-duplicates", ("image_url",), ()),
    ("hashtags and communities", ("caption",), ()),
    ("virality of posts", ("likes",), ()),
    ("influence of accounts", ("followers",), ("likes", "comments")),
    ("which of two crawls is the later, by its time", ("crawled_at",), ()),
)
_WIDEST = 46


def page_of(
    profile: Profile, found: Sequence[Source], remarks: Sequence[str], *, made_at: datetime
) -> Page:
    """The profile as a page."""
    return Page(
        title="Profile of posts",
        made_at=f"{made_at:%Y-%m-%d %H:%M} UTC",
        sources=[file.uri for file in files_of(found)],
        headlines=[
            Headline(count(profile.records), "records", _how_many(profile)),
            Headline(count(profile.usable), "usable", _percent_of(profile.usable, profile.records)),
            Headline(count(profile.repeated), "repeated", "of posts that come before"),
        ],
        warnings=list(remarks),
        sections=[
            Section("profile", "Profile", "Nothing was written.", tables=tuple(tables(profile)))
        ],
        figures={},
    )


def lines(profile: Profile, found: Sequence[Source], remarks: Sequence[str]) -> list[str]:
    """The profile as lines of text."""
    files, records = count(len(files_of(found))), count(profile.records)
    said = [
        f"{files} files, {records} records looked at ({_how_many(profile)})",
        *remarks,
        f"{count(profile.usable)} usable, {count(profile.repeated)} of them repeat a post",
    ]
    for table in tables(profile):
        said += ["", table.title, *_aligned(table)]
    return said


def tables(profile: Profile) -> list[Table]:
    """What each field holds, what would be quarantined, and what can be analysed."""
    return [_fields(profile), _reasons(profile), _analyses(profile)]


def _how_many(profile: Profile) -> str:
    return "the start of the files; --all looks at all" if profile.is_sample else "all"


def _percent_of(part: int, whole: int) -> str:
    """A share in percent; a dash of nothing."""
    return percent(part / whole if whole else None)


def _fields(profile: Profile) -> Table:
    rows = tuple(_field_row(field, profile.records) for field in profile.fields)
    columns = ("field", "known", "share", "distinct", "least", "greatest", "example")
    return Table("Fields", columns, rows, numeric=frozenset({1, 2, 3}))


def _field_row(field: FieldProfile, records: int) -> tuple[str, ...]:
    return (
        field.name,
        count(field.known),
        _percent_of(field.known, records),
        count(field.distinct),
        field.least or "",
        field.greatest or "",
        field.example or "",
    )


def _reasons(profile: Profile) -> Table:
    rows = tuple(
        (
            reason.code,
            count(reason.records),
            f"{reason.source_file.rpartition('/')[2]}, record {reason.record}",
            reason.raw,
        )
        for reason in profile.reasons
    )
    note = "" if rows else "No record would be quarantined."
    columns = ("reason", "records", "first", "its text")
    return Table("Would be quarantined", columns, rows, numeric=frozenset({1}), note=note)


def _analyses(profile: Profile) -> Table:
    known = {name: number > 0 for name, number in profile.known.items()}
    rows = []
    for what, needed, one_of in _ANALYSES:
        missing = [name for name in needed if not known[name]]
        if one_of and not any(known[name] for name in one_of):
            missing.append(" or ".join(one_of))
        answer = f"no: {', '.join(missing)} unknown throughout" if missing else "yes"
        if "hashtags" in what and not missing and not profile.with_hashtags:
            answer = "no: no caption has a hashtag"
        rows.append((what, answer))
    return Table("Can be analysed", ("what", "answer"), tuple(rows))


def _aligned(table: Table) -> list[str]:
    """A table in columns of text; long cells but the last are cut."""
    if not table.rows:
        return [table.note]
    cells = [table.columns, *table.rows]
    shown = [[_cut(cell) for cell in row[:-1]] + [row[-1]] for row in cells]
    widths = [max(len(row[place]) for row in shown) for place in range(len(table.columns))]
    return [
        "  ".join(
            cell.rjust(width) if place in table.numeric else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in shown
    ]


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}\u2026"
