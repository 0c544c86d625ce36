"""Packs lib/influencers and jobs into one zip for the executors."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from pathlib import Path

from machine import MendableError

# Where each top-level package of the zip comes from.
PACKAGES = {"influencers": Path("lib", "influencers"), "jobs": Path("jobs")}


def pack(root: Path) -> Path:
    """The zip of the code as it is now, made if there is none of this content yet.

    Its name has the content's hash: two runs that start at once, or with other code, do not meet.
    The same sources give the same bytes.
    """
    files = source_files(root)
    digest = hashlib.sha256()
    for name, path in files.items():
        digest.update(f"{name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    folder = build_folder(root)
    target = folder / f"influencers-{digest.hexdigest()[:16]}.zip"
    if target.exists():
        return target
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".new", delete=False) as draft:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in files.items():
                entry = zipfile.ZipInfo(name)  # without the time, which starts at 1980
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    os.chmod(draft.name, 0o644)
    os.replace(draft.name, target)
    return target


def source_files(root: Path) -> dict[str, Path]:
    """Name in the zip → file, in the order of names: all files but what Python compiled."""
    found: dict[str, Path] = {}
    for package, folder in PACKAGES.items():
        for path in (root / folder).rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                found[f"{package}/{path.relative_to(root / folder).as_posix()}"] = path
    return dict(sorted(found.items()))


def build_folder(root: Path) -> Path:
    """The folder for zips: `.build`, or one of this user's own where the checkout is read-only."""
    folder = root / ".build"
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        pass
    if folder.is_dir() and os.access(folder, os.W_OK):
        return folder
    folder = Path(tempfile.gettempdir(), f"influencers-{os.getuid()}")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        # Anyone may make a folder there: only one of ours is safe to run code from.
        safe = folder.stat().st_uid == os.getuid() and not folder.is_symlink()
    except OSError:
        safe = False
    if not safe:
        raise MendableError(f"cannot write to {root / '.build'} nor to {folder}: make one writable")
    return folder
