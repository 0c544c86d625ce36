"""What is built, locked and ignored."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import code_zip

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-benchmark.lock")
# Of tools in an environment of their own.
TOOLS = "requirements-tools.lock"


def test_wheel_has_all_code_and_its_data(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("lib", "jobs"):
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    for name in ("pyproject.toml", ".gitignore"):
        shutil.copy(ROOT / name, copy / name)
    (copy / "README.md").touch()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=copy, check=True, capture_output=True, text=True)
    (wheel,) = tmp_path.glob("*.whl")
    built = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    # The same as executors get: the wheel leaves out what .gitignore matches without a word.
    assert built == set(code_zip.source_files(copy))
    assert "influencers/run/session.py" in built


@pytest.mark.parametrize("lock", [*LOCKS, TOOLS])
def test_every_locked_package_has_one_version_and_hashes(lock: str) -> None:
    entries = re.split(r"\n(?=[a-zA-Z0-9])", (ROOT / lock).read_text())
    assert len(entries) > 20
    for entry in entries:
        assert re.match(r"[\w.-]+==[\w.+!]+( ;| \\)", entry), entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]


def pins(lock: str) -> set[str]:
    """Each `name==version`, with its marker."""
    found = re.findall(r"^([\w.-]+==[^\\\n]+?) *\\?$", (ROOT / lock).read_text(), re.MULTILINE)
    return {" ".join(line.split()) for line in found}


def names(lines: set[str] | list[str]) -> set[str]:
    """Normalised names of requirements."""
    found = (re.match(r"[\w.-]+", line) for line in lines)
    return {re.sub(r"[-_.]+", "-", match[0]).lower() for match in found if match}


def test_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = names(project["project"]["dependencies"])
    assert runtime <= names(pins("requirements.lock"))
    for group, lock in (("test", LOCKS[1]), ("benchmark", LOCKS[2])):
        assert runtime | names(project["dependency-groups"][group]) <= names(pins(lock))
    assert names(project["dependency-groups"]["tools"]) <= names(pins(TOOLS))


@pytest.mark.parametrize("lock", LOCKS[1:])
def test_groups_add_to_the_runtime_and_change_nothing_in_it(lock: str) -> None:
    versions = {pin.split(" ;")[0] for pin in pins("requirements.lock")}
    assert versions <= {pin.split(" ;")[0] for pin in pins(lock)}


def test_make_says_what_it_can_make() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE):
        assert re.search(rf"^make {target} +\S", done.stdout, re.MULTILINE), target


def test_make_test_checks_and_tests() -> None:
    command = ["make", "--dry-run", "test"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    checks = ("ruff check", "ruff format --check", "mypy", "supply/settings.py --check")
    for tool in ("setup.sh --group test", *checks, "pytest"):
        assert tool in done.stdout
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_ci_fails_when_a_test_fails(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / "Makefile").write_text("test:\n\t@exit 3\n")
    assert subprocess.run([tmp_path / ".ci" / "run"], cwd="/", capture_output=True).returncode
    (tmp_path / "Makefile").write_text("test:\n\t@true\n")
    assert not subprocess.run([tmp_path / ".ci" / "run"], cwd="/", capture_output=True).returncode
