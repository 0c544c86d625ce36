"""spark-submit.sh: finds jobs, decides what Spark is told, and gets out of the way."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import machine
import set_up
import submit as launcher
from machine import processors
from machines import Checkout, Machine
from submit_options import Options

JOB = '''"""Shout: says what it was given."""
import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "env": dict(os.environ), "python": sys.executable}))
print("to stderr", file=sys.stderr)
if __name__ == "__main__":
    sys.exit(int(os.environ.get("STATUS", "0")))
'''
SUBMIT = """#!{python}
import json, os, sys
print(json.dumps({{"arguments": sys.argv[1:], "env": dict(os.environ)}}))
sys.exit(int(os.environ.get("STATUS", "0")))
"""


@pytest.fixture
def project(checkout: Checkout, tmp_path: Path) -> Checkout:
    """A checkout with one job, and a Spark that only says what it was told."""
    root = checkout.root
    (root / "jobs").mkdir()
    (root / "jobs" / "__init__.py").touch()
    (root / "jobs" / "shout.py").write_text(JOB)
    (root / "jobs" / "command_line.py").write_text('"""No job."""\n')
    (root / "lib" / "influencers").mkdir(parents=True)
    (root / "lib" / "influencers" / "__init__.py").touch()
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "delta.jar").touch()
    spark = tmp_path / "spark"
    for file in ("jars/spark-core_2.13-4.2.7.jar", "bin/spark-submit"):
        (spark / file).parent.mkdir(parents=True, exist_ok=True)
        (spark / file).touch(mode=0o755)
    (spark / "bin" / "spark-submit").write_text(SUBMIT.format(python=sys.executable))
    return checkout


@pytest.fixture
def env(machine: Machine, project: Checkout, tmp_path: Path) -> dict[str, str]:
    """An environment that has everything, so that no set-up is made."""
    return {
        **machine.env,
        "INFLUENCERS_PYTHON": sys.executable,
        "INFLUENCERS_JARS": str(tmp_path / "jars"),
        "SPARK_HOME": str(tmp_path / "spark"),
    }


def submit(
    project: Checkout,
    env: dict[str, str],
    *arguments: str,
    spark: str = "",
    cwd: Path | None = None,
) -> dict[str, Any]:
    """What a job that ran through was given, Spark's options in order under `spark`."""
    env = {**env, "SPARK_SUBMIT_ARGS": spark}
    done = project.run("spark-submit.sh", "shout", *arguments, env=env, cwd=cwd)
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    seen["spark"] = shlex.split(seen["env"].get("PYSPARK_SUBMIT_ARGS", ""))
    return seen


def setting(seen: dict[str, Any], key: str) -> str | None:
    """The value of a setting that is given once at most."""
    pairs = [value.partition("=") for flag, value in pairwise(seen["spark"]) if flag == "--conf"]
    values = [value for name, _, value in pairs if name == key]
    assert len(values) <= 1, values
    return values[0] if values else None


def option(seen: dict[str, Any], flag: str) -> str | None:
    """The value of an option that is given once at most."""
    values = [value for name, value in pairwise(seen["spark"]) if name == flag]
    assert len(values) <= 1, values
    return values[0] if values else None


def test_jobs_are_listed(project: Checkout, env: dict[str, str]) -> None:
    for arguments, status in ((["--help"], 0), ([], 2)):
        done = project.run("spark-submit.sh", *arguments, env=env)
        assert done.returncode == status
        assert "shout  Shout: says what it was given" in done.stdout + done.stderr
        assert "command_line" not in done.stdout + done.stderr


def test_unknown_job_is_one_line(project: Checkout, env: dict[str, str]) -> None:
    done = project.run("spark-submit.sh", "whisper", env=env)
    assert done.returncode == 2
    assert done.stderr == "spark-submit.sh: there is no job whisper: the jobs are shout\n"


def test_arguments_and_folder_are_the_callers(
    project: Checkout, env: dict[str, str], tmp_path: Path
) -> None:
    words = ["--input", "posts of *.csv", "--set", "a.b='c d'", "", "--help"]
    (tmp_path / "else where").mkdir()
    seen = submit(project, env, *words, cwd=tmp_path / "else where")
    assert seen["arguments"] == words
    assert seen["env"]["PWD"] == str(tmp_path / "else where")


