"""Java source is compiled once, whoever asks for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache, partial
from types import SimpleNamespace

import pytest
from pyspark.sql import SparkSession

from influencers.models.estimators import java_source
from influencers.run import side_by_side


def test_threads_share_what_is_compiled(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = []

    @lru_cache
    def compile_slowly(jvm: object, name: str) -> SimpleNamespace:
        time.sleep(0.2)
        compiled.append((jvm, name))
        make: Callable[[], object] = object
        return SimpleNamespace(newInstance=make)

    monkeypatch.setattr(java_source, "_class", compile_slowly)
    asked = [partial(java_source.instance, "jvm", name) for name in ("One", "Two", "One", "Two")]
    found = side_by_side.run_all(spark, asked, at_once=4)
    assert sorted(compiled) == [("jvm", "One"), ("jvm", "Two")]
    assert len({id(one) for one in found}) == 4
