"""What every job shares on the command line: options, the session, exit statuses, the record.

An option is another way to write a setting: `--edges PATH` is `--set communities.edges=PATH`.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any, NoReturn

from influencers import config as configuration
from influencers import progress
from influencers.config import Config, Setting
from influencers.errors import UserError, explain
from influencers.ingest.tables import POSTS
from influencers.measured.metrics import Metrics
from influencers.redaction import redacted
from influencers.run import manifest, metrics, planning
from influencers.run.session import build_session
from influencers.storage import claim, replacing, retention
from influencers.storage.store import Store

_INTERRUPTED = "interrupted: the tables are as the last finished stage left them"

Run = Callable[[Any, Config], Metrics]


@dataclass(frozen=True)
class Option:
    """A command-line option that stands for one setting.

    Attributes:
        help: what it means for this job; empty: the setting's own help text.
        choices: the values that this job takes; empty: all that the setting may have.
    """

    flag: str
    key: str
    help: str = ""
    many: bool = False
    required: bool = False
    choices: tuple[str, ...] = ()
    switch: bool = False
    metavar: str | None = None


@dataclass(frozen=True)
class Job:
    """A job: its name, what it says of itself, its options, and the function that does it.

    Attributes:
        run: takes the session (None where `needs_spark` is false) and the configuration; returns
            its part of metrics.json, all else as it is before it is measured.
        needs_spark: whether it wants a session.
        has_stages: whether it is made of stages that show their own progress and keep their own
            record.
        finishes_others: whether it may run where a run of it died half-way.
        has_output: whether it writes below the output; if not, no output is claimed.
    """

    name: str
    summary: str
    reads: str
    writes: str
    run: Run
    options: tuple[Option, ...] = ()
    needs_spark: bool = True
    has_stages: bool = False
    finishes_others: bool = False
    has_output: bool = True


OUTPUT = Option("--output", "paths.output")
INPUT = Option("--input", "paths.input", many=True)
LABEL = Option("--label", "models.label")
# How files are read.
READING = (
    Option("--encoding", "ingest.encoding"),
    Option("--format", "ingest.format"),
    Option("--export", "ingest.export"),
    Option("--column", "ingest.columns", many=True, metavar="FIELD=NAME"),
    Option("--crawled-at", "ingest.crawled_at", metavar="TIME"),
)
# What other files have to say of the same posts and accounts.
JOINING = (
    Option("--replace", "ingest.replace", many=True),
    Option("--accounts", "ingest.accounts", many=True),
)


class _Parser(argparse.ArgumentParser):
    """An argument parser that complains in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def build_parser(job: Job) -> argparse.ArgumentParser:
    """The parser of a job's options."""
    parser = _Parser(
        prog=job.name,
        description=f"{job.summary}\n\nreads:  {job.reads}\nwrites: {job.writes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for option in job.options:
        _add_option(parser, option)
    parser.add_argument("--config", metavar="FILE", help="TOML file with settings.")
    parser.add_argument(
        "--set",
        metavar="SECTION.KEY=VALUE",
        action="append",
        default=[],
        help="One setting; may be given more than once, and wins over --config.",
    )
    return parser


def _add_option(parser: argparse.ArgumentParser, option: Option) -> None:
    setting = configuration.all_settings()[option.key]
    choices = option.choices or setting.choices
    extra: dict[str, Any] = {"nargs": "+", "action": "extend"} if option.many else {}
    if option.switch:
        extra = {"action": "store_const", "const": "true"}
    elif choices:
        extra["choices"] = choices
    else:
        extra["metavar"] = option.metavar or ("PATH" if option.many else "VALUE")
    parser.add_argument(
        option.flag,
        dest=option.key,
        default=None,
        required=option.required,
        # argparse fills in what follows a percent sign.
        help=_help(option, setting).replace("%", "%%"),
        **extra,
    )


def _help(option: Option, setting: Setting) -> str:
    """What `--help` says: the meaning, the default, and the setting that the option stands for."""
    meaning = option.help or (setting.help if setting.choices else setting.explained)
    default = "required" if option.required else f"default: {_shown(setting.default)}"
    return f"{meaning} ({default}) [{option.key}]"


def _shown(value: Any) -> str:
    """A default as the command line would take it."""
    if isinstance(value, bool):
        return str(value).lower()
    return (" ".join(map(str, value)) if isinstance(value, tuple) else str(value)) or "none"


def read_config(job: Job, arguments: Sequence[str]) -> Config:
    """The configuration that a command line asks for.

    Raises:
        UserError: a setting is unknown or has an impossible value.
    """
    parsed = vars(build_parser(job).parse_args(arguments))
    config = configuration.load(parsed["config"], parsed["set"])
    for option in job.options:
        given = parsed[option.key]
        if given is not None:
            config = configuration.with_option(config, option.key, given)
    return config


def main(job: Job, arguments: Sequence[str] | None = None) -> int:
    """Run a job from the command line; returns the exit status."""
    # Whoever stops a container or a service means the same as Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        config = read_config(job, sys.argv[1:] if arguments is None else arguments)
        if job.needs_spark:
            execute(job, config)
        else:
            job.run(None, config)
        return 0
    except UserError as error:
        return _fail(job, str(error), status=2)
    except KeyboardInterrupt:
        return _fail(job, _INTERRUPTED, status=130)
    except Exception as error:
        if _broke_off(error):
            return _fail(job, _INTERRUPTED, status=130)
        mendable = explain(error)
        if mendable:
            return _fail(job, mendable, status=2)
        sys.stderr.write(redacted(traceback.format_exc()))
        return 1


def execute(job: Job, config: Config) -> None:
    """Run a job in a session and keep its numbers and its manifest."""
    # Py4J logs the call that Ctrl-C breaks off with a traceback; `main` says it in one line.
    logging.getLogger().addFilter(lambda record: "while sending command" not in str(record.msg))
    spark = build_session(f"influencers {job.name}")
    # Spark has a way of its own to end on Ctrl-C: it cancels its jobs.
    interrupting = _interrupting(signal.getsignal(signal.SIGINT))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupting)
    if not job.has_output:
        with progress.stage(spark, job.name):
            job.run(spark, config)
        return
    store = Store(spark, config)
    with claim.held(spark, config, job.name):
        if not job.finishes_others:
            replacing.require_finished(store)
        if job.has_stages:
            job.run(spark, config)
        else:
            _run_alone(store, job, config)
        retention.remove_old_versions(store)


def _interrupting(cancel: Any) -> Callable[[int, FrameType | None], None]:
    """A handler of signals that cancels Spark's jobs, if its JVM is there, and interrupts."""

    def handle(number: int, frame: FrameType | None) -> None:
        # A signal for all processes has ended the JVM, too.
        with contextlib.suppress(Exception):
            cancel(number, frame)
        raise KeyboardInterrupt

    return handle


def _broke_off(error: BaseException | None) -> bool:
    """Whether an interruption came first: what is let go of then may be gone."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _run_alone(store: Store, job: Job, config: Config) -> None:
    spark, started = store.spark, time.monotonic()
    with (
        progress.stage(spark, job.name),
        planning.planned(store, job.name, posts=POSTS),
    ):
        numbers = job.run(spark, config)
    took = {job.name: time.monotonic() - started}
    metrics.update(spark, config, replace(numbers, seconds=took))
    manifest.update(spark, config, job.name)


def _fail(job: Job, message: str, status: int) -> int:
    line = redacted(" ".join(message.split()))
    sys.stderr.write(f"{job.name}: {line}\n")
    return status
