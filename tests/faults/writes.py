"""A table's write as it can be seen from outside: data files first, then a version in the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cluster import Running
from influencers.config import Config

SECONDS = 300.0


class Write:
    """What is new in a table's folder since this object was made."""

    def __init__(self, config: Config, table: str) -> None:
        self.folder = Path(config.paths.output, "tables", table)
        self._before = self._files()
        self._version = self.version()

    def data_files(self) -> int:
        """New data files that have been written to their ends, or nearly so."""
        return sum(size > 0 and name not in self._before for name, size in self._files().items())

    def files_begun(self) -> int:
        """New data files, however much is in them."""
        return len(self._files().keys() - self._before.keys())

    def committed(self) -> bool:
        """Whether the log has a new version."""
        return self.version() > self._version

    def version(self) -> int:
        """The latest version in the log; -1 before the first."""
        names = self._names(self.folder / "_delta_log", "*.json")
        return max((int(one.stem) for one in names if one.stem.isdigit()), default=-1)

    def _files(self) -> dict[str, int]:
        found = self._names(self.folder, "*.parquet")
        # Of a table by month, in folders of these.
        found += self._names(self.folder, "month=*/*.parquet")
        return {one.name: one.stat().st_size for one in found}

    @staticmethod
    def _names(folder: Path, pattern: str) -> list[Path]:
        return list(folder.glob(pattern)) if folder.is_dir() else []


def killed_when(
    job: Running, happened: Callable[[], object], too_late: Callable[[], object], what: str
) -> bool:
    """Kill a run, with all its processes, between two events; false if it was too quick.

    Its processes are stopped first: what is found then is what they leave.
    """
    job.wait_until(happened, SECONDS, what, pause=0.002)
    job.freeze()
    in_time = not too_late()
    job.kill()
    return in_time


def killed_in_write(job: Running, write: Write) -> bool:
    """Kill a run when a table's data are there and its new version is not."""
    return killed_when(job, write.data_files, write.committed, f"data of {write.folder.name}")
