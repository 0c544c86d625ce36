"""Races of real processes for the claims of dead runs, on any file system."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, RACERS, SECONDS = 3, 2, 240.0
SETTINGS = {
    "spark.master": "local[1]",
    "spark.ui.enabled": "false",
    "spark.driver.memory": "700m",
    # Processes that live for seconds.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC "
    "-XX:ReservedCodeCacheSize=256m",
}


def dead_claim() -> str:
    """The text of a claim whose process has ended, on this machine."""
    from influencers.storage import claim

    with subprocess.Popen(["sleep", "60"]) as process:
        started = claim._started(process.pid)
        process.kill()
    machine = {"host": claim.socket.gethostname(), "boot": claim._boot()}
    gone = {"run": "dead", "job": "train", "pid": process.pid, "process_started": started}
    return json.dumps({**machine, **gone})


def outcomes(outputs: Sequence[str], folder: Path, settings: Mapping[str, str]) -> list[list[str]]:
    """What each racer says of each output, a list an output."""
    folder.mkdir()
    given = {"outputs": list(outputs), "folder": str(folder), "racers": RACERS}
    (folder / "rounds.json").write_text(json.dumps(given))
    (folder / "settings.json").write_text(json.dumps({**SETTINGS, **settings}))
    script = Path(__file__).with_name("claim_racing.py")
    command = [sys.executable, str(script), str(folder / "settings.json")]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "lib")}
    names = [f"p{number}" for number in range(PROCESSES)]
    with contextlib.ExitStack() as stack:
        racing = []
        for name in names:
            log = stack.enter_context((folder / f"{name}.log").open("w"))
            words = [*command, str(folder / "rounds.json"), name]
            racing.append(subprocess.Popen(words, stdout=log, stderr=log, env=env))
        try:
            for number in range(len(outputs)):
                _wait_for([folder / f"ready-{number}-{name}" for name in names], racing)
                (folder / f"go-{number}").touch()
                told = [f"{number}-{name}-{racer}" for name in names for racer in range(RACERS)]
                _wait_for([folder / one for one in told], racing)
                (folder / f"over-{number}").touch()
            assert [one.wait(SECONDS) for one in racing] == [0] * PROCESSES
        finally:
            for one in racing:
                one.kill()
                one.wait()
    told = [json.loads((folder / f"{name}.json").read_text()) for name in names]
    return [[one for of_process in of_round for one in of_process]
            for of_round in zip(*told, strict=True)]  # fmt: skip


def _wait_for(files: Sequence[Path], racing: Sequence[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + SECONDS
    while missing := [one for one in files if not one.exists()]:
        assert time.monotonic() < deadline, missing
        assert all(one.poll() in (None, 0) for one in racing), "a racer ended: see its log"
        time.sleep(0.002)
