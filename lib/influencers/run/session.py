"""The Spark session: the only place that builds one."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from influencers.errors import UserError
from influencers.run.jvm_names import remember

ROOT = Path(__file__).resolve().parents[3]

# Whatever a call finds of a context that ends while it begins, as one does that no master takes:
# Spark warns why, and stops it from a thread of its own.
_ENDED = re.compile(
    r"stopped SparkContext|NullPointerException[^\n]*apache\.spark\.Spark(Env|Context)"
)
# As launch/submit.py has them.
_SERIAL_PROCESSORS = 2
_JAVA_VARIABLES = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
_REFUSED = (
    "the master did not take this application: is it up, is that its address, and do both "
    "have the same secret? Spark's warnings above say more"
)


def build_session(app_name: str, settings: Mapping[str, str] | None = None) -> SparkSession:
    """The session of this process, made on the first call.

    Under `spark-submit.sh` the settings come from the command; anywhere else (tests, a notebook)
    from `conf/spark-defaults.conf` and the jars that set-up has put into `.jars`, so that both
    ways run the same engine.

    Args:
        app_name: shown in Spark's web pages and logs.
        settings: Spark settings that win over all others.

    Raises:
        UserError: the master does not take this application.
    """
    chosen: dict[str, str] = {}
    if not {"PYSPARK_GATEWAY_PORT", "PYSPARK_SUBMIT_ARGS"} & os.environ.keys():
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        # Python workers take the path that the JVM was started with, not this process's.
        paths = [str(ROOT / "lib"), str(ROOT), os.environ.get("PYTHONPATH", "")]
        os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        chosen.update(read_defaults(conf_folder() / "spark-defaults.conf"))
        chosen["spark.jars"] = ",".join(str(jar) for jar in jar_files())
        logging = conf_folder() / "log4j2.properties"
        given = chosen.get("spark.driver.extraJavaOptions", "")
        options = [f"-Dlog4j2.configurationFile={logging.as_uri()}", *_collector(given)]
        archive = _class_archive()
        if archive:
            chosen["spark.driver.extraClassPath"] = os.pathsep.join(map(str, jar_files()))
            options += [f'"-XX:SharedArchiveFile={archive}"']
            options += ["-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
        chosen["spark.driver.extraJavaOptions"] = " ".join([*options, given]).strip()
    chosen.update(settings or {})
    conf = SparkConf(loadDefaults=False).setAll(list(chosen.items())).setAppName(app_name)
    with _interrupts_held():
        SparkContext._ensure_initialized(conf=conf)
    with _refusal_explained():
        session = SparkSession.builder.config(conf=conf).getOrCreate()
        session.sparkContext.setLogLevel("WARN")
        if session.sparkContext._jsc.sc().isStopped():
            raise UserError(_REFUSED)
    remember(session._jvm)
    _quieten_accumulators()
    return session


def _quieten_accumulators() -> None:
    """Let PySpark's server of accumulators end without a trace where the JVM ends before it."""
    server: Any = SparkContext._active_spark_context._accumulatorServer  # type: ignore[union-attr]
    speak = server.handle_error

    def handle_error(request: Any, address: Any) -> None:
        if not isinstance(sys.exc_info()[1], EOFError | ConnectionError):
            speak(request, address)

    server.handle_error = handle_error


def _collector(given: str) -> list[str]:
    """The collector of garbage, as `launch/submit.py` chooses it beside the options `given`."""
    said = " ".join([given, *(os.environ.get(name, "") for name in _JAVA_VARIABLES)])
    few = (os.cpu_count() or 1) <= _SERIAL_PROCESSORS
    return ["-XX:+UseSerialGC"] if few and not re.search(r"-XX:[+-]Use\w*GC\b", said) else []


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Raise KeyboardInterrupt for Ctrl-C or SIGTERM only after the block, or at the second one.

    While PySpark starts the JVM, it waits for a file with the JVM's address. Broken off there, it
    removes the file's folder: the JVM cannot write it, and stays for ever.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    caught = False

    def hold(number: int, frame: FrameType | None) -> None:
        nonlocal caught
        if caught:
            raise KeyboardInterrupt
        caught = True

    before = {number: signal.signal(number, hold) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if caught:  # whatever else: a signal for all processes ends the JVM, too
            raise KeyboardInterrupt


@contextlib.contextmanager
def _refusal_explained() -> Iterator[None]:
    """Raise a UserError where a context has ended while it began."""
    try:
        yield
    except Exception as error:
        if not _ENDED.search(str(error)):
            raise
        raise UserError(_REFUSED) from error


def conf_folder() -> Path:
    """The folder with the settings: `$INFLUENCERS_CONF`, or `conf/` of the source tree."""
    return Path(os.environ.get("INFLUENCERS_CONF") or ROOT / "conf")


def jar_files() -> list[Path]:
    """The JVM packages that set-up has resolved."""
    return sorted(jar_folder().glob("*.jar"))


def jar_folder() -> Path:
    """Where set-up has put the JVM packages: `$INFLUENCERS_JARS`, or `.jars/`."""
    return Path(os.environ.get("INFLUENCERS_JARS") or ROOT / ".jars").resolve()


def _class_archive() -> Path | None:
    """The archive of classes that set-up has made, if it is whole; see launch/class_archive.py."""
    archive = jar_folder() / "classes.jsa"
    try:
        made = json.loads(archive.with_suffix(".json").read_text(encoding="utf-8"))["archive"]
        now = archive.stat()
    except (KeyError, OSError, TypeError, ValueError):
        return None
    whole = made == [now.st_size, now.st_mtime_ns]
    return archive if whole and os.pathsep not in str(archive) else None


def read_defaults(path: Path) -> dict[str, str]:
    """The `key value` lines of a Spark properties file.

    Enough for `conf/spark-defaults.conf`, and only for sessions without `spark-submit.sh`: the
    launcher, which runs before anything is installed, has a reader of its own for anyone's files.
    """
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.split(None, 1) for line in lines if line and not line.startswith("#"))
    return {pair[0]: pair[1] if len(pair) > 1 else "" for pair in pairs}


def loaded_jars(spark: SparkSession) -> list[str]:
    """The addresses of the JVM packages that the session was started with."""
    jars = spark.sparkContext._jsc.sc().listJars()
    return sorted(str(jars.apply(place)) for place in range(jars.size()))


def java_version(spark: SparkSession) -> str:
    """The version of Java that the driver runs on."""
    jvm: Any = spark.sparkContext._jvm
    return str(jvm.java.lang.System.getProperty("java.version"))


def driver_addresses(spark: SparkSession) -> tuple[str, str]:
    """The host by which executors reach the driver, and the address that it listens on."""
    settings = spark.sparkContext.getConf()
    host = settings.get("spark.driver.host") or "127.0.0.1"
    return host, settings.get("spark.driver.bindAddress") or host
