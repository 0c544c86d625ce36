"""Runs a job's script in this process; until the job begins, Ctrl-C or SIGTERM ends it in one line.

    driver.py JOBS/JOB.py [options]

Python would tell of an interrupt by where in its imports, which take seconds, it came.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn


def main(script: Path, options: list[str]) -> None:
    """The script as `python SCRIPT OPTIONS` runs it."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        os.write(sys.stderr.fileno(), f"{script.stem}: interrupted before it began\n".encode())
        os._exit(130)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    sys.argv = [str(script), *options]
    sys.path[0] = str(script.parent)
    runpy.run_path(str(script), run_name="__main__")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
