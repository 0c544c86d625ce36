"""The files that are written from the declarations of the settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import settings

from influencers.config import Config, all_settings, load

ROOT = Path(__file__).resolve().parents[2]
FILES = ("conf/default.toml", "docs/settings.md")


@pytest.fixture
def written(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir()
    assert settings.main([], tmp_path) == 0
    return tmp_path


def test_what_is_committed_is_what_would_be_written() -> None:
    assert settings.main(["--check"]) == 0


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_differs_or_lacks_is_named_in_one_line(
    name: str, written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert settings.main(["--check"], written) == 0
    file = written / name
    text = file.read_text(encoding="utf-8")
    file.write_text(text + " ", encoding="utf-8")
    assert settings.main(["--check"], written) == 1
    told = capsys.readouterr().err
    assert told == f"{name} is not what `make docs` writes: run it, and commit the result\n"
    file.unlink()
    assert settings.main(["--check"], written) == 1
    assert settings.main([], written) == 0
    assert file.read_text(encoding="utf-8") == text


def test_a_misspelt_option_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert settings.main(["--chek"], tmp_path) == 2
    assert capsys.readouterr().err == "usage: settings.py [--check]\n"
    assert not list(tmp_path.iterdir())


def test_the_written_toml_is_the_defaults(written: Path) -> None:
    assert load(str(written / "conf/default.toml")) == Config()


def test_the_page_has_one_row_for_every_setting(written: Path) -> None:
    page = (written / "docs/settings.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    keys = [
        f"{section.split()[0]}.{name}"
        for section in sections
        for name in re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    ]
    assert keys == list(all_settings())
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 6 for row in rows)
