"""The zip that executors import the code from."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import code_zip


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name in ("lib/influencers/__init__.py", "lib/influencers/report/page.html.j2"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {name}\n")
    (root / "jobs").mkdir()
    (root / "jobs" / "ingest.py").write_text("RESULT = 7\n")
    (root / "jobs" / "__pycache__").mkdir()
    (root / "jobs" / "__pycache__" / "ingest.cpython-311.pyc").write_bytes(b"\0")
    return root


def test_everything_but_compiled_files_is_in_it(sources: Path) -> None:
    with zipfile.ZipFile(code_zip.pack(sources)) as archive:
        assert archive.namelist() == [
            "influencers/__init__.py",
            "influencers/report/page.html.j2",
            "jobs/ingest.py",
        ]


def test_code_is_imported_from_it(sources: Path) -> None:
    (sources / "jobs" / "__init__.py").touch()
    script = "import jobs.ingest as j; print(j.RESULT, j.__file__)"
    env = {**os.environ, "PYTHONPATH": str(code_zip.pack(sources))}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=env, cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout.startswith("7 ")
    assert ".zip" in done.stdout


def test_same_sources_give_the_same_bytes(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = code_zip.pack(sources)
    other = tmp_path / "other"
    shutil.copytree(sources, other, ignore=shutil.ignore_patterns(".build"))
    for path in other.rglob("*"):
        os.utime(path, (10**9, 10**9))
    # Another file system lists its files in another order.
    listed = Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda *a: sorted(listed(*a), reverse=True))
    second = code_zip.pack(other)
    assert (first.name, first.read_bytes()) == (second.name, second.read_bytes())


def test_it_is_made_again_only_when_the_sources_change(sources: Path) -> None:
    first = code_zip.pack(sources)
    made = first.stat().st_mtime_ns
    assert code_zip.pack(sources) == first
    assert first.stat().st_mtime_ns == made
    (sources / "jobs" / "ingest.py").write_text("RESULT = 8\n")
    second = code_zip.pack(sources)
    assert second != first
    assert zipfile.ZipFile(second).read("jobs/ingest.py") == b"RESULT = 8\n"
    # A run that is still going sends its own zip to executors that come late.
    assert first.exists()


def test_runs_that_start_at_once_get_a_whole_zip(sources: Path) -> None:
    def digest(_: int) -> str:
        return hashlib.sha256(code_zip.pack(sources).read_bytes()).hexdigest()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(digest, range(32)))) == 1
    assert len(list((sources / ".build").iterdir())) == 1


def test_read_only_checkout_uses_a_folder_of_its_own(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_zip.tempfile, "tempdir", str(tmp_path))
    # Where a folder cannot be made: the same to root and to anyone else.
    (sources / ".build").write_text("not a folder")
    packed = code_zip.pack(sources)
    assert packed.parent == tmp_path / f"influencers-{os.getuid()}"
    assert packed.parent.stat().st_mode & 0o077 == 0


def test_folder_that_another_put_there_is_not_used(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_zip.tempfile, "tempdir", str(tmp_path))
    (sources / ".build").write_text("not a folder")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"influencers-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(code_zip.MendableError, match="make one writable"):
        code_zip.pack(sources)
