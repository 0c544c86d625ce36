"""When files were read from Instagram that do not say it of their records.

A time is never invented: it is the user who gives it, for all files (`ingest.crawled_at`) or by
their names (`ingest.crawled_at_pattern`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest.records import Work
from influencers.ingest.source import first_of

_DATE = "{date}"
# A day, and the time of day behind it if there is one.
_WRITTEN = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[T_ -]?(\d{2})[-:.]?(\d{2})(?:[-:.]?(\d{2}))?)?(Z?)"
)


@dataclass(frozen=True)
class CrawlTimes:
    """The times of crawls that files themselves do not give.

    Attributes:
        given: of files whose names say nothing; Unix seconds, or None.
        pattern: of names that say it.
        zone: of times in names that do not end in `Z`.
    """

    given: int | None
    pattern: str
    zone: str

    @staticmethod
    def by(config: IngestConfig) -> CrawlTimes:
        """By a configuration.

        Raises:
            UserError: `ingest.crawled_at` is no time.
        """
        given = _seconds(config.crawled_at, config.timezone) if config.crawled_at else None
        return CrawlTimes(given, config.crawled_at_pattern, config.timezone)

    def of(self, source_file: str) -> int | None:
        """The time of a file's crawl in Unix seconds; None if nobody says it.

        >>> CrawlTimes(None, "posts-{date}.csv", "UTC").of("s3a://lake/posts-2024-05-13.csv")
        1715558400
        >>> CrawlTimes(None, "{date}/*.csv", "UTC").of("file:///in/20240513T0600Z/a.csv")
        1715580000

        Raises:
            UserError: the name has a date that is none, such as 2024-02-30.
        """
        match = self._names.search(unquote(source_file)) if self.pattern else None
        if match is None:
            return self.given
        try:
            return _named_seconds(match["date"], self.zone)
        except ValueError:
            raise UserError(
                f"{source_file}: {match['date']} in its name is no time: rename it, or mend "
                "ingest.crawled_at_pattern"
            ) from None

    def is_named(self, source_file: str) -> bool:
        """Whether the name of a file matches the pattern."""
        return bool(self._names.search(unquote(source_file)))

    def work(self, work: Work) -> Work:
        """Work on records that have these times where they have none themselves."""
        if self.given is None and not self.pattern:
            return work
        return work._replace(of=partial(_after, self, work))

    def filled(self, records: pa.RecordBatch) -> pa.RecordBatch:
        """Records, with a text of the time where they have none.

        Args:
            records: the columns of `records.RECORDS_SCHEMA`.
        """
        named = records.column("source_file").dictionary_encode()
        texts = pa.array(
            [_text(self.of(name)) for name in named.dictionary.to_pylist()], pa.string()
        )
        place = records.schema.get_field_index("crawled_at")
        own = records.column(place)
        missing = pc.or_kleene(own.is_null(), pc.equal(pc.utf8_trim_whitespace(own), ""))
        times = pc.if_else(missing, texts.take(named.indices), own)
        return records.set_column(place, records.schema.field(place), times)

    @property
    def _names(self) -> re.Pattern[str]:
        before, after = (
            re.escape(part).replace(r"\*", "[^/]*") for part in self.pattern.split(_DATE)
        )
        return re.compile(rf"(?:^|/){before}(?P<date>{_WRITTEN.pattern}){after}$")


def remarks(uris: Sequence[str], config: IngestConfig, *, now: int) -> list[str]:
    """A line on the files whose names do not match the pattern, if there are any.

    Args:
        uris: of the files.
        config: says how their times are known.
        now: Unix seconds.

    Raises:
        UserError: no name matches, or a time is none, or not possible.
    """
    times = CrawlTimes.by(config)
    for uri in uris:
        at = times.of(uri)
        if at is not None and not config.earliest_time <= at <= max(config.latest_time, now):
            moment = datetime.fromtimestamp(at, timezone.utc)
            raise UserError(
                f"{uri}: crawled at {moment:%Y-%m-%d %H:%M} UTC, which is in the future or before "
                "Instagram opened: correct --crawled-at or the file's name"
            )
    others = [uri for uri in uris if times.pattern and not times.is_named(uri)]
    if len(others) == len(uris):
        raise UserError(
            f"{first_of(others)}: no name matches ingest.crawled_at_pattern {times.pattern}"
        )
    return [f"{first_of(others)}: no match of {times.pattern}"] if others else []


def _after(
    times: CrawlTimes, work: Work, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    return work.of(map(times.filled, batches))


def _text(seconds: int | None) -> str | None:
    return None if seconds is None else str(seconds)


def _seconds(text: str, zone: str) -> int:
    """Unix seconds of a time as the command line has it."""
    if text.isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
    except ValueError:
        raise UserError(
            f"--crawled-at {text}: no time such as 2024-05-13T09:17:23Z, or Unix seconds"
        ) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp())


def _named_seconds(text: str, zone: str) -> int:
    match = _WRITTEN.fullmatch(text)
    assert match is not None
    *parts, is_utc = match.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    at = timezone.utc if is_utc else ZoneInfo(zone)
    return int(datetime(year, month, day, hour, minute, second, tzinfo=at).timestamp())
