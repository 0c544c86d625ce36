"""The columns of a file and the names of its folders, held against the fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from influencers.errors import UserError
from influencers.ingest import partitions
from influencers.ingest.columns import Header
from influencers.ingest.naming import Naming, header_of
from influencers.ingest.source import JSON
from influencers.storage.input_files import FileStatus


def header_of_file(
    names: Sequence[str], file: FileStatus, naming: Naming, *, kind: str
) -> tuple[Header, dict[str, str]]:
    """What the column names say, and the fields that the names of folders say in their place.

    Args:
        names: of the columns; of JSON, the keys.
        file: as it is listed.
        naming: how the names are taken.
        kind: the format.

    Raises:
        UserError: a needed column, or one that is set, is missing, or two columns are the same
            field. JSON has no columns: each record is looked at by itself.
    """
    uri, in_path = file.uri, partitions.in_path(file.path)
    header = header_of(names, naming)
    given = partitions.fields_of(in_path, header, naming)
    header = replace(
        header,
        missing=tuple(field for field in header.missing if field not in given),
        absent=tuple(field for field in header.absent if field not in given),
    )
    present = ", ".join([*names[:20], *(f"{name}= in its path" for name in in_path)]) or "none"
    for field, column in naming.columns.items():
        if column not in {*names, *in_path} and (kind != JSON or field not in header.places):
            raise UserError(f"{uri}: no column {column} for {field} (found: {present})")
    if header.missing:
        raise UserError(
            f"{uri}: no column {', '.join(header.missing)} (found: {present}): "
            + ("name keys with --column FIELD=PATH" if kind == JSON
               else "name the columns in the first line, or with --column FIELD=NAME")
        )  # fmt: skip
    if header.repeated and kind != JSON:
        field = header.repeated[0]
        raise UserError(f"{uri}: two columns for {field}: choose one with --column {field}=NAME")
    return header, given
