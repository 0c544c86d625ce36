"""What a container of the image runs: a job, a daemon of a standalone cluster, or a pod.

    container.py JOB [options]           a job; without any, the pipeline on what is mounted
    container.py master|worker|history   a standalone cluster's daemons, in the foreground
    container.py driver|executor …       what Kubernetes asks of an image

The secret that the parts of a cluster share comes from INFLUENCERS_SECRET, or from the file that
INFLUENCERS_SECRET_FILE names. It goes into a settings file that only this user can read, never on a
command line, and leaves the environment.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import machine
import pods
import submit
from machine import MendableError

# Where the health check finds what this container is.
ROLE_FILE = Path(tempfile.gettempdir(), "influencers-role")
# Mounted folders that a container without arguments reads and writes, the first that is there.
DATASETS = (Path("/data"), Path("/app/dataset"))
RESULTS = (Path("/app/visualization"), Path("/out"))
# What a worker's container needs beside the heaps it offers: its daemon, and for each heap the
# Python workers with their Arrow batches and images, and what a JVM takes beyond its heap.
DAEMON_MB = 512
BESIDE_HEAP = 0.6
SHORTEST_SECRET = 16

Env = dict[str, str]


def main(arguments: list[str]) -> int:
    """Becomes the process that the arguments name; 2 and one line for what the user can mend."""
    role, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    env = dict(os.environ)
    try:
        name_the_user(env)
        run = ROLES.get(role)
        if run is not None:
            remember(role)
            env["SPARK_HOME"] = str(submit.spark_home(env))
            run(env, rest)
        remember("job")
        settings = cluster_settings(env)
        if settings:
            env["SPARK_CONF_DIR"] = str(write_settings(settings))
        os.environ.clear()
        os.environ.update(env)
        return submit.main(arguments or the_usual(DATASETS, RESULTS))
    except MendableError as error:
        print(f"container: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def the_usual(datasets: tuple[Path, ...], results: tuple[Path, ...]) -> list[str]:
    """The pipeline on the mounted dataset; on a generated sample where none is mounted.

    Raises:
        MendableError: the folder for results cannot be written.
    """
    output = next((folder for folder in results if folder.is_dir()), results[-1])
    if not os.access(output, os.W_OK):
        raise MendableError(
            f"{output} is not writable for user {os.getuid()}: give the mounted folder to that "
            'user, or run as its owner with --user "$(id -u):0"'
        )
    dataset = next((one for one in datasets if one.is_dir() and any(one.iterdir())), None)
    read = ["--input", str(dataset)] if dataset else []
    return ["pipeline", *read, "--output", str(output)]


def master(env: Env, rest: list[str]) -> NoReturn:
    """A standalone master, reached as spark://HOST:7077 by the very name it is given here."""
    host = env.get("SPARK_MASTER_HOST") or "0.0.0.0"
    ports = ["--port", env.get("SPARK_MASTER_PORT") or "7077"]
    ports += ["--webui-port", env.get("SPARK_MASTER_WEBUI_PORT") or "8080"]
    daemon(env, "deploy.master.Master", ["--host", host, *ports, *rest])


def worker(env: Env, rest: list[str]) -> NoReturn:
    """A standalone worker of the master in SPARK_MASTER.

    Raises:
        MendableError: the container's memory does not hold what the worker offers.
    """
    cores = env.get("SPARK_WORKER_CORES") or str(machine.processors())
    memory = env.get("SPARK_WORKER_MEMORY") or f"{offered_mb(machine.memory_mb())}m"
    check_memory(memory, machine.memory_mb())
    port = env.get("SPARK_WORKER_WEBUI_PORT") or "8081"
    options = ["--cores", cores, "--memory", memory, "--webui-port", port]
    options += ["--work-dir", f"{env.get('SPARK_LOCAL_DIRS') or tempfile.gettempdir()}/work"]
    # An application's files go an hour after its end.
    env["SPARK_WORKER_OPTS"] = (
        "-Dspark.worker.cleanup.enabled=true -Dspark.worker.cleanup.interval=600 "
        f"-Dspark.worker.cleanup.appDataTtl=3600 {env.get('SPARK_WORKER_OPTS', '')}"
    ).strip()
    url = env.get("SPARK_MASTER") or "spark://master:7077"
    daemon(env, "deploy.worker.Worker", [*options, *rest, url])


def history(env: Env, rest: list[str]) -> NoReturn:
    """The history server of the event logs in /events."""
    folder = env.get("SPARK_EVENTS") or "/events"
    port = env.get("SPARK_HISTORY_PORT") or "18080"
    env["SPARK_HISTORY_OPTS"] = (
        f"-Dspark.history.fs.logDirectory={Path(folder).as_uri()} -Dspark.history.ui.port={port} "
        f"{env.get('SPARK_HISTORY_OPTS', '')}"
    ).strip()
    spark_class(env, "org.apache.spark.deploy.history.HistoryServer", rest)


def driver(env: Env, rest: list[str]) -> NoReturn:
    """A driver's pod: Kubernetes gives the job and its options."""
    arguments, added = pods.driver_command(env, rest)
    submit.replace_process(f"{env['SPARK_HOME']}/bin/spark-submit", arguments, env | added)


