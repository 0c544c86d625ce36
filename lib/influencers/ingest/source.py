"""An input file: what it is, and what its head says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from influencers.ingest.columns import Header
from influencers.ingest.dialect import PLAIN, Dialect
from influencers.ingest.encodings import UTF_8
from influencers.ingest.json_heads import LINES, JsonLayout
from influencers.ingest.naming import PLAIN_NAMES, Naming
from influencers.ingest.parquet import ParquetColumn
from influencers.storage.input_files import FileStatus

CSV, JSON, PARQUET = "csv", "json", "parquet"


@dataclass(frozen=True)
class Head:
    """What the head of a CSV or JSON file says.

    Attributes:
        names: of the columns, as the records have them; of JSON, the keys.
        dialect: of a CSV file.
        encoding: of its text.
        layout: of a JSON file.
        naming: how its names are taken.
        is_packed: whether it has to be unpacked or recoded before it says anything (`unpacking`).
    """

    names: Sequence[str] = ()
    dialect: Dialect = PLAIN
    encoding: str = UTF_8
    layout: JsonLayout = LINES
    naming: Naming = PLAIN_NAMES
    is_packed: bool = False


@dataclass(frozen=True)
class Source:
    """An input file.

    Attributes:
        file: as it is listed.
        format: CSV, JSON or Parquet.
        header: which column is which field.
        head: of CSV and JSON.
        columns: of Parquet, those of fields.
        member: of a packed file, which of its files; None: it is not packed.
        folders: fields that the file lacks and the names of its folders say.
    """

    file: FileStatus
    format: str
    header: Header
    head: Head = Head()
    columns: tuple[ParquetColumn, ...] = ()
    member: str | None = None
    folders: Mapping[str, str] = field(default_factory=dict)


def files_of(sources: Iterable[Source]) -> list[FileStatus]:
    """The files that sources are of, each once: a packed file may be several sources."""
    return list(dict.fromkeys(source.file for source in sources))


def first_of(uris: Sequence[str]) -> str:
    """Files in a line of the log: the first of them, and how many more there are."""
    return f"{uris[0]} and {len(uris) - 1} more" if len(uris) > 1 else uris[0]
