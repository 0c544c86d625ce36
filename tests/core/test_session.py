"""A session that is interrupted, or refused, while it begins."""

from __future__ import annotations

import os
import signal

import pytest

from influencers.errors import UserError
from influencers.run.session import _interrupts_held, _refusal_explained


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_for_the_end_of_the_block(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    reached = False
    with pytest.raises(KeyboardInterrupt), _interrupts_held():
        os.kill(os.getpid(), number)
        reached = True
    assert reached
    assert signal.getsignal(number) is before


def test_an_interrupt_is_what_is_told_of_a_block_that_failed() -> None:
    with pytest.raises(KeyboardInterrupt), _interrupts_held():
        os.kill(os.getpid(), signal.SIGTERM)
        raise RuntimeError("the JVM has ended")


def test_a_second_interrupt_does_not_wait() -> None:
    with pytest.raises(KeyboardInterrupt), _interrupts_held():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("went on after the second one")


def test_without_an_interrupt_nothing_is_raised() -> None:
    before = signal.getsignal(signal.SIGINT)
    with _interrupts_held():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    "text",
    [
        "An error occurred while calling None.org.apache.spark.api.java.JavaSparkContext.\n"
        ": java.lang.IllegalStateException: Cannot call methods on a stopped SparkContext.",
        "An error occurred while calling None.org.apache.spark.sql.classic.SparkSession.\n"
        ": java.lang.IllegalStateException: Cannot call methods on a stopped SparkContext.",
        "An error occurred while calling z:org.apache.spark.SparkFiles.getRootDirectory.\n"
        ': java.lang.NullPointerException: Cannot invoke "org.apache.spark.SparkEnv.driverTmpDir()"'
        ' because the return value of "org.apache.spark.SparkEnv$.get()" is null',
    ],
)
def test_a_refused_session_is_told_in_words_for_its_user(text: str) -> None:
    with pytest.raises(UserError, match="do both have the same secret"), _refusal_explained():
        raise RuntimeError(text)


def test_another_failure_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="NullPointerException"), _refusal_explained():
        raise RuntimeError('java.lang.NullPointerException: "java.util.List.size()"')
