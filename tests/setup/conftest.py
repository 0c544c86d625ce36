"""A copy of the checkout, and a machine, for the tests that run the real scripts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from machines import Checkout, Machine

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("setup.sh", "spark-submit.sh", "pyproject.toml", "Makefile")
TOOLS = ("bash", "env", "dirname", "readlink", "mkdir", "cat")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A copy in a folder with a space in its name."""
    root = tmp_path / "check out"
    for folder in ("launch", "conf"):
        shutil.copytree(
            ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
        )
    for file in [*map(ROOT.joinpath, SCRIPTS), *ROOT.glob("requirements*.lock")]:
        shutil.copy(file, root / file.name)
    return Checkout(root)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with a shell, Python and Java 17."""
    folder = tmp_path / "machine" / "bin"
    folder.mkdir(parents=True)
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, f"the tests need {tool}"
        (folder / tool).symlink_to(found)
    made = Machine(folder)
    made.python("python3")
    made.java("17.0.15")
    return made
