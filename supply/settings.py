"""Writes conf/default.toml and docs/settings.md from the declarations of the settings.

    settings.py [--check]

With --check nothing is written: exit status 1 and one line for each file that differs.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

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


def differing(root: Path) -> list[str]:
    """One line for each file below a folder that is not as it would be written."""
    return [
        f"{path} is not what `make docs` writes: run it, and commit the result"
        for path, text in _files().items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    ]


def write(root: Path) -> None:
    """Write both files below a folder."""
    for path, text in _files().items():
        (root / path).write_text(text, encoding="utf-8")


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write or check the files; returns the exit status."""
    if arguments not in ([], ["--check"]):
        print("usage: settings.py [--check]", file=sys.stderr)
        return 2
    if not arguments:
        write(root)
        return 0
    lines = differing(root)
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if lines else 0


def _files() -> dict[str, str]:
    return {"conf/default.toml": default_toml(), "docs/settings.md": settings_page()}


def _toml_section(section: type[Section]) -> str:
    entries = "\n".join(_toml_entry(name, one) for name, one in declarations(section).items())
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
