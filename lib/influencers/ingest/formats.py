"""The formats of input files, by their names or as they are set."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from influencers import progress
from influencers.config import IngestConfig
from influencers.errors import UserError
from influencers.ingest import unpacking
from influencers.ingest.source import CSV, JSON, PARQUET, first_of
from influencers.storage.input_files import FileStatus

PACKED = "packed"
_FORMATS = {
    ".csv": CSV,
    ".tsv": CSV,
    ".tab": CSV,
    ".json": JSON,
    ".jsonl": JSON,
    ".ndjson": JSON,
    ".parquet": PARQUET,
}
_COMPRESSED = (".gz", ".bz2")
# Kinds of tables that are not read, by names and by first bytes.
_UNREAD_ENDINGS = {".orc": "ORC", ".avro": "Avro"}
_MAGIC = {b"PAR1": "Parquet", b"ORC": "ORC", b"Obj\x01": "Avro"}


def kinds_of(
    files: Sequence[FileStatus], named: Collection[str], config: IngestConfig
) -> dict[FileStatus, str]:
    """The format of each file; those of other kinds in folders are left out, and named.

    Args:
        files: what was found.
        named: the paths that were asked for, as files have them.
        config: a format that is set holds for all.

    Raises:
        UserError: a file that was asked for is of no kind that is known, or all are, or one is a
            table of another kind.
    """
    kinds = {}
    others = []
    for file in files:
        unread = _UNREAD_ENDINGS.get(f".{file.uri.lower().rpartition('.')[2]}")
        if unread and config.format == "auto":
            raise UserError(f"{file.uri}: {unread} is not read: write it as Parquet")
        kind = format_by_name(file.uri) if config.format == "auto" else config.format
        if kind is None and file.path not in named:
            others.append(file)
        else:
            kinds[file] = kind or format_of(file.uri, config)
    if others and kinds:
        left_out = first_of([file.uri for file in others])
        progress.say(f"left out {left_out}: of no kind that is read")
    return kinds or {file: format_of(file.uri, config) for file in files}


def format_of(uri: str, config: IngestConfig) -> str:
    """The format that the configuration or the file's name gives.

    Raises:
        UserError: neither does.
    """
    if config.format != "auto":
        return config.format
    kind = format_by_name(uri)
    if kind is not None:
        return kind
    known = ", ".join(_FORMATS)
    packings = ", ".join((*_COMPRESSED, *unpacking.ENDINGS))
    raise UserError(
        f"{uri}: what format is this? Name it with --set ingest.format=csv (or json, parquet), "
        f"or end the file's name in one of {known}, with one of {packings} behind if it is packed"
    )


def format_by_name(uri: str) -> str | None:
    """The format that a file's name gives; None: it says nothing."""
    name = uri.lower()
    if name.endswith(unpacking.ENDINGS):
        return PACKED
    for ending in _COMPRESSED:
        name = name.removesuffix(ending)
    return next((kind for ending, kind in _FORMATS.items() if name.endswith(ending)), None)


def check_is_text(head: bytes, path: str) -> None:
    """Refuse what is a table of another kind under a wrong name.

    Args:
        head: the first bytes of what should be CSV or JSON.
        path: names the file in messages.

    Raises:
        UserError: it is Parquet, ORC or Avro.
    """
    kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
    # A header may begin with such letters; no text has such characters.
    if kind is None or all(byte > 8 for byte in head[:256]):
        return
    if kind == "Parquet":
        raise UserError(f"{path} is Parquet: end its name in .parquet")
    raise UserError(f"{path} is {kind}, which is not read: write it as Parquet")


def unpacked_name(uri: str) -> str:
    """A name without what says how the file is packed.

    >>> unpacked_name("posts.json.xz")
    'posts.json'
    """
    ending = next((end for end in unpacking.ENDINGS if uri.lower().endswith(end)), "")
    return uri[: len(uri) - len(ending)]
