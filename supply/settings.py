"""Writes conf/default.toml and docs/settings.md from the declarations of the settings.

    settings.py [--check]

With --check nothing is written: exit status 1 and one line for each file that differs; 2 for any
other argument.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import written_files

from influencers.config import Section, Setting, declarations, sections
from influencers.config.values import as_toml, type_name

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 100

TOML_HEAD = """\
# Every setting with its default: written by `make docs` from lib/influencers/config.
# Change a copy and pass it with --config, or one key with --set section.key=value.
"""

PAGE_HEAD = """\
# Settings

Every setting with its default. `--config FILE` reads a TOML file with some of them,
`--set section.key=value` changes one. [conf/default.toml](../conf/default.toml) has them all, to
copy from. `make docs` writes both from the declarations in `lib/influencers/config`.
"""


def default_toml() -> str:
    """The text of conf/default.toml."""
    return TOML_HEAD + "".join(_toml_section(section) for section in sections().values())


def settings_page() -> str:
    """The text of docs/settings.md."""
    return PAGE_HEAD + "".join(_page_section(section) for section in sections().values())


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write or check the files below a folder; returns the exit status."""
    return written_files.main(arguments, root, program="settings", files=_files, remarks=_remarks)


def _remarks(stale: Sequence[str]) -> Iterator[str]:
    for path in stale:
        yield f"{path} is not what `make docs` writes: run it, and commit the result"


def _files() -> dict[str, str]:
    return {"conf/default.toml": default_toml(), "docs/settings.md": settings_page()}


def _toml_section(section: type[Section]) -> str:
    entries = "\n".join(
        _toml_entry(name, declared) for name, declared in declarations(section).items()
    )
    return f"\n# {_meaning(section)}\n[{section.section}]\n{entries}"


def _toml_entry(name: str, setting: Setting) -> str:
    lines = textwrap.wrap(
        setting.explained, WIDTH, initial_indent="# ", subsequent_indent="# ",
        break_on_hyphens=False, break_long_words=False,
    )  # fmt: skip
    return "\n".join([*lines, f"{name} = {as_toml(setting.default)}", ""])


def _page_section(section: type[Section]) -> str:
    rows = "\n".join(_page_rows(section))
    head = "| key | type | allowed | default | meaning |\n|---|---|---|---|---|"
    return f"\n## {section.section}\n\n{_meaning(section)}\n\n{head}\n{rows}\n"


def _page_rows(section: type[Section]) -> Iterator[str]:
    for name, setting in declarations(section).items():
        cells = (
            f"`{name}`",
            type_name(setting.type),
            setting.check.wanted if setting.check else "",
            f"`{as_toml(setting.default)}`",
            setting.help + (f" Earlier name: `{setting.was}`." if setting.was else ""),
        )
        yield "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _meaning(section: type[Section]) -> str:
    return (inspect.getdoc(section) or "").partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