def test_a_link_to_the_script_finds_the_checkout(
    project: Checkout, env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "first").symlink_to(project.root / "spark-submit.sh")
    (tmp_path / "second").symlink_to("first")
    done = subprocess.run(
        [tmp_path / "second", "shout"], env=env, capture_output=True, text=True, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["env"]["PYTHONPATH"].split(":")
    assert found == [str(project.root / "lib"), str(project.root)]


@pytest.mark.parametrize("status", [0, 1, 2, 130])
@pytest.mark.parametrize("spark", ["", "--master yarn --deploy-mode cluster"])
def test_status_is_the_jobs(
    project: Checkout, env: dict[str, str], status: int, spark: str
) -> None:
    env = {**env, "STATUS": str(status), "SPARK_SUBMIT_ARGS": spark}
    assert project.run("spark-submit.sh", "shout", env=env).returncode == status


def test_stderr_is_stderr(project: Checkout, env: dict[str, str]) -> None:
    assert project.run("spark-submit.sh", "shout", env=env).stderr == "to stderr\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_job_that_has_not_begun_in_one_line(
    project: Checkout, env: dict[str, str], number: signal.Signals
) -> None:
    (project.root / "jobs" / "shout.py").write_text(
        "import time\n"
        "print('imports', flush=True)\n"
        "time.sleep(60)\n"
        "if __name__ == '__main__': ...\n"
    )
    command = [project.root / "spark-submit.sh", "shout"]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "imports\n"
        process.send_signal(number)
        assert process.wait(timeout=10) == 130
        assert process.stderr.read() == "shout: interrupted before it began\n"


def test_a_job_is_the_program(project: Checkout, env: dict[str, str]) -> None:
    (project.root / "jobs" / "shout.py").write_text(
        "import beside, sys\n"
        "if __name__ == '__main__':\n"
        "    print(sys.argv, __file__, sys.modules['__main__'].beside.__name__)\n"
    )
    (project.root / "jobs" / "beside.py").touch()
    done = project.run("spark-submit.sh", "shout", "--loud", env=env)
    job = str(project.root / "jobs" / "shout.py")
    assert done.stdout == f"{[job, '--loud']} {job} beside\n", done.stderr


def test_local_run_is_sized_to_the_machine(
    project: Checkout, env: dict[str, str], tmp_path: Path
) -> None:
    seen = submit(project, env)
    assert option(seen, "--master") == f"local[{processors()},4]"
    memory = option(seen, "--driver-memory")
    assert memory is not None and 1024 <= int(memory.removesuffix("m")) <= 16384
    assert setting(seen, "spark.sql.shuffle.partitions") is not None
    assert setting(seen, "spark.databricks.delta.snapshotPartitions") == "1"
    assert option(seen, "--properties-file") == str(project.root / "conf" / "spark-defaults.conf")
    assert "--load-spark-defaults" in seen["spark"]
    assert option(seen, "--jars") == str(tmp_path / "jars" / "delta.jar")
    code = option(seen, "--py-files")
    assert code is not None and Path(code).parent == project.root / ".build"
    assert seen["spark"][-1] == "pyspark-shell"
    assert seen["python"] == sys.executable
    assert seen["env"]["PYSPARK_PYTHON"] == sys.executable
    assert seen["env"]["SPARK_LOCAL_IP"] == "127.0.0.1"
    assert seen["env"]["PYTHONHASHSEED"] == "0"
    assert seen["env"]["INFLUENCERS_CONF"] == str(project.root / "conf")


def test_logging_is_ours_and_its_path_survives_a_space(
    project: Checkout, env: dict[str, str]
) -> None:
    given = "--conf 'spark.driver.extraJavaOptions=-Da=1 -Db=2'"
    java = option(submit(project, env, spark=given), "--driver-java-options")
    uri = (project.root / "conf" / "log4j2.properties").as_uri()
    assert java is not None
    assert java.startswith(f"-Dlog4j2.configurationFile={uri} ")
    assert java.endswith("-Da=1 -Db=2")
    assert "check%20out" in uri


@pytest.mark.parametrize(
    ("cpus", "given", "variables", "chosen"),
    [
        (1, "-Da=1", {}, True),
        (2, "", {}, True),
        (3, "", {}, False),
        (2, "-XX:+UseG1GC", {}, False),
        (2, "-XX:-UseSerialGC", {}, False),
        (2, "", {"JAVA_TOOL_OPTIONS": "-Da=1 -XX:+UseZGC"}, False),
        (2, "-XX:+UseStringDeduplication", {}, True),
    ],
)
def test_few_processors_have_a_collector_of_garbage_that_suits_them(
    monkeypatch: pytest.MonkeyPatch, cpus: int, given: str, variables: dict[str, str], chosen: bool
) -> None:
    monkeypatch.setattr(machine, "processors", lambda: cpus)
    key = "spark.driver.extraJavaOptions"
    options = Options().set(key, given) if given else Options()
    java = launcher.with_collector(options, {}, variables).get(key) or ""
    assert java == f"{'-XX:+UseSerialGC ' if chosen else ''}{given}".strip()


def test_what_the_user_sets_stands(project: Checkout, env: dict[str, str]) -> None:
    given = (
        "--master 'local[7]' --driver-memory 3g --jars mine.jar --py-files=mine.zip "
        '--conf "spark.app.note=two words" --num-executors 4 --verbose '
        "--conf spark.sql.shuffle.partitions=9"
    )
    seen = submit(project, env, spark=given)
    assert option(seen, "--master") == "local[7]"
    assert option(seen, "--driver-memory") == "3g"
    assert str(option(seen, "--jars")).endswith("/delta.jar,mine.jar")
    assert str(option(seen, "--py-files")).endswith(".zip,mine.zip")
    assert setting(seen, "spark.app.note") == "two words"
    assert setting(seen, "spark.sql.shuffle.partitions") == "9"
    assert option(seen, "--num-executors") == "4"
    assert "--verbose" in seen["spark"]


