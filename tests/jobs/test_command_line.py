"""Options, exit statuses and one-line errors of every job."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Any

import pytest

import jobs
from influencers.config import Config, flatten
from influencers.errors import UserError, explain
from jobs.command_line import Job, Option, build_parser, main, read_config
from submit import find_jobs, script_of

ROOT = Path(__file__).resolve().parents[2]
JOBS = {
    module.JOB.name: module.JOB
    for info in pkgutil.iter_modules(jobs.__path__)
    if info.name != "command_line" and (module := importlib.import_module(f"jobs.{info.name}"))
}


def job(run: Any = lambda spark, config: {}, **changes: Any) -> Job:
    options = (
        Option("--output", "paths.output"),
        Option("--posts", "generate.posts"),
    )
    return Job("trial", "Tries.", "nothing", "nothing", run, options, needs_spark=False, **changes)


@pytest.mark.parametrize("name", sorted(JOBS))
def test_a_job_is_named_for_its_file_and_its_options_are_settings(name: str) -> None:
    assert script_of(ROOT, name).is_file()
    # Not by the name of a module that Python, which finds scripts beside a job first, has itself.
    assert script_of(ROOT, name).stem not in sys.stdlib_module_names
    assert name in find_jobs(ROOT)
    assert {option.key for option in JOBS[name].options} <= set(flatten(Config()))
    assert JOBS[name].summary and JOBS[name].reads and JOBS[name].writes


@pytest.mark.parametrize("name", sorted(JOBS))
def test_help_says_what_a_job_reads_and_writes(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        build_parser(JOBS[name]).parse_args(["--help"])
    told = capsys.readouterr().out
    assert stop.value.code == 0
    assert "reads:" in told and "writes:" in told
    assert all(option.flag in told for option in JOBS[name].options)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ingest", "{auto,csv,json,parquet}"),
        ("ingest", "Encoding of CSV and JSON files"),
        ("ingest", "(default: utf-8) [ingest.encoding]"),
        ("ingest", "(default: none) [paths.input]"),
        ("duplicates", "Allowed: 0 to 10. (default: 4) [duplicates.radius]"),
        ("train", "(default: false) [models.tune]"),
        ("communities", "(default: label_propagation weighted_label_propagation louvain)"),
        ("score", "{influence,virality}"),
        ("score", "Model that predicts. (required) [models.model]"),
    ],
)
def test_help_comes_from_the_setting_and_says_its_default(
    name: str, told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "500")
    with pytest.raises(SystemExit):
        build_parser(JOBS[name]).parse_args(["--help"])
    assert told in capsys.readouterr().out


def test_a_choice_that_a_setting_does_not_have_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stop:
        read_config(JOBS["ingest"], ["--format", "xml"])
    assert stop.value.code == 2
    assert "invalid choice: 'xml'" in capsys.readouterr().err


def test_the_jobs_of_the_contract_are_there() -> None:
    contract = ("pipeline", "generate", "ingest", "features", "communities", "explore", "train")
    assert {*contract, "score", "report"} <= set(JOBS)


def test_an_option_is_a_setting_and_set_is_below_it() -> None:
    config = read_config(
        job(), ["--posts", "5", "--set", "generate.seed=9", "--set", "generate.posts=1"]
    )
    assert (config.generate.posts, config.generate.seed) == (5, 9)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["--posts"], "expected one argument"),
        (["--posts", "many"], "generate.posts must be a whole number"),
        (["--set", "generate.post=1"], "unknown key generate.post"),
        (["--config", "/none.toml"], "cannot read the configuration /none.toml"),
    ],
)
def test_a_mistake_ends_with_status_2_and_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(job(), arguments)
    except SystemExit as stop:  # argparse leaves by itself
        status = int(stop.code or 0)
    error = capsys.readouterr().err
    assert status == 2
    assert told in error
    assert error.count("\n") == 1


def failing(error: BaseException) -> Any:
    def run(spark: object, config: Config) -> dict[str, Any]:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "status", "lines"),
    [
        (UserError("a\n b: mend c"), 2, ["trial: a b: mend c"]),
        (OSError("write failed: No space left on device"), 2, None),
        (KeyboardInterrupt(), 130, None),
        (ValueError("a mistake in the code"), 1, None),
    ],
)
def test_exit_statuses(
    error: BaseException, status: int, lines: list[str] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(job(failing(error)), []) == status
    told = capsys.readouterr().err
    if lines:
        assert told.splitlines() == lines
    assert ("Traceback" in told) == (status == 1)


def test_a_job_that_ends_well_ends_with_0() -> None:
    assert main(job(), []) == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[FAILED_READ_FILE.NO_HINT] Encountered error while reading file file:///a/b.csv.gz. ",
            "file:///a/b.csv.gz cannot be read",
        ),
        ("java.io.IOException: No space left on device", "no space left"),
        ("[DELTA_CONCURRENT_APPEND] ConcurrentAppendException", "another run wrote"),
        ("java.io.FileNotFoundException: /x (Permission denied)", "not allowed"),
        (
            "SparkException: Invalid master URL: spark://nohost\n\tat",
            "SPARK_SUBMIT_ARGS (spark://n",
        ),
        ("[JAVA_GATEWAY_EXITED] Java gateway process exited before", "mend what it says above"),
        ("Cannot call methods on a stopped SparkContext.", None),
        ("NullPointerException", None),
    ],
)
def test_known_failures_are_explained(text: str, told: str | None) -> None:
    meaning = explain(RuntimeError(text))
    assert (meaning is None) if told is None else (told in (meaning or ""))
