"""setup.sh on machines that lack something, and on one that has everything."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import class_archive
import set_up
from machines import Checkout, Machine


def assert_one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("set-up: ")
    for word in words:
        assert word in done.stderr


def make_current(root: Path, lock: str = set_up.RUNTIME) -> None:
    """Leaves what a set-up that went through would."""
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").symlink_to(os.path.realpath(sys.executable))
    set_up.write_json(root / ".venv" / set_up.STATE, set_up.content(root, lock))
    (root / ".jars").mkdir()
    (root / ".jars" / "delta.jar").write_bytes(b"jar")
    record = {"source_sha256": set_up.digest(root / set_up.PACKAGES), "jars": {"delta.jar": ""}}
    set_up.write_json(root / ".jars" / "resolved.json", record)
    set_up.write_json(
        root / ".jars" / class_archive.RECORD, class_archive.made_from(root / ".jars", {})
    )


def test_no_java(checkout: Checkout, machine: Machine) -> None:
    (machine.bin / "java").unlink()
    assert_one_line(checkout.run("setup.sh", env=machine.env), "no Java found", "JAVA_HOME")
    assert not (checkout.root / ".venv").exists()


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.22", "16", "22-ea", "25.0.1"])
def test_java_out_of_range(checkout: Checkout, machine: Machine, version: str) -> None:
    machine.java(version)
    done = checkout.run("setup.sh", env=machine.env)
    assert_one_line(done, f"is Java {version}", "Java 17 to 21")


def test_java_that_does_not_run(checkout: Checkout, machine: Machine) -> None:
    machine.script("java", "echo 'Unable to locate a Java Runtime.' >&2; exit 1")
    assert_one_line(checkout.run("setup.sh", env=machine.env), "does not run", "Java 17 to 21")


def test_java_home_that_was_trimmed(checkout: Checkout, machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "release").write_text('JAVA_VERSION="17.0.15"\nMODULES="java.base java.xml"\n')
    env = {**machine.env, "JAVA_HOME": str(tmp_path)}
    assert_one_line(checkout.run("setup.sh", env=env), "jdk.incubator.vector", "full JRE")


def test_python_too_old(checkout: Checkout, machine: Machine) -> None:
    machine.python("python3", "3.9.18")
    assert_one_line(checkout.run("setup.sh", env=machine.env), "3.9.18", "3.10 to 3.13", "PYTHON=")


def test_no_python(checkout: Checkout, machine: Machine) -> None:
    (machine.bin / "python3").unlink()
    assert_one_line(checkout.run("setup.sh", env=machine.env), "no Python found", "PYTHON=")


@pytest.mark.parametrize("version", ["3.9.18", "3.14.0"])
def test_python_chosen_out_of_range(checkout: Checkout, machine: Machine, version: str) -> None:
    machine.python("other", version)
    env = {**machine.env, "PYTHON": str(machine.bin / "other")}
    assert_one_line(checkout.run("setup.sh", env=env), "PYTHON=", version, "3.10 to 3.13")


def test_python_chosen_that_is_not_there(checkout: Checkout, machine: Machine) -> None:
    env = {**machine.env, "PYTHON": "/no/such/python"}
    assert_one_line(checkout.run("setup.sh", env=env), "/no/such/python does not run")


def test_another_python_when_python3_is_too_new(checkout: Checkout, machine: Machine) -> None:
    machine.python("python3", "3.14.0")
    machine.python("python3.12")
    (machine.bin / "java").unlink()
    # It got as far as asking for Java.
    assert_one_line(checkout.run("setup.sh", env=machine.env), "no Java found")


def test_no_disk_space(checkout: Checkout, machine: Machine, tmp_path: Path) -> None:
    # A disk that is nearly full, as the standard library reports it.
    (tmp_path / "sitecustomize.py").write_text(
        "import shutil\nfull = shutil._ntuple_diskusage(10**9, 9 * 10**8, 10**8)\n"
        "shutil.disk_usage = lambda path: full\n"
    )
    env = {**machine.env, "PYTHONPATH": str(tmp_path)}
    done = checkout.run("setup.sh", env=env)
    assert_one_line(done, "no space", "95 MB free", "2500 MB")
    assert not (checkout.root / ".venv").exists()


def test_no_package_index_leaves_nothing_that_looks_whole(
    checkout: Checkout, machine: Machine
) -> None:
    nobody = "http://127.0.0.1:9/simple"
    env = {**machine.env, "PIP_INDEX_URL": nobody, "PIP_RETRIES": "0"}
    done = checkout.run("setup.sh", env=env)
    assert_one_line(done, "no package index could be reached", "PIP_INDEX_URL", "pip.log")
    assert (checkout.root / ".venv" / "pip.log").exists()
    assert not (checkout.root / ".venv" / set_up.STATE).exists()
    assert not set_up.is_venv_current(checkout.root, set_up.RUNTIME)


def wait_for_caller(server: socket.socket, process: subprocess.Popen[str]) -> socket.socket:
    """The first connection to the server, as long as the process lives."""
    server.settimeout(0.2)
    while process.poll() is None:
        with contextlib.suppress(TimeoutError):
            return server.accept()[0]
    raise AssertionError(f"ended before it asked: {process.communicate()[1]}")


def test_interrupted_set_up_leaves_nothing_that_looks_whole(
    checkout: Checkout, machine: Machine
) -> None:
    make_current(checkout.root)
    (checkout.root / "requirements.lock").write_text("six==1.17.0 --hash=sha256:00\n")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = {**machine.env, "PIP_INDEX_URL": "http://{}:{}/simple".format(*silent.getsockname())}
        process = subprocess.Popen(
            [checkout.root / "setup.sh"],
            env=env,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            # Whoever runs the tests in the background has it ignored, for all below him.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        with wait_for_caller(silent, process):  # pip has asked, and gets no answer
            os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == "set-up: interrupted; the next one starts again\n"
    assert not (checkout.root / ".venv" / set_up.STATE).exists()


def test_current_set_up_does_nothing_and_takes_no_time(
    checkout: Checkout, machine: Machine
) -> None:
    make_current(checkout.root)
    (machine.bin / "java").unlink()  # not even asked for
    times = []
    for _ in range(3):
        started = time.monotonic()
        done = checkout.run("setup.sh", env=machine.env)
        times.append(time.monotonic() - started)
        assert (done.returncode, done.stderr) == (0, "")
        assert "nothing to do" in done.stdout
    assert min(times) < 1
    assert checkout.run("setup.sh", "--quiet", env=machine.env).stdout == ""


def test_test_group_is_asked_for_apart(checkout: Checkout, machine: Machine) -> None:
    make_current(checkout.root)
    (machine.bin / "java").unlink()
    assert_one_line(checkout.run("setup.sh", "--group", "test", env=machine.env), "no Java found")


@pytest.mark.parametrize("file", ["requirements.lock", "conf/jvm-packages.toml"])
def test_changed_file_asks_for_set_up(checkout: Checkout, file: str) -> None:
    make_current(checkout.root)
    root = checkout.root
    assert set_up.is_venv_current(root, set_up.RUNTIME) and set_up.are_jars_current(root)
    with (root / file).open("a") as stream:
        stream.write("# changed\n")
    assert not (set_up.is_venv_current(root, set_up.RUNTIME) and set_up.are_jars_current(root))


def test_jar_that_is_gone_asks_for_set_up(checkout: Checkout) -> None:
    make_current(checkout.root)
    (checkout.root / ".jars" / "delta.jar").unlink()
    assert not set_up.are_jars_current(checkout.root)


def test_other_python_asks_for_set_up(checkout: Checkout) -> None:
    make_current(checkout.root)
    state = checkout.root / ".venv" / set_up.STATE
    state.write_text(json.dumps({**json.loads(state.read_text()), "python": "3.1"}))
    assert not set_up.is_venv_current(checkout.root, set_up.RUNTIME)


def test_python_that_is_gone_asks_for_set_up(checkout: Checkout) -> None:
    make_current(checkout.root)
    python = checkout.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/no/such/python")
    assert not set_up.is_venv_current(checkout.root, set_up.RUNTIME)


def test_folder_that_is_no_environment_is_left_alone(checkout: Checkout, machine: Machine) -> None:
    (checkout.root / ".venv").mkdir()
    (checkout.root / ".venv" / "thesis.txt").write_text("two years of work")
    assert_one_line(checkout.run("setup.sh", env=machine.env), ".venv is not an environment")
    assert (checkout.root / ".venv" / "thesis.txt").exists()


def test_second_set_up_waits_for_the_first(checkout: Checkout, machine: Machine) -> None:
    (checkout.root / ".build").mkdir()
    with (checkout.root / ".build" / "set-up.lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        process = subprocess.Popen(
            [checkout.root / "setup.sh"], env=machine.env, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert "waiting for another set-up" in process.stdout.readline()
        make_current(checkout.root)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "installing" not in output


def test_own_folder_of_jars_is_taken_as_it_is(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFLUENCERS_JARS", str(tmp_path / "jars"))
    with pytest.raises(set_up.MendableError, match="has no jars"):
        set_up.are_jars_current(checkout.root)
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "delta.jar").write_bytes(b"jar")
    assert set_up.are_jars_current(checkout.root)


def test_an_altered_jar_is_fetched_again_and_in_an_own_folder_refused(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (checkout.root / ".jars", tmp_path / "jars"):
        folder.mkdir(exist_ok=True)
        (folder / "delta.jar").write_bytes(b"jar")
        jars = {"delta.jar": hashlib.sha256(b"jar").hexdigest()}
        record = {"source_sha256": set_up.digest(checkout.root / set_up.PACKAGES), "jars": jars}
        set_up.write_json(folder / "resolved.json", record)
    assert set_up.are_jars_current(checkout.root)
    (checkout.root / ".jars" / "delta.jar").write_bytes(b"raj")
    assert not set_up.are_jars_current(checkout.root)
    monkeypatch.setenv("INFLUENCERS_JARS", str(tmp_path / "jars"))
    (tmp_path / "jars" / "own.jar").write_bytes(b"its keeper's")
    assert set_up.are_jars_current(checkout.root)
    assert not (tmp_path / "jars" / "checked.json").exists()
    (tmp_path / "jars" / "delta.jar").write_bytes(b"raj")
    with pytest.raises(set_up.MendableError, match=r"delta\.jar is not the jar that resolved"):
        set_up.are_jars_current(checkout.root)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("ERROR: [Errno 28] No space left on device\n", "the disk is full"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n"
            "    six==1.17.0 from http://127.0.0.1/six.whl (from -r x.lock):\n"
            "        Expected sha256 00\n",
            "six==1.17.0 is not the file whose hash x.lock names",
        ),
        (
            "WARNING: Retrying after connection broken by 'ConnectTimeoutError'\n"
            "ERROR: No matching distribution found for six==1.17.0\n",
            "no package index could be reached",
        ),
        (
            "ERROR: No matching distribution found for six==1.17.0\n",
            "no package index has six==1.17.0",
        ),
        ("error: subprocess-exited-with-error\n", "pip could not install x.lock"),
    ],
)
def test_what_pip_says_is_put_into_words(output: str, words: str) -> None:
    assert words in set_up.explain_pip(output, "x.lock")