@pytest.mark.parametrize(
    ("spark", "more"),
    [
        ("--conf spark.driver.memory=3g", {}),
        ("", {"SPARK_DRIVER_MEMORY": "3g"}),
    ],
)
def test_memory_set_in_another_way_stands(
    project: Checkout, env: dict[str, str], spark: str, more: dict[str, str]
) -> None:
    seen = submit(project, {**env, **more}, spark=spark)
    assert option(seen, "--driver-memory") == ("3g" if spark else None)


@pytest.mark.parametrize("master", ["yarn", "k8s://https://127.0.0.1:6443"])
def test_cluster_is_not_sized_and_gets_no_path_of_this_machine(
    project: Checkout, env: dict[str, str], master: str
) -> None:
    seen = submit(project, env, spark=f"--master {master}")
    assert option(seen, "--master") == master
    assert option(seen, "--driver-memory") is None
    assert setting(seen, "spark.sql.shuffle.partitions") is None
    assert "PYSPARK_PYTHON" not in seen["env"]
    assert "SPARK_LOCAL_IP" not in seen["env"]


def test_python_of_the_executors_is_the_users(project: Checkout, env: dict[str, str]) -> None:
    seen = submit(project, {**env, "PYSPARK_PYTHON": "/opt/python"}, spark="--master yarn")
    assert seen["env"]["PYSPARK_PYTHON"] == "/opt/python"
    given = "--master yarn --conf spark.pyspark.python=./packed/bin/python"
    seen = submit(project, env, spark=given)
    assert seen["env"]["PYSPARK_PYTHON"] == "./packed/bin/python"


def test_settings_of_the_cluster_are_known(
    project: Checkout, env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "spark-defaults.conf").write_text("spark.master yarn\nspark.driver.memory 5g\n")
    seen = submit(project, {**env, "SPARK_CONF_DIR": str(tmp_path)})
    assert option(seen, "--master") is None
    assert option(seen, "--driver-memory") is None
    assert "PYSPARK_PYTHON" not in seen["env"]


def test_users_own_properties_file_keeps_what_it_lacks_of_ours(
    project: Checkout, env: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "mine.conf"
    file.write_text("spark.sql.session.timeZone Asia/Tokyo\nspark.driver.memory=3g\n")
    seen = submit(project, env, spark=f"--properties-file {file}")
    assert option(seen, "--properties-file") == str(file)
    words = " ".join(seen["spark"])
    assert "spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension" in words
    assert "timeZone" not in words
    assert option(seen, "--driver-memory") is None


def test_cluster_mode_is_left_to_spark(
    project: Checkout, env: dict[str, str], tmp_path: Path
) -> None:
    env["SPARK_SUBMIT_ARGS"] = "--master yarn --deploy-mode cluster"
    done = project.run("spark-submit.sh", "shout", "--output", "s3a://b/o", env=env)
    assert done.returncode == 0, done.stderr
    arguments = json.loads(done.stdout)["arguments"]
    job = str(project.root / "jobs" / "shout.py")
    assert arguments[-3:] == [job, "--output", "s3a://b/o"]
    assert "--py-files" in arguments and "--jars" in arguments
    # This machine's log settings are a file that the driver would not find.
    assert "--driver-java-options" not in arguments


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SPARK_SUBMIT_ARGS": "--conf 'x"}, "SPARK_SUBMIT_ARGS"),
        ({"SPARK_SUBMIT_ARGS": "--properties-file /none.conf"}, "no file /none.conf"),
        ({"SPARK_HOME": "/usr"}, "SPARK_HOME=/usr is not Spark 4.2"),
        ({"JAVA_HOME": "/none"}, "/none/bin/java does not run"),
    ],
)
def test_mistakes_are_one_line(
    project: Checkout, env: dict[str, str], change: dict[str, str], words: str
) -> None:
    done = project.run("spark-submit.sh", "shout", env={**env, **change})
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr


def test_set_up_is_made_when_it_must_be(project: Checkout, env: dict[str, str]) -> None:
    del env["INFLUENCERS_PYTHON"]
    (project.root / ".venv").mkdir()
    (project.root / ".venv" / "thesis.txt").touch()
    done = project.run("spark-submit.sh", "shout", env=env)
    assert done.returncode == 2
    assert ".venv is not an environment that set-up made" in done.stderr


def test_environment_that_is_current_runs_the_job(project: Checkout, env: dict[str, str]) -> None:
    del env["INFLUENCERS_PYTHON"]
    python = project.root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(os.path.realpath(sys.executable))
    state = set_up.content(project.root, set_up.RUNTIME)
    set_up.write_json(project.root / ".venv" / set_up.STATE, state)
    seen = submit(project, env)
    assert seen["env"]["PYSPARK_PYTHON"] == str(python)
