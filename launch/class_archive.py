"""The archive of classes that the JVM of a local run starts from (class-data sharing).

Spark and Delta load many thousands of classes, and a JVM that reads, checks and links each of them
anew is slow to start. Set-up runs two jobs on a few posts once, and has the JVM write down what it
loaded; later JVMs map that file into memory. They hold it against their own version and class path,
and do without it where it does not fit; whether it is whole, its stamp in the record beside it
tells. It decides how soon a run starts, and nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

NAME = "classes.jsa"
RECORD = "classes.json"
_PATIENCE_SECONDS = 600
# What the archive does not fit, the JVM would complain of on a run's output.
_SILENT = "-Xlog:cds=off -Xlog:cds+dynamic=off"


def class_path(jars: Path) -> str:
    """The jars as a class path: classes of jars that come later are in no archive."""
    return os.pathsep.join(str(jar) for jar in sorted(jars.resolve().glob("*.jar")))


def java_options(jars: Path) -> str:
    """The options by which a JVM starts from the archive in the folder; empty if it has none."""
    archive = jars.resolve() / NAME
    usable = is_whole(jars) and os.pathsep not in str(archive)
    return f'"-XX:SharedArchiveFile={archive}" {_SILENT}' if usable else ""


def is_whole(jars: Path) -> bool:
    """Whether the folder has the archive that was made: a JVM crashes on one that is cut off."""
    try:
        made = json.loads((jars / RECORD).read_text("utf-8"))["archive"]
    except (KeyError, OSError, TypeError, ValueError):
        return False
    return bool(made) and made == _stamp(jars)


def _stamp(jars: Path) -> list[int]:
    """The size and time of the archive; nothing without one."""
    try:
        now = (jars / NAME).stat()
    except OSError:
        return []
    return [now.st_size, now.st_mtime_ns]


def fits(record: Mapping[str, object], jars: Path, env: Mapping[str, str]) -> bool:
    """Whether what was recorded of an archive holds for its folder and this Java."""
    now = made_from(jars, env)
    java, made = now["java"], record.get("java")
    # Without a Java, whoever needs one says so; a record without one holds for any.
    return {**record, "java": java} == now and (not made or not java or made == java)


def made_from(jars: Path, env: Mapping[str, str]) -> dict[str, object]:
    """What an archive depends on, and its stamp; Spark's own jars are those that a lock names."""
    home = env.get("JAVA_HOME")
    found = str(Path(home, "bin", "java")) if home else shutil.which("java", path=env.get("PATH"))
    java = Path(found or "").resolve()
    return {
        "java": f"{java} {java.stat().st_mtime_ns}" if java.is_file() else "",
        "jars": [[jar.name, jar.stat().st_size] for jar in sorted(jars.glob("*.jar"))],
        "folder": str(jars.resolve()),
        "archive": _stamp(jars),
    }


def make(root: Path, jars: Path, python: Path, spark: Path, env: Mapping[str, str]) -> bool:
    """Make the archive of a folder of jars.

    Args:
        root: the checkout.
        jars: the folder.
        python: that has the packages.
        spark: the home of its Spark.
        env: the environment.

    Returns:
        Whether there is one now. Whatever stands in its way, runs do without.

    Raises:
        OSError: the folder cannot be written.
    """
    (jars / NAME).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix=".classes-", dir=jars) as folder:
        draft = Path(folder, NAME)
        made = _run_jobs(root, jars, python, spark, env, draft) and draft.is_file()
        if made:
            os.replace(draft, jars / NAME)
    return made


def _run_jobs(
    root: Path, jars: Path, python: Path, spark: Path, env: Mapping[str, str], archive: Path
) -> bool:
    """Run jobs in a JVM that writes the archive when it ends."""
    command = [
        str(spark / "bin" / "spark-submit"), "--master", "local[2]", "--driver-memory", "1g",
        "--properties-file", str(root / "conf" / "spark-defaults.conf"),
        "--driver-class-path", class_path(jars),
        "--driver-java-options",
        f'"-XX:ArchiveClassesAtExit={archive}" -Xlog:disable '
        f"-Dlog4j2.configurationFile={(root / 'conf' / 'log4j2.properties').as_uri()}",
        str(root / "launch" / "class_archive_jobs.py"), str(archive.parent / "run"),
    ]  # fmt: skip
    path = os.pathsep.join([str(root / "lib"), str(root)])
    with (jars / "classes.log").open("wb") as log:
        try:
            done = subprocess.run(
                command, stdout=log, stderr=subprocess.STDOUT, timeout=_PATIENCE_SECONDS,
                env={**env, "PYTHONPATH": path, "PYSPARK_PYTHON": str(python),
                     "SPARK_HOME": str(spark), "SPARK_LOCAL_IP": "127.0.0.1"},
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return False
    return done.returncode == 0