def executor(env: Env, rest: list[str]) -> NoReturn:
    """An executor's pod."""
    arguments = [*pods.executor_arguments(env), *rest]
    submit.replace_process(machine.java_command(env), arguments, env)


ROLES: dict[str, Callable[[Env, list[str]], NoReturn]] = {
    "master": master,
    "worker": worker,
    "history": history,
    "driver": driver,
    "executor": executor,
}


def daemon(env: Env, name: str, arguments: list[str]) -> NoReturn:
    """A daemon that trusts only who knows the secret.

    Raises:
        MendableError: there is none.
    """
    settings = cluster_settings(env)
    if not settings:
        raise MendableError(
            "INFLUENCERS_SECRET is not set: whoever reaches this port could run code here; set it "
            "to the same random text in every container (openssl rand -hex 32)"
        )
    env["SPARK_CONF_DIR"] = str(write_settings(settings))
    spark_class(env, f"org.apache.spark.{name}", arguments)


def spark_class(env: Env, name: str, arguments: list[str]) -> NoReturn:
    """This process becomes a JVM with the class."""
    machine.java_command(env)
    env.setdefault("SPARK_DAEMON_MEMORY", f"{DAEMON_MB}m")
    submit.replace_process(f"{env['SPARK_HOME']}/bin/spark-class", [name, *arguments], env)


def cluster_settings(env: Env) -> dict[str, str]:
    """Spark's settings for a cluster whose parts share a secret; empty without one.

    The secret leaves the environment: what Spark starts would inherit it.

    Raises:
        MendableError: it cannot be read, or is too short to be one.
    """
    file = env.pop("INFLUENCERS_SECRET_FILE", "")
    secret = env.pop("INFLUENCERS_SECRET", "")
    if file:
        try:
            secret = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise MendableError(
                f"INFLUENCERS_SECRET_FILE={file} cannot be read: mount it readable for user "
                f"{os.getuid()}"
            ) from error
    if not secret:
        return {}
    if len(secret) < SHORTEST_SECRET or not re.fullmatch(r"[\w.~+/=-]+", secret, re.ASCII):
        raise MendableError(
            f"INFLUENCERS_SECRET is no secret: take at least {SHORTEST_SECRET} letters and digits "
            "(openssl rand -hex 32)"
        )
    return {
        # Who does not know the secret is no part of the cluster.
        "spark.authenticate": "true",
        "spark.authenticate.secret": secret,
        # What goes between the parts, and what a shuffle leaves on disk, is encrypted.
        "spark.network.crypto.enabled": "true",
        "spark.network.crypto.cipher": "AES/GCM/NoPadding",
        "spark.io.encryption.enabled": "true",
        "spark.master.rest.enabled": "false",
    }


def write_settings(settings: Mapping[str, str]) -> Path:
    """A folder with a spark-defaults.conf that only this user can read."""
    folder = Path(tempfile.mkdtemp(prefix="influencers-conf-"))
    lines = "".join(f"{key} {value}\n" for key, value in settings.items())
    (folder / "spark-defaults.conf").write_text(lines, encoding="utf-8")
    return folder


def offered_mb(memory: int) -> int:
    """The heap that a worker's container of so much memory can offer, both in MB."""
    return max(int((memory - DAEMON_MB) / (1 + BESIDE_HEAP)), machine.HEAP_MB_LEAST)


def check_memory(offered: str, memory: int) -> None:
    """Raises MendableError unless a container of so many MB holds what its worker offers."""
    heap = megabytes(offered)
    needed = DAEMON_MB + int(heap * (1 + BESIDE_HEAP))
    if needed > memory:
        raise MendableError(
            f"SPARK_WORKER_MEMORY={offered} needs a container of {needed} MB (the heaps, "
            f"{BESIDE_HEAP:.0%} beside them for Python, {DAEMON_MB} MB for the daemon), and this "
            f"one has {memory} MB: raise its memory limit, or offer {offered_mb(memory)}m"
        )


def megabytes(size: str) -> int:
    """`2g` or `2048m` in MB.

    Raises:
        MendableError: it is neither.
    """
    match = re.fullmatch(r"(\d+)([mg])b?", size.strip().lower())
    if match is None:
        raise MendableError(f"{size} is no size of memory: write it like 2g or 2048m")
    return int(match[1]) * (1024 if match[2] == "g" else 1)


def name_the_user(env: Env) -> None:
    """Give a user id that /etc/passwd lacks a name: Java's log-in fails for one without."""
    import pwd

    try:
        pwd.getpwuid(os.getuid())
        return
    except KeyError:
        pass
    library = next(Path("/usr/lib").glob("*/libnss_wrapper.so"), None)
    if library is None:
        return
    folder = Path(tempfile.mkdtemp(prefix="influencers-user-"))
    line = f"spark:x:{os.getuid()}:{os.getgid()}::{folder}:/usr/sbin/nologin\n"
    (folder / "passwd").write_text(line, encoding="utf-8")
    env["NSS_WRAPPER_PASSWD"] = str(folder / "passwd")
    env["NSS_WRAPPER_GROUP"] = "/etc/group"
    env["LD_PRELOAD"] = str(library)


def remember(role: str) -> None:
    """Tell the health check what runs here; a read-only file system has none."""
    try:
        ROLE_FILE.write_text(role, encoding="utf-8")
    except OSError:
        pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
