"""Settings of what is read, kept and written."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from zoneinfo import available_timezones

from influencers.config.checks import Check, at_least, matching, one_of, require, within
from influencers.config.setting import Section, setting


def _is_timezone(name: str) -> bool:
    # Java reads them too, and by no other names.
    return name == "UTC" or ("/" in name and name in available_timezones())


_FOUR_RISING = Check(
    lambda edges: len(edges) == 4 and all(a < b for a, b in itertools.pairwise(edges)),
    "four rising follower counts",
)


@dataclass(frozen=True)
class PathsConfig(Section, section="paths"):
    """Where a run reads and writes."""

    input: tuple[str, ...] = setting(
        (), "Files, folders or globs of posts: any URI that Spark can read."
    )
    output: str = setting(
        "out",
        "Folder or URI below which a run writes everything it makes.",
        matching(".+", "a folder or URI"),
    )
    models: str = setting("", "Folder in which `score` finds saved models. Empty: OUTPUT/models.")


@dataclass(frozen=True)
class IngestConfig(Section, section="ingest"):
    """How files become posts."""

    format: str = setting(
        "auto",
        "Format of all input files. auto: by file name.",
        one_of("auto", "csv", "json", "parquet"),
    )
    export: str = setting(
        "auto",
        "Export of a scraper or research tool that the input files are. auto: recognised where "
        "fields are missing; none: of no such kind; profiles: accounts without posts, as accounts "
        "has them.",
        one_of(
            "auto",
            "none",
            "instaloader",
            "zeeschuimer",
            "graphimages",
            "apify",
            "crowdtangle",
            "metacontentlibrary",
            "profiles",
        ),
    )
    columns: tuple[str, ...] = setting(
        (),
        "Columns, or paths in JSON, of fields, each as FIELD=NAME: likes=like_count, "
        "caption=text.body. They go before what is recognised.",
    )
    accounts: tuple[str, ...] = setting(
        (),
        "Files of accounts (owner_id or username, followers, following, time), which give posts "
        "the followers that their own files do not have.",
    )
    encoding: str = setting(
        "utf-8",
        "Encoding of CSV and JSON files: UTF-8 or any single-byte encoding that Python knows.",
    )
    separator: str = setting(
        "",
        "Character between the cells of CSV files, any one of ASCII; \\t is a tab. Empty: found by "
        "the header of each file, among comma, semicolon, tab and vertical bar.",
        matching(r"|\\t|[\t !-~]", "one ASCII character, or nothing"),
    )
    quote: str = setting(
        '"',
        "Character around cells of CSV files that hold separators, quotes or line ends.",
        matching("[!-~]", "one ASCII character"),
    )
    escape: str = setting(
        "auto",
        "How quotes within quoted cells of CSV files are written. doubled: twice, as RFC 4180 has "
        "it; backslash: behind a backslash, as Spark and MySQL do; auto: as more of a file's first "
        "records can be read.",
        one_of("auto", "doubled", "backslash"),
    )
    header_line: int = setting(
        0,
        "Line of CSV files in which the columns are named, from 1; what stands before it is left "
        "out. 0: the line that names most fields.",
        at_least(0),
    )
    max_record_chars: int = setting(
        262_144,
        "Length of a CSV record in characters, above which it is taken for an unclosed quote: it "
        "is quarantined, and reading goes on after its first line.",
        at_least(1024),
    )
    max_record_bytes: int = setting(
        4_194_304,
        "Size in bytes of a line, or of a row of Parquet, above which it is quarantined with only "
        "its beginning kept.",
        at_least(1024),
    )
    split_bytes: int = setting(
        33_554_432,
        "Size in bytes of the stretches of a CSV or JSON file that are read at once, each by one "
        "core.",
        at_least(1),
    )
    decimal: str = setting(
        "",
        "Decimal mark of numbers. Empty: 1,234 and 1.234 are both 1234, as counts are whole; "
        "12.000, which may be 12 or 12000, is quarantined.",
        one_of("", ".", ","),
    )
    rounded: str = setting(
        "keep",
        "Counts that are abbreviated, as 1.2K, or have an exponent, as 1.23E+6. keep: read, with "
        "the step to which they are rounded; refuse: quarantined.",
        one_of("keep", "refuse"),
    )
    date_order: str = setting(
        "",
        "Order of day and month in dates with slashes, as 05/13/2024. Empty: such records are "
        "quarantined. Dates with points begin with the day.",
        one_of("", "dmy", "mdy"),
    )
    timezone: str = setting(
        "UTC",
        "Time zone of times that name none, such as Europe/Berlin.",
        Check(_is_timezone, "a name of the time zone database"),
    )
    earliest_time: int = setting(
        1_286_323_200,
        "Earliest possible time of a post, in Unix seconds. Instagram opened on 2010-10-06.",
        at_least(0),
    )
    latest_time: int = setting(
        0, "Latest possible time of a post, in Unix seconds. 0: the time of the run.", at_least(0)
    )
    crawled_at: str = setting(
        "",
        "When files were read from Instagram that do not say it: 2024-05-13T09:17:23Z, or Unix "
        "seconds. Empty: it is not known.",
        matching(
            "|[0-9]{9,10}|[0-9]{4}-[0-9]{2}-[0-9]{2}.*", "a time as ISO 8601, or Unix seconds"
        ),
    )
    crawled_at_pattern: str = setting(
        "",
        "Names of files that say it, such as posts-{date}.csv: {date} is a day, 2024-05-13 or "
        "20240513, with or without a time behind it, and * any characters. Empty: none do.",
        matching(r"|[^{}]*\{date\}[^{}]*", "a pattern with one {date}"),
    )
    hash_limit_mb: int = setting(
        10_240,
        "Size of the input in MB up to which the manifest lists a hash of each file; beyond it, "
        "size and time of modification.",
        at_least(0),
    )
    replace: tuple[str, ...] = setting(
        (),
        "Corrected files to read: their posts win over what other files, or the tables, say of "
        "the same posts.",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        distinct = len({self.separator, self.quote, "\\"}) == 3
        wanted = "neither ingest.quote nor a backslash, which ingest.quote is not either"
        require(distinct, "ingest.separator", wanted, self.separator)


@dataclass(frozen=True)
class ProfileConfig(Section, section="profile"):
    """What `profile` looks at, and where it puts its page."""

    all: bool = setting(
        False,
        "Whether every record of the input is looked at. false: the first megabyte of each of the "
        "first files.",
    )
    html: str = setting("", "File or URI for the profile as a page. Empty: none is written.")


@dataclass(frozen=True)
class FeaturesConfig(Section, section="features"):
    """How posts and accounts are described."""

    history_posts: int = setting(
        10,
        "How many strictly earlier posts of the author the history features summarise.",
        at_least(1),
    )
    tier_edges: tuple[int, ...] = setting(
        (10_000, 100_000, 500_000, 1_000_000),
        "Follower counts at which the tiers micro, mid, macro and mega begin; below: nano.",
        _FOUR_RISING,
    )


_CRAWLED_HOURS = 8 * 365 * 24  # from the first crawl of a sample to the last


@dataclass(frozen=True)
class GenerateConfig(Section, section="generate"):
    """The synthetic sample: how many records, and what share of them is faulty."""

    posts: int = setting(
        6_000,
        "Number of records in posts.csv, including faulty and duplicate ones; with several crawls, "
        "of posts, which each crawl reads again.",
        at_least(1),
    )
    accounts: int = setting(
        400, "Number of accounts that post; at most one for each post.", at_least(1)
    )
    images: int = setting(
        1_000_000_000,
        "Maximum number of image files. There is at most one for each post; with fewer, posts "
        "share them. 0: image URLs, but no files.",
        at_least(0),
    )
    seed: int = setting(
        7, "Random seed: the same seed gives the same sample.", within(0, 2**62 - 1)
    )
    bad_share: float = setting(0.01, "Share of records that cannot be used.", within(0, 0.5))
    duplicate_share: float = setting(
        0.01, "Share of records that are a second crawl of the same post.", within(0, 0.5)
    )
    expired_share: float = setting(
        0.05, "Share of posts whose image URL has expired.", within(0, 0.5)
    )
    image_base_url: str = setting(
        "https://images.example",
        "URL at which the folder images/ will be served.",
        matching(r'https?://[^,"?# \t\r\n]*', "an http or https URL without query"),
    )
    image_size: int = setting(160, "Longer side of an image, in pixels.", within(64, 4_096))
    crawls: int = setting(
        1,
        "Number of crawls of the same accounts. 1: posts.csv; more: a file for each in crawls/, "
        "with the time of the crawl.",
        within(1, 1_000),
    )
    every_hours: int = setting(24, "Hours from one crawl to the next.", within(1, 8_760))

    def __post_init__(self) -> None:
        super().__post_init__()
        last_that_fits = _CRAWLED_HOURS // max(self.crawls - 1, 1)
        wanted = f"at most {last_that_fits:,} with {self.crawls:,} crawls, of eight years in all"
        require(
            self.every_hours <= last_that_fits, "generate.every_hours", wanted, self.every_hours
        )


@dataclass(frozen=True)
class ReportConfig(Section, section="report"):
    """The report."""

    title: str = setting("Influencers on Instagram", "Title of the report.")
    communities: int = setting(
        20, "Number of communities that are listed, largest first.", at_least(0)
    )
    tags: int = setting(12, "Number of hashtags listed for each community.", at_least(1))
    copied: int = setting(20, "Number of most duplicated images that are listed.", within(0, 200))
    movers: int = setting(
        15,
        "Number of accounts whose followers changed most, and of posts that did best, that are "
        "listed.",
        within(1, 200),
    )


@dataclass(frozen=True)
class ExportConfig(Section, section="export"):
    """A table for a spreadsheet."""

    table: str = setting("", "Name of the table that `export` writes as CSV, such as accounts.")


@dataclass(frozen=True)
class StorageConfig(Section, section="storage"):
    """How tables are written, and how long their old versions stay."""

    driver_rows: int = setting(
        100_000,
        "Rows up to which a table in a folder of the driver's machine is written there by the "
        "driver itself, without a query of Spark. 0: Spark writes every table.",
        at_least(0),
    )
    direct: bool = setting(
        True,
        "Whether tasks write the data files of tables in a local folder themselves, as far as they "
        "make the rows. false: Spark does.",
    )
    retain_days: float = setting(
        7.0,
        "Days for which old versions of a table stay readable; older ones are removed when a job "
        "has ended. 0: at once, even if another process is still reading them.",
        within(0, 36_500),
    )


@dataclass(frozen=True)
class ForgetConfig(Section, section="forget"):
    """Accounts that an output has to forget."""

    owners: tuple[str, ...] = setting((), "Ids (owner_id) of accounts that `forget` removes.")
