"""The one session of the test run, and the data that lies beside the project."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from py4j.clientserver import ClientServerConnection
from py4j.protocol import MEMORY_COMMAND_NAME
from pyspark.sql import SparkSession

from influencers.run.session import build_session

ROOT = Path(__file__).resolve().parents[1]

# A time limit for an example fails on a busy machine, not on a slow function.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A local session with the project's own settings, trimmed for small data."""
    scratch = tmp_path_factory.mktemp("spark")
    session = build_session(
        "tests",
        {
            "spark.master": "local[2]",
            # Small data: a shuffle into 200 tasks costs more than the work.
            "spark.sql.shuffle.partitions": "3",
            "spark.default.parallelism": "3",
            "spark.databricks.delta.snapshotPartitions": "1",
            "spark.ui.enabled": "false",
            "spark.driver.memory": "3g",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.sql.warehouse.dir": str(scratch / "warehouse"),
            "spark.local.dir": str(scratch / "local"),
        },
    )
    session.sparkContext.setCheckpointDir(str(scratch / "checkpoints"))
    yield session
    session.stop()


@pytest.fixture
def elsewhere(spark: SparkSession, tmp_path: Path) -> str:
    """The address of `tmp_path` on a file system that is not known to be this machine's."""
    name = tmp_path.name.replace("_", "-")
    hadoop = spark.sparkContext._jsc.hadoopConfiguration()
    hadoop.set(f"fs.viewfs.mounttable.{name}.link./data", tmp_path.as_uri())
    return f"viewfs://{name}/data"


@pytest.fixture
def jvm_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls from Python into the JVM, one after the other."""
    made: list[str] = []
    send: Callable[..., Any] = ClientServerConnection.send_command

    def noted(self: ClientServerConnection, command: str) -> Any:
        # Python lets go of Java's objects at any time.
        if not command.startswith(MEMORY_COMMAND_NAME):
            made.append(command)
        return send(self, command)

    monkeypatch.setattr(ClientServerConnection, "send_command", noted)
    return made


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of test data that is not part of the project; skips where it is absent."""
    folder = Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}: set SHARED_DATA")
    return folder
