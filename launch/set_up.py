"""Set-up: `.venv` from the lock files, and the JVM packages in `.jars`.

Uses nothing but the standard library, because there is nothing else yet. What was made is recorded
with the content it was made from, once it is whole: an interrupted set-up starts again, a current
one does nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import class_archive
from jar_check import altered
from machine import MendableError, java_command, require_disk

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = "requirements.lock"
# Each of these holds all of the runtime as well.
GROUPS = {"test": "requirements-test.lock", "benchmark": "requirements-benchmark.lock"}
PACKAGES = Path("conf", "jvm-packages.toml")
STATE = "set-up.json"
# The real one, asked now: what runs may be the .venv/bin/python that is about to be removed.
INTERPRETER = os.path.realpath(sys.executable)


def main() -> int:
    """Sets up; 2 and one line on stderr for what the user can mend."""
    parser = argparse.ArgumentParser(prog="setup.sh", description="Make .venv and .jars.")
    parser.add_argument("--group", choices=sorted(GROUPS), help="install this group too")
    parser.add_argument("--quiet", action="store_true", help="say nothing if all is current")
    options = parser.parse_args()
    lock = GROUPS[options.group] if options.group else RUNTIME
    try:
        if not set_up(ROOT, lock) and not options.quiet:
            say("nothing to do: .venv and .jars are current")
    except MendableError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("set-up: interrupted; the next one starts again", file=sys.stderr)
        return 130
    return 0


def set_up(root: Path, lock: str = RUNTIME) -> bool:
    """Brings `.venv` and `.jars` up to date with the lock file and conf/jvm-packages.toml.

    `.jars` gets an archive of classes, too (class_archive.py).

    Returns:
        Whether there was anything to do.

    Raises:
        MendableError: Java, disk, Python or the network are not as they must be.
    """
    if is_venv_current(root, lock) and are_jars_current(root) and is_archive_current(root):
        return False
    java_command(os.environ)
    try:
        with one_at_a_time(root):
            if not is_venv_current(root, lock):
                # A broken .venv goes first, and makes room.
                if not is_venv_current(root, RUNTIME):
                    remove_venv(root)
                require_disk(root)
                make_venv(root, lock)
            if not are_jars_current(root):
                fetch_jars(root)
            if not is_archive_current(root):
                archive_classes(root)
    except OSError as error:
        place = error.filename or root
        raise MendableError(f"cannot use {place}: {error.strerror}: mend that first") from error
    return True


def say(line: str) -> None:
    """Tells the user what is done; stderr is for the one line that says why it was not."""
    print(f"set-up: {line}", flush=True)


@contextlib.contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Waits until no other set-up of this checkout runs."""
    (root / ".build").mkdir(exist_ok=True)
    with (root / ".build" / "set-up.lock").open("w") as door:
        try:
            fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("waiting for another set-up of this checkout to end")
            fcntl.flock(door, fcntl.LOCK_EX)
        yield


def venv_python(root: Path) -> Path:
    """The environment's Python."""
    return root / ".venv" / "bin" / "python"


def venv_spark(root: Path) -> Path:
    """The Spark inside the environment's pyspark."""
    packages = root / ".venv" / "lib" / f"python{python_version()}" / "site-packages"
    return packages / "pyspark"


def is_venv_current(root: Path, lock: str) -> bool:
    """Whether `.venv` holds what the runtime's lock file and this one name, for this Python."""
    made = read_json(root / ".venv" / STATE)
    # X_OK follows the link: a Python that was uninstalled or moved takes its environment with it.
    return content(root, lock).items() <= made.items() and os.access(venv_python(root), os.X_OK)


def content(root: Path, lock: str) -> dict[str, str]:
    """What an environment with the runtime and this lock file is made from."""
    return {"python": python_version(), **{name: digest(root / name) for name in (RUNTIME, lock)}}


def remove_venv(root: Path) -> None:
    """Removes an environment that is out of date or was left half-made."""
    venv = root / ".venv"
    if venv.is_symlink() or (venv.exists() and any(venv.iterdir()) and not is_environment(venv)):
        raise MendableError(f"{venv} is not an environment that set-up made: move it away")
    shutil.rmtree(venv, ignore_errors=True)


def is_environment(venv: Path) -> bool:
    """Whether the folder is a Python environment, or the start of one."""
    return (venv / "pyvenv.cfg").exists() or (venv / "bin").exists()


def make_venv(root: Path, lock: str) -> None:
    """Makes `.venv` unless it is there, and installs what the lock file names into it."""
    venv = root / ".venv"
    started = time.monotonic()
    say(f"installing {lock} for Python {python_version()}; the first time takes minutes")
    if not venv.exists():
        done = subprocess.run([INTERPRETER, "-m", "venv", str(venv)], capture_output=True)
        if done.returncode:
            raise MendableError(
                f"{INTERPRETER} cannot make an environment (venv or ensurepip is missing): install "
                f"python{python_version()}-venv, or set PYTHON to another Python"
            )
    state = read_json(venv / STATE)
    (venv / STATE).unlink(missing_ok=True)
    run_pip(root, lock)
    write_json(venv / STATE, state | content(root, lock))
    say(f"installed in {time.monotonic() - started:.0f} s")


