"""Many runs that find one dead claim at once: one of them takes it, each time."""

from __future__ import annotations

from pathlib import Path

from claim_races import PROCESSES, RACERS, dead_claim, outcomes

ROUNDS = 100


def test_of_processes_that_race_for_a_dead_claim_one_wins(tmp_path: Path) -> None:
    folders = [tmp_path / f"out-{number}" for number in range(ROUNDS)]
    claim = dead_claim()
    for folder in folders:
        folder.mkdir()
        (folder / "_run.json").write_text(claim)
    rounds = outcomes([str(one) for one in folders], tmp_path / "race", {})
    assert [told.count("won") for told in rounds] == [1] * ROUNDS
    lost = [text for told in rounds for text in told if text != "won"]
    assert len(lost) == ROUNDS * (PROCESSES * RACERS - 1)
    assert {text.split(" is ")[-1].split(" of ")[0] for text in lost} == {
        "being written by the race"
    }
    assert [one.name for folder in folders for one in folder.iterdir()] == []
