"""Which name of a file stands for which field: as set, by the export, or by the name itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest import exports
from influencers.ingest.columns import FIELDS, REQUIRED, Header, field_of, is_own_name, read_header


@dataclass(frozen=True)
class Naming:
    """How the names of a file are taken.

    Attributes:
        columns: field → name, or path in JSON, as it is set.
        export: the name of the export that the file is of; empty: of none that is known.
        elsewhere: fields that other files have.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    export: str = ""
    elsewhere: tuple[str, ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """The fields that a file must have."""
        export = exports.named(self.export)
        needed = export.needed if export else REQUIRED
        return tuple(name for name in needed if name not in self.elsewhere)

    def settled(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Records, with what the export writes in its own way as it is read elsewhere."""
        export = exports.named(self.export)
        return exports.settled(batch, export) if export else batch


PLAIN_NAMES = Naming()


def naming_of(config: IngestConfig) -> Naming:
    """What the configuration says of names.

    Raises:
        UserError: it names a field that is none.
    """
    columns = {}
    for pair in config.columns:
        name, _, column = pair.partition("=")
        known = name if name in FIELDS else field_of(name)
        if known is None or not column:
            raise UserError(
                f"--column {pair}: name a field and a column, as likes=like_count "
                f"(fields: {', '.join(FIELDS)})"
            )
        columns[known] = column
    export = "" if config.export in ("auto", "none") else config.export
    return Naming(columns, export, ("followers", "following") if config.accounts else ())


def for_names(names: Sequence[str], config: IngestConfig) -> Naming:
    """How the columns of a file are taken. An export is looked for where fields are missing."""
    naming = naming_of(config)
    if config.export == "auto" and header_of(names, naming).missing:
        export = exports.of_names(names)
        return replace(naming, export=export.name if export else "")
    return naming


def for_records(records: Sequence[Mapping[str, Any]], config: IngestConfig) -> Naming:
    """As `for_names`, for the first objects of a JSON file."""
    naming = naming_of(config)
    if config.export == "auto":
        lacking = (one for one in records if header_of(names_in([one], naming), Naming()).missing)
        export = next(filter(None, map(exports.of_record, lacking)), None)
        return replace(naming, export=export.name if export else "")
    return naming


def header_of(names: Sequence[str], naming: Naming) -> Header:
    """What the column names of a file say.

    What is set goes before the export, and that before names that are fields themselves.
    """
    export = exports.named(naming.export)
    chosen = {} if export is None else {
        name: column for name, paths in export.fields.items()
        if (column := exports.column_of(paths, names)) is not None
    }  # fmt: skip
    chosen |= {name: column for name, column in naming.columns.items() if column in names}
    taken = set(chosen.values())
    # A name that is taken, or would stand for a field that is, stands for nothing.
    others = ["" if name in taken or field_of(name) in chosen else name for name in names]
    plain = read_header(others)
    places = {**plain.places, **{name: names.index(column) for name, column in chosen.items()}}
    return replace(
        plain,
        places=places,
        missing=tuple(name for name in naming.needed if name not in places),
        absent=tuple(
            name for name in FIELDS if name not in {*places, *naming.needed, *naming.elsewhere}
        ),
        extra=tuple(
            name.strip() for place, name in enumerate(names) if place not in places.values()
        ),
    )


def names_in(records: Sequence[Mapping[str, Any]], naming: Naming) -> list[str]:
    """The names in JSON objects; those that stand for fields by their paths by the fields' own."""
    names: dict[str, None] = {}
    for record in records:
        if naming.export or naming.columns:
            names.update(dict.fromkeys(_chosen(record, naming)))
        if not naming.export:
            names.update(dict.fromkeys(record))
    return list(names)


def json_cells(record: Mapping[str, Any], naming: Naming) -> dict[str, str]:
    """The fields of a JSON object, those that say something, as texts."""
    cells = {name: _text(value) for name, value in _chosen(record, naming).items()}
    given = [name for name, value in record.items() if value is not None and value != ""]
    # A field's own name goes before other spellings of it; a record seldom has both.
    for name in sorted(given, key=lambda one: not is_own_name(one)):
        stands_for, value = field_of(name), record[name]
        # What an export has of an object by a path, it does not have as the object itself.
        if stands_for is not None and not (naming.export and isinstance(value, dict | list)):
            cells.setdefault(stands_for, _text(value))
    return cells


def _chosen(record: Mapping[str, Any], naming: Naming) -> dict[str, Any]:
    export = exports.named(naming.export)
    cells = exports.cells_of(record, export) if export else {}
    for name, path in naming.columns.items():
        value = exports.at_path(record, path)
        if value is not None:
            cells[name] = value
    return cells


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
