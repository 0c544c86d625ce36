"""A copy of the checkout in which the real scripts run, and a machine that may lack something."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Checkout:
    """A copy of the project, without its environment."""

    root: Path

    def run(
        self, script: str, *arguments: str, env: Mapping[str, str], cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs one of its scripts with exactly this environment."""
        return subprocess.run(
            [str(self.root / script), *arguments],
            env=dict(env),
            cwd=cwd or self.root,
            capture_output=True,
            text=True,
            timeout=60,
        )


@dataclass(frozen=True)
class Machine:
    """A folder that is all of PATH: what is not put there does not exist."""

    bin: Path

    def script(self, name: str, text: str) -> None:
        """Adds a program."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!{self.bin}/bash\n{text}\n", encoding="utf-8")
        path.chmod(0o755)

    def java(self, version: str) -> None:
        """Adds a Java that says this of itself."""
        self.script("java", f"echo 'openjdk version \"{version}\" 2024-01-16' >&2")

    def python(self, name: str, version: str | None = None) -> None:
        """Adds the Python that runs the tests, or one that only says its version."""
        if version is None:
            (self.bin / name).unlink(missing_ok=True)
            self.script(name, f'exec "{os.path.realpath(sys.executable)}" "$@"')
        else:
            # The Python that runs the tests, made to believe that it is another.
            numbers = tuple(int(number) for number in version.split("."))
            pretend = f"import sys; sys.version_info = {numbers}; exec(sys.argv[1])"
            real = os.path.realpath(sys.executable)
            self.script(
                name,
                f'[ "$1" = --version ] && echo "Python {version}" && exit 0\n'
                f'exec "{real}" -c "{pretend}" "$2"',
            )

    @property
    def env(self) -> dict[str, str]:
        """The environment of someone who works here."""
        return {"PATH": str(self.bin), "HOME": str(self.bin.parent), "LC_ALL": "C.UTF-8"}
