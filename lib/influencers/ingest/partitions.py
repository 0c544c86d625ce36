"""Values in the names of folders, as Spark and Hive write partitions: `is_video=true/a.csv`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from influencers.ingest.columns import Header, field_of
from influencers.ingest.naming import Naming
from influencers.ingest.split_plans import Plan
from influencers.ingest.split_tasks import Batches

_NOTHING = "__HIVE_DEFAULT_PARTITION__"


def in_path(path: str) -> dict[str, str]:
    """The names and values that folders of a path have; empty where they say nothing.

    >>> in_path("/posts/is_video=true/place=a%2Fb/part-0.csv")
    {'is_video': 'true', 'place': 'a/b'}
    """
    found = {}
    for folder in path.split("/")[:-1]:
        name, is_one, value = folder.partition("=")
        if is_one:
            found[unquote(name)] = "" if value == _NOTHING else unquote(value)
    return found


def fields_of(names: Mapping[str, str], header: Header, naming: Naming) -> dict[str, str]:
    """The fields that folders say and the file itself lacks, with their values.

    Args:
        names: as `in_path` gives them.
        header: of the file.
        naming: what is set goes before what the names say.
    """
    found = {field: names[name] for name in names if (field := field_of(name))}
    found |= {field: names[name] for field, name in naming.columns.items() if name in names}
    return {field: value for field, value in found.items() if field not in header.places}


def filled(batch: pa.RecordBatch, by_file: Mapping[str, Mapping[str, str]]) -> pa.RecordBatch:
    """Raw records with what the folders of their files say; such that cannot be read stay.

    Args:
        batch: the columns of `records.RECORDS_SCHEMA`.
        by_file: by `source_file`, values of fields.
    """
    files = batch.column("source_file").dictionary_encode()
    known = [by_file.get(uri, {}) for uri in files.dictionary.to_pylist()]
    readable = batch.column("problem").is_null()
    for field in dict.fromkeys(field for values in known for field in values):
        each = pa.array([values.get(field) or None for values in known], pa.string())
        values = pc.if_else(readable, each.take(files.indices), pa.scalar(None, pa.string()))
        place = batch.schema.get_field_index(field)
        cells = pc.coalesce(batch.column(place), values)
        batch = batch.set_column(place, batch.schema.field(place), cells)
    return batch


@dataclass(frozen=True)
class FilledBatches:
    """Batches of a file with what its folders say.

    Attributes:
        batches: those of the file alone.
        by_file: as `filled` has it.
    """

    batches: Batches
    by_file: Mapping[str, Mapping[str, str]]

    @property
    def preamble(self) -> int:
        """As the file has it."""
        return self.batches.preamble

    @property
    def separator(self) -> bytes:
        """As the file has it."""
        return self.batches.separator

    def of_split(self, pieces: Iterable[bytes], plan: Plan) -> Iterator[pa.RecordBatch]:
        """The records of a split."""
        for batch in self.batches.of_split(pieces, plan):
            yield filled(batch, self.by_file)
