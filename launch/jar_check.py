"""Whether the jars of a folder are those that were fetched, at the price of a look at each.

A jar is hashed when its size or its times of change are not what they were when it was last found
to be right; that is kept beside the jars.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

CHECKED = "checked.json"


def altered(folder: Path, known: Mapping[str, str], *, keep: bool = True) -> list[str]:
    """The names of jars that are missing, are not known, or have other bytes than they should.

    Args:
        folder: where the jars lie.
        known: the SHA-256 of each; an empty one is not known, and any jar of the name will do.
        keep: whether to keep what was found; not in a folder of someone else's.
    """
    present = {jar.name: jar for jar in folder.glob("*.jar")}
    wrong = sorted(present.keys() ^ known.keys())
    before, now = _checked(folder), {}
    for name in sorted(present.keys() & known.keys()):
        stamp = _stamp(present[name], known[name])
        if known[name] and before.get(name) != stamp and sha256(present[name]) != known[name]:
            wrong.append(name)
        else:
            now[name] = stamp
    if keep and now != before and not wrong:
        _keep(folder, now)
    return wrong


def sha256(jar: Path) -> str:
    """The SHA-256 of a file, in hex."""
    found = hashlib.sha256()
    with jar.open("rb") as file:
        while chunk := file.read(1 << 20):
            found.update(chunk)
    return found.hexdigest()


def _stamp(jar: Path, checksum: str) -> list[object]:
    status = jar.stat()
    return [checksum, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _checked(folder: Path) -> dict[str, list[object]]:
    try:
        found = json.loads((folder / CHECKED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(folder: Path, stamps: dict[str, list[object]]) -> None:
    draft = folder / f"{CHECKED}.{os.getpid()}"
    # Where that is not to be written, the next start hashes again.
    with contextlib.suppress(OSError):
        draft.write_text(json.dumps(stamps) + "\n", encoding="utf-8")
        os.replace(draft, folder / CHECKED)
