from __future__ import annotations

import email.utils
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from image_options import POLICY
from influencers.images import statuses
from influencers.images.http.client import Fetched
from influencers.images.http.retry_after import retry_after_seconds
from influencers.images.schedule.retry import (
    Again,
    Done,
    Later,
    next_step,
    wait_seconds,
)

NOW = 1_700_000_000.0
DAY = 86_400.0

STATUSES = st.sampled_from(sorted(statuses.FINAL | statuses.RETRYABLE))
SECONDS = st.one_of(st.none(), st.floats(0, 10**9))


def test_every_status_is_final_or_retryable() -> None:
    named = {value for name, value in vars(statuses).items() if isinstance(value, str)
             and name.isupper()}  # fmt: skip
    assert named == statuses.FINAL | statuses.RETRYABLE
    assert not statuses.FINAL & statuses.RETRYABLE


@given(STATUSES, SECONDS, st.booleans(), st.integers(1, 12), st.integers(1, 12), st.text())
def test_every_step_keeps_the_promises(
    status: str, asked: float | None, transient: bool, in_run: int, in_all: int, key: str
) -> None:
    assume(in_run <= in_all)
    fetched = Fetched(status, retry_after=asked, transient=transient)
    step = next_step(fetched, in_run, in_all, NOW, POLICY, key)
    assert step == next_step(fetched, in_run, in_all, NOW, POLICY, key)
    if status in statuses.FINAL:
        assert step == Done()
    elif status == statuses.HOST_UNAVAILABLE:
        assert step == Later(NOW + POLICY.retry_after_seconds)
    elif in_all >= POLICY.max_attempts_total:
        asked_again = status in statuses.SOFT_BLOCKS
        assert step == (Later(NOW + DAY) if asked_again else Done())
    elif isinstance(step, Again):
        assert transient
        assert in_run < POLICY.max_attempts
        assert step.after_seconds >= (asked or 0.0)
        assert 0 < step.after_seconds <= max(POLICY.cap_seconds, POLICY.retry_after_cap_seconds)
    else:
        assert isinstance(step, Later)
        assert NOW < step.next_attempt_at <= NOW + DAY


def test_the_steps_of_one_image_over_all_runs() -> None:
    """Three attempts in a run, then a longer and longer pause; after eight it stays."""
    seen: list[object] = []
    now, in_all = NOW, 0
    while len(seen) < 20:
        for in_run in (1, 2, 3):
            in_all += 1
            step = next_step(Fetched(statuses.RESET), in_run, in_all, now, POLICY, "k")
            seen.append(type(step))
            if not isinstance(step, Again):
                break
        if not isinstance(step, Later):
            break
        seen.append(step.next_attempt_at - now)
    assert seen == [Again, Again, Later, 3600.0, Again, Again, Later, 28_800.0, Again, Done]


def test_a_name_that_does_not_exist_waits_for_another_run() -> None:
    gone = Fetched(statuses.DNS_ERROR, transient=False)
    assert next_step(gone, 1, 1, NOW, POLICY, "k") == Later(NOW + 900)
    assert next_step(gone, 1, 2, NOW, POLICY, "k") == Later(NOW + 1800)
    assert next_step(gone, 1, 7, NOW, POLICY, "k") == Later(NOW + 57_600)
    assert next_step(gone, 1, 8, NOW, POLICY, "k") == Done()
    assert isinstance(next_step(Fetched(statuses.DNS_ERROR), 1, 1, NOW, POLICY, "k"), Again)


@pytest.mark.parametrize(
    ("asked", "step"),
    [
        (20.0, Again(20.0)),
        (30.0, Again(30.0)),
        (31.0, Later(NOW + 31.0)),
        (3600.0, Later(NOW + 3600.0)),
        (1e12, Later(NOW + DAY)),
    ],
)
def test_retry_after_is_honoured(asked: float, step: object) -> None:
    fetched = Fetched(statuses.THROTTLED, retry_after=asked)
    assert next_step(fetched, 1, 1, NOW, POLICY, "k") == step


def test_a_short_retry_after_does_not_shorten_a_long_pause() -> None:
    fetched = Fetched(statuses.THROTTLED, retry_after=1.0)
    assert next_step(fetched, 3, 3, NOW, POLICY, "k") == Later(NOW + 3600)
    hasty = replace(POLICY, retry_after_seconds=0.1)
    assert next_step(fetched, 3, 3, NOW, hasty, "k") == Later(NOW + 1)


@given(st.integers(1, 10**6), st.text())
def test_waits_grow_to_the_cap_and_jitter_only_shortens(attempt: int, key: str) -> None:
    full = min(POLICY.cap_seconds, POLICY.base_seconds * POLICY.factor ** min(attempt - 1, 60))
    assert full * (1 - POLICY.jitter) < wait_seconds(attempt, POLICY, key) <= full


def test_images_do_not_come_in_step() -> None:
    waits = sorted(wait_seconds(1, POLICY, f"key{i}") for i in range(1000))
    assert len(set(waits)) > 990
    for share in (0.25, 0.5, 0.75):  # evenly spread between half a wait and a whole one
        assert abs(waits[int(share * 1000)] - 0.25 * (1 + share)) < 0.02


def test_jitter_is_the_same_in_every_process() -> None:
    code = (
        "from influencers.images.schedule.retry import *; from image_options import POLICY; "
        "print(wait_seconds(2, POLICY, 'a/b.jpg'))"
    )
    seeds = ("0", "1")
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30,
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in seeds
    }  # fmt: skip
    assert outputs == {f"{wait_seconds(2, POLICY, 'a/b.jpg')}\n"}


@given(st.integers(0, 4 * 10**9), st.integers(0, 4 * 10**9))
def test_retry_after_in_both_its_forms(at: int, now: int) -> None:
    assert retry_after_seconds(f" {at} ", now) == at
    date = email.utils.formatdate(at, usegmt=True)
    assert retry_after_seconds(date, now) == max(0, at - now)


@given(st.text())
def test_retry_after_of_any_text(header: str) -> None:
    seconds = retry_after_seconds(header, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    "header", [None, "", "soon", "-5", "1.5", "1e3", "٣", "9" * 40, "Mon, 99 Foo 2026 99:99:99 GMT",
               "2026-01-01", "Fri, 31 Dec 9999 23:59:59 -9999"],
)  # fmt: skip
def test_garbage_asks_for_nothing(header: str | None) -> None:
    assert retry_after_seconds(header, NOW) is None