def run_pip(root: Path, lock: str) -> None:
    """Installs the lock file's packages, with their hashes checked.

    Raises:
        MendableError: pip failed; the line names the cause where pip's output tells it.
    """
    log = root / ".venv" / "pip.log"
    scratch = root / ".venv" / "tmp"  # on the disk that was found large enough; /tmp may be small
    scratch.mkdir(exist_ok=True)
    pip = [str(venv_python(root)), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    install = ["install", "--require-hashes", "--retries", "2", "--progress-bar", "off"]
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(
            [*pip, *install, "-r", str(root / lock)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(scratch)},
        )
    shutil.rmtree(scratch, ignore_errors=True)
    if done.returncode:
        text = log.read_text(encoding="utf-8", errors="replace")
        raise MendableError(f"{explain_pip(text, lock)}; pip's output is in {log}")


def explain_pip(output: str, lock: str) -> str:
    """What went wrong, and the mend, by pip's output."""
    # Asked in this order: without an index there is no matching distribution either.
    if "No space left on device" in output:
        return "the disk is full: make room (pip also keeps files in its cache, see pip cache dir)"
    if "DO NOT MATCH THE HASHES" in output:
        found = re.search(r"^ +([\w.\[\]-]+==\S+|https?://\S+|file:\S+)", output, re.MULTILINE)
        return (
            f"{found.group(1) if found else 'a package'} is not the file whose hash {lock} names: "
            "use an index you trust, or run make lock if the change is meant"
        )
    if re.search(r"connection broken|Could not fetch URL|Could not install .*Connection", output):
        return "no package index could be reached: check the network, or name one in PIP_INDEX_URL"
    missing = re.search(r"No matching distribution found for (\S+)", output)
    if missing:
        return (
            f"no package index has {missing.group(1)}: check the network, "
            "or name a complete index in PIP_INDEX_URL (and do not set PIP_NO_INDEX)"
        )
    return f"pip could not install {lock}"


def are_jars_current(root: Path) -> bool:
    """Whether the JVM packages that conf/jvm-packages.toml names are there.

    INFLUENCERS_JARS names a folder that someone else keeps, such as an image's.
    """
    other = os.environ.get("INFLUENCERS_JARS")
    if other:
        if not any(Path(other).glob("*.jar")):
            raise MendableError(
                f"INFLUENCERS_JARS={other} has no jars: fill the folder, or unset it"
            )
        require_unaltered(Path(other))
        return True
    record = read_json(root / ".jars" / "resolved.json")
    if record.get("source_sha256") != digest(root / PACKAGES):
        return False
    wrong = altered(root / ".jars", record["jars"])
    if wrong:
        say(f"{wrong[0]} in .jars is not as it was fetched: fetching again")
    return not wrong


def require_unaltered(folder: Path) -> None:
    """Raises MendableError if a folder that says what was fetched into it holds something else.

    Jars beside those are its keeper's, and were put there on purpose.
    """
    known = read_json(folder / "resolved.json").get("jars", {})
    wrong = [name for name in altered(folder, known, keep=False) if name in known]
    if wrong:
        raise MendableError(
            f"{folder / wrong[0]} is not the jar that resolved.json beside it names: fill the "
            "folder again, or unset INFLUENCERS_JARS"
        )


def fetch_jars(root: Path) -> None:
    """Fetches the JVM packages with the environment's pyspark."""
    say("fetching JVM packages")
    resolve = [str(venv_python(root)), str(root / "launch" / "resolve_jars.py")]
    into = ["--packages", str(root / PACKAGES), "--into", str(root / ".jars")]
    done = subprocess.run([*resolve, *into])
    if done.returncode:
        # It has said why.
        sys.exit(done.returncode if done.returncode in (2, 130) else 1)
    taken = read_json(root / ".jars" / "resolved.json")["packages"]
    say("jars: " + ", ".join(coordinates for jars in taken.values() for coordinates in jars))


def is_archive_current(root: Path) -> bool:
    """Whether `.jars` has its archive of classes, or one could not be made.

    A folder that is someone else's, or cannot be written, is left as it is.
    """
    jars = root / ".jars"
    if os.environ.get("INFLUENCERS_JARS") or (jars.exists() and not os.access(jars, os.W_OK)):
        return True
    return class_archive.fits(read_json(jars / class_archive.RECORD), jars, os.environ)


def archive_classes(root: Path) -> None:
    """Makes the archive of classes that runs start from."""
    started, jars = time.monotonic(), root / ".jars"
    say("archiving Java classes, so that every run starts sooner")
    made = class_archive.make(root, jars, venv_python(root), venv_spark(root), os.environ)
    write_json(jars / class_archive.RECORD, class_archive.made_from(jars, os.environ))
    if made:
        say(f"archived in {time.monotonic() - started:.0f} s")
    else:
        say("no archive could be made: runs start without it (see .jars/classes.log)")


def python_version() -> str:
    """The version of the running Python, as an environment is tied to it."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def digest(path: Path) -> str:
    """The SHA-256 of a file of the checkout.

    Raises:
        MendableError: the checkout lacks it.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise MendableError(
            f"cannot read {path}: {error.strerror}: fetch the whole checkout again"
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    """The object in the file, empty if there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Writes the object at once: never half a file."""
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    os.replace(draft, path)


if __name__ == "__main__":
    sys.exit(main())
