"""The options of spark-submit that a user gives, and ours beside them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from machine import MendableError

# Options that are another way to write a setting.
SETTINGS = {
    "--master": "spark.master",
    "--deploy-mode": "spark.submit.deployMode",
    "--driver-memory": "spark.driver.memory",
    "--driver-java-options": "spark.driver.extraJavaOptions",
    "--driver-class-path": "spark.driver.extraClassPath",
    "--jars": "spark.jars",
    "--py-files": "spark.submit.pyFiles",
}
FLAGS = {key: flag for flag, key in SETTINGS.items()}
SWITCHES = {"--verbose", "-v", "--supervise", "--load-spark-defaults"}


@dataclass(frozen=True)
class Options:
    """Options for spark-submit, in their order; of two for the same thing the later wins.

    Attributes:
        pairs: an option that takes a value, or the key of a setting, with its value.
        switches: options that take none.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    switches: tuple[str, ...] = ()

    @staticmethod
    def parse(text: str) -> Options:
        """The options in a line of shell words, quotes and backslashes honoured.

        Raises:
            MendableError: a quote is not closed, a value is missing, or a word is not an option.
        """
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise MendableError(
                f"SPARK_SUBMIT_ARGS={text}: a quote or a backslash is open"
            ) from error
        pairs: list[tuple[str, str]] = []
        switches: list[str] = []
        while words:
            word = words.pop(0)
            if not word.startswith("-"):
                raise MendableError(
                    f"SPARK_SUBMIT_ARGS: {word} is not an option: "
                    "put quotes around a value that has spaces"
                )
            if word in SWITCHES:
                switches.append(word)
                continue
            flag, equals, value = word.partition("=")
            if not equals or not flag.startswith("--"):
                flag = word
                if not words:
                    raise MendableError(f"SPARK_SUBMIT_ARGS: {word} lacks its value: add it")
                value = words.pop(0)
            pairs.append(_as_setting(flag, value))
        return Options(tuple(pairs), tuple(switches))

    def get(self, key: str, defaults: Mapping[str, str] | None = None) -> str | None:
        """The value of an option or a setting; else the default's; else None."""
        values = [value for name, value in self.pairs if name == key]
        return values[-1] if values else (defaults or {}).get(key)

    def set(self, key: str, value: str) -> Options:
        """With this value in place of all others for the key."""
        others = tuple(pair for pair in self.pairs if pair[0] != key)
        return replace(self, pairs=(*others, (key, value)))

    def with_defaults(self, settings: Mapping[str, str]) -> Options:
        """With the settings that are not given."""
        given = {key for key, _ in self.pairs}
        missing = tuple((key, value) for key, value in settings.items() if key not in given)
        return replace(self, pairs=missing + self.pairs)

    def join(self, key: str, items: Sequence[str]) -> Options:
        """With these items before those of a comma-separated list."""
        return self.set(key, ",".join([*items, *filter(None, [self.get(key)])]))

    def switch(self, flag: str) -> Options:
        """With the switch on."""
        return self if flag in self.switches else replace(self, switches=(*self.switches, flag))

    def words(self) -> list[str]:
        """As arguments for spark-submit."""
        words = list(self.switches)
        for key, value in self.pairs:
            if key in FLAGS:
                words += [FLAGS[key], value]
            elif key.startswith("-"):
                words += [key, value]
            else:
                words += ["--conf", f"{key}={value}"]
        return words


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """A command line of spark-submit: its options, and from the job's file on.

    >>> split(["--verbose", "--name", "n", "--conf=a=b", "job.py", "--name", "x"])
    (['--verbose', '--name', 'n', '--conf=a=b'], ['job.py', '--name', 'x'])
    """
    at = 0
    while at < len(words) and words[at].startswith("-"):
        alone = words[at] in SWITCHES or (words[at].startswith("--") and "=" in words[at])
        at += 1 if alone else 2
    return list(words[:at]), list(words[at:])


def _as_setting(flag: str, value: str) -> tuple[str, str]:
    if flag not in ("--conf", "-c"):
        return SETTINGS.get(flag, flag), value
    key, equals, setting = value.partition("=")
    if not equals:
        raise MendableError(f"SPARK_SUBMIT_ARGS: {flag} {value} is not a setting: use key=value")
    return key, setting


def read_properties(path: Path) -> dict[str, str]:
    """The settings of a Spark properties file (`key value` or `key=value`); none without it."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise MendableError(f"cannot read {path}: {error.strerror}: make it readable") from error
    matches = (re.match(r"\s*([^\s#!=:][^\s=:]*)\s*[=:]?\s*(.*?)\s*$", line) for line in lines)
    # As Java reads it: a backslash stands before what is meant as it is, such as `k8s\\://`.
    return {match[1]: re.sub(r"\\(.)", r"\1", match[2]) for match in matches if match}
