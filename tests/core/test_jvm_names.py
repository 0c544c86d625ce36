"""Names in the JVM are looked up once, and are those that PySpark looks up."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from influencers.run import jvm_names


def test_a_function_is_asked_for_once(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    F.lower(F.lit("A"))
    asked: list[str] = []
    client = spark.sparkContext._gateway._gateway_client  # type: ignore[union-attr]
    send = client.send_command

    def watched(command: str, *more: object, **named: object) -> object:
        asked.append(command)
        return send(command, *more, **named)

    monkeypatch.setattr(client, "send_command", watched)
    F.lower(F.lit("B"))
    assert asked
    assert not [command for command in asked if command.startswith("r\n")], "a name is looked up"


def test_names_that_are_not_there_are_left_alone() -> None:
    class Nothing:
        def __getattr__(self, name: str) -> object:
            raise AttributeError(name)

    jvm_names.remember(Nothing())
