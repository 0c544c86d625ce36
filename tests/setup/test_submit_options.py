"""The user's options for Spark: read as a shell would, kept as they are, ours beside them."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machine import MendableError
from submit_options import Options, read_properties

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))
KEYS = st.from_regex(r"spark\.[a-z.]{1,20}", fullmatch=True)


@given(st.dictionaries(KEYS, WORDS))
def test_settings_come_out_as_they_went_in(settings: dict[str, str]) -> None:
    words = [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
    options = Options.parse(shlex.join(words))
    assert {key: options.get(key) for key in settings} == settings
    assert Options.parse(shlex.join(options.words())) == options


@pytest.mark.parametrize(
    "text", ["--master yarn", "--master=yarn", "--conf spark.master=yarn", "-c spark.master=yarn"]
)
def test_every_way_to_name_a_master(text: str) -> None:
    assert Options.parse(text).get("spark.master") == "yarn"
    assert Options.parse(text).words() == ["--master", "yarn"]


def test_of_two_the_later_wins() -> None:
    options = Options.parse("--master yarn --conf spark.master=local[3]")
    assert options.get("spark.master") == "local[3]"
    assert options.set("spark.master", "local[1]").words() == ["--master", "local[1]"]


def test_quotes_are_honoured() -> None:
    text = """--conf "spark.app.note=two words" --driver-java-options '-Da=1 -Db="x y"' -v"""
    options = Options.parse(text)
    assert options.get("spark.app.note") == "two words"
    assert options.get("spark.driver.extraJavaOptions") == '-Da=1 -Db="x y"'
    assert options.switches == ("-v",)


def test_lists_are_joined_and_defaults_give_way() -> None:
    options = Options.parse("--jars mine.jar --conf spark.ui.port=1")
    assert options.join("spark.jars", ["a.jar", "b.jar"]).get("spark.jars") == (
        "a.jar,b.jar,mine.jar"
    )
    assert Options().join("spark.jars", ["a.jar"]).get("spark.jars") == "a.jar"
    assert options.with_defaults({"spark.ui.port": "2", "spark.x": "3"}).words() == [
        *("--conf", "spark.x=3", "--jars", "mine.jar", "--conf", "spark.ui.port=1")
    ]
    assert options.switch("--supervise").switch("--supervise").switches == ("--supervise",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("--conf 'spark.x=1", "a quote or a backslash is open"),
        ("--master", "--master lacks its value"),
        ("--conf spark.x", "is not a setting"),
        ("--conf spark.note=two words", "words is not an option"),
    ],
)
def test_mistakes_are_one_line(text: str, words: str) -> None:
    with pytest.raises(MendableError, match=words):
        Options.parse(text)


def test_properties_files_are_read_as_spark_does(tmp_path: Path) -> None:
    file = tmp_path / "x.conf"
    file.write_text("# note\n\nspark.a  1\nspark.b=2\n  spark.c = three four \n!no\nspark.d\n")
    assert read_properties(file) == {
        "spark.a": "1",
        "spark.b": "2",
        "spark.c": "three four",
        "spark.d": "",
    }
    assert read_properties(tmp_path / "none.conf") == {}
