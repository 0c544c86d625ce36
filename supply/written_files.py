"""Files that are written from declarations: written anew, or named where they are out of date."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path


def main(
    arguments: Sequence[str],
    root: Path,
    *,
    program: str,
    files: Callable[[], Mapping[str, str]],
    remarks: Callable[[Sequence[str]], Iterable[str]],
) -> int:
    """Write the files below a folder; with --check write nothing, and say what is out of date.

    Args:
        arguments: none, or `--check`.
        root: the folder.
        program: the name to speak under.
        files: gives what each file is to hold, by its path below the folder.
        remarks: what --check says of the paths of files that are out of date, one or more.

    Returns:
        The exit status: 0 written, or all is as it would be written; 1 with --check, a file is
        not; 2 other arguments.
    """
    if list(arguments) not in ([], ["--check"]):
        print(f"usage: {program}.py [--check]", file=sys.stderr)
        return 2
    wanted = files()
    stale = [path for path, text in wanted.items() if not _holds(root / path, text)]
    if arguments:
        for line in remarks(stale) if stale else ():
            print(line, file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        (root / path).write_text(wanted[path], encoding="utf-8")
    print(f"{program}: {' and '.join(stale) or 'nothing'} changed")
    return 0


def _holds(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text
