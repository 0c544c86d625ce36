"""Runs a job: sets up if needed, packs the code, and starts the driver with Spark's options.

In client mode, which is every local run too, the driver is a Python process that starts Spark's
JVM itself: under spark-submit its stderr would end up in stdout, and --help would start a JVM.
In cluster mode Spark's own spark-submit takes it from here.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import class_archive
import machine
import set_up
from code_zip import pack
from machine import MendableError
from submit_options import Options, read_properties

ROOT = Path(__file__).resolve().parent.parent
SPARK_VERSION = "4.2"
# Where every executor sees the driver's files, its Python among them, as far as we can tell.
SHARED_MASTERS = ("local", "spark://")

# Settings that ours join, wherever the user has given his.
LISTS = ("spark.submit.pyFiles", "spark.jars")

# Up to so many processors, garbage is collected by one of them while all else waits.
SERIAL_PROCESSORS = 2
# Where Java looks for options of its own.
JAVA_VARIABLES = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")

USAGE = """\
usage: ./spark-submit.sh JOB [options]

{jobs}

./spark-submit.sh JOB --help says what a job reads and writes, and its options.

Set in the environment:
  SPARK_SUBMIT_ARGS    more options for Spark, such as "--master yarn --num-executors 20"
  SPARK_HOME           a Spark {version} other than the one that set-up installs
  PYSPARK_PYTHON       the Python of the executors, where it is not the driver's
  INFLUENCERS_PYTHON   a Python that has all packages: no set-up is made (for container images)
  INFLUENCERS_JARS     a folder with the JVM packages, instead of .jars
  INFLUENCERS_CONF     a folder with spark-defaults.conf and log4j2.properties, instead of conf
"""


def main(arguments: list[str]) -> int:
    """Starts the job that the arguments name, in place of this process."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(usage(ROOT), end="", file=sys.stdout if arguments else sys.stderr)
        return 0 if arguments else 2
    job, rest = arguments[0], arguments[1:]
    try:
        jobs = find_jobs(ROOT)
        if job not in jobs:
            raise MendableError(f"there is no job {job}: the jobs are {', '.join(jobs)}")
        launch(job, rest)
    except MendableError as error:
        print(f"spark-submit.sh: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def launch(job: str, arguments: list[str]) -> NoReturn:
    """Replaces this process by the job's driver.

    Raises:
        MendableError: set-up, Java, SPARK_HOME or SPARK_SUBMIT_ARGS are not as they must be.
    """
    env = dict(os.environ)
    options = Options.parse(env.get("SPARK_SUBMIT_ARGS", ""))
    python = prepare_python(env)
    spark = spark_home(env)
    machine.java_command(env)
    cluster_defaults = read_properties(cluster_conf(env, spark) / "spark-defaults.conf")
    options = with_ours(options, cluster_defaults, env, pack(ROOT))
    env |= environment(options, cluster_defaults, env, python, spark)
    script = str(script_of(ROOT, job))
    if options.get("spark.submit.deployMode", cluster_defaults) == "cluster":
        submit = str(spark / "bin" / "spark-submit")
        replace_process(submit, [*options.words(), script, *arguments], env)
    env["PYSPARK_SUBMIT_ARGS"] = shlex.join([*options.words(), "pyspark-shell"])
    replace_process(python, [str(ROOT / "launch" / "driver.py"), script, *arguments], env)


def replace_process(command: str, arguments: list[str], env: dict[str, str]) -> NoReturn:
    """The command in place of this process: its exit status and signals are ours."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(command, [command, *arguments], env)


# Behind the name of a job that is a module of Python's own, which `import` would find in its place.
_SUFFIX = "_job"


def script_of(root: Path, job: str) -> Path:
    """The module of a job."""
    plain = root / "jobs" / f"{job}.py"
    return plain if plain.exists() else root / "jobs" / f"{job}{_SUFFIX}.py"


def find_jobs(root: Path) -> dict[str, str]:
    """Every job with its one-line summary: the modules of jobs/ that can be run."""
    found: dict[str, str] = {}
    for path in sorted((root / "jobs").glob("*.py")):
        tree = ast.parse(path.read_bytes())
        conditions = [ast.unparse(node.test) for node in tree.body if isinstance(node, ast.If)]
        if "__name__ == '__main__'" in conditions:
            found[path.stem.removesuffix(_SUFFIX)] = (
                (ast.get_docstring(tree) or "").partition("\n")[0].rstrip(".")
            )
    return found


def usage(root: Path) -> str:
    """The text of --help."""
    jobs = find_jobs(root)
    width = max(map(len, jobs), default=0)
    lines = [f"  {name:{width}}  {summary}".rstrip() for name, summary in jobs.items()]
    return USAGE.format(jobs="\n".join(lines), version=SPARK_VERSION)


def prepare_python(env: Mapping[str, str]) -> str:
    """The Python with all packages, after set-up if that is what it takes."""
    if env.get("INFLUENCERS_PYTHON"):
        return sys.executable
    set_up.set_up(ROOT)
    return str(set_up.venv_python(ROOT))


def spark_home(env: Mapping[str, str]) -> Path:
    """SPARK_HOME if it is set, else the Spark inside the installed pyspark.

    Raises:
        MendableError: SPARK_HOME is not a Spark of our version.
    """
    given = env.get("SPARK_HOME")
    if not given:
        return installed_spark(env)
    home = Path(given)
    if not any((home / "jars").glob(f"spark-core_2.13-{SPARK_VERSION}.*.jar")):
        raise MendableError(
            f"SPARK_HOME={given} is not Spark {SPARK_VERSION} for Scala 2.13: point it to one, "
            "or unset it to use the Spark that set-up installs"
        )
    return home


def installed_spark(env: Mapping[str, str]) -> Path:
    """The folder of the pyspark package, found without importing it."""
    if env.get("INFLUENCERS_PYTHON"):
        spec = find_spec("pyspark")
        if spec is None or spec.origin is None:
            raise MendableError(
                f"INFLUENCERS_PYTHON={env['INFLUENCERS_PYTHON']} has no pyspark: "
                "install requirements.lock for it"
            )
        return Path(spec.origin).parent
    return set_up.venv_spark(ROOT)


def conf_folder(env: Mapping[str, str]) -> Path:
    """Where our settings are."""
    return Path(env.get("INFLUENCERS_CONF") or ROOT / "conf").absolute()


def cluster_conf(env: Mapping[str, str], spark: Path) -> Path:
    """Where the settings of the cluster are, if there is one."""
    return Path(env.get("SPARK_CONF_DIR") or spark / "conf")


def with_ours(
    options: Options, defaults: Mapping[str, str], env: Mapping[str, str], code: Path
) -> Options:
    """The user's options for Spark with ours where he has not decided.

    The code and the jars join his; everything else of his stands.
    """
    ours = conf_folder(env) / "spark-defaults.conf"
    file = options.get("--properties-file")
    if file is None:
        options = options.set("--properties-file", str(ours)).switch("--load-spark-defaults")
    else:  # a run has one such file: his, and of ours what it lacks
        if not Path(file).is_file():
            raise MendableError(
                f"SPARK_SUBMIT_ARGS: there is no file {file}: mend --properties-file"
            )
        theirs = read_properties(Path(file))
        missing = {k: v for k, v in read_properties(ours).items() if k not in theirs}
        lists = {key: theirs[key] for key in LISTS if theirs.get(key)}
        options = options.with_defaults(missing | lists)
        defaults = {**defaults, **theirs}
    options = options.join("spark.submit.pyFiles", [str(code)])
    options = options.join("spark.jars", [str(jar) for jar in jar_files(env)])
    if is_local(options, defaults, env):
        options = sized_to_machine(options, defaults, env)
        options = with_collector(options, defaults, env)
        options = from_archive(options, defaults, env)
    if options.get("spark.submit.deployMode", defaults) != "cluster":
        logging = f"-Dlog4j2.configurationFile={(conf_folder(env) / 'log4j2.properties').as_uri()}"
        given = options.get("spark.driver.extraJavaOptions", defaults) or ""
        options = options.set("spark.driver.extraJavaOptions", f"{logging} {given}".strip())
    return options


def jar_folder(env: Mapping[str, str]) -> Path:
    """Where the JVM packages are."""
    return Path(env.get("INFLUENCERS_JARS") or ROOT / ".jars").absolute()


def jar_files(env: Mapping[str, str]) -> list[Path]:
    """The JVM packages."""
    return sorted(jar_folder(env).glob("*.jar"))


def master_of(options: Options, defaults: Mapping[str, str], env: Mapping[str, str]) -> str:
    """The master that Spark will take; empty when nobody has named one."""
    return options.get("spark.master", defaults) or env.get("MASTER") or ""


def is_local(options: Options, defaults: Mapping[str, str], env: Mapping[str, str]) -> bool:
    """Whether everything runs in this one machine, in the driver's JVM."""
    return (master_of(options, defaults, env) or "local").startswith("local")


def sized_to_machine(
    options: Options, defaults: Mapping[str, str], env: Mapping[str, str]
) -> Options:
    """As many tasks at once as there are processors, and a safe share of the memory."""
    if not master_of(options, defaults, env):
        # Four attempts at a task, as on a cluster: a Python worker's crash does not end the run.
        options = options.set("spark.master", f"local[{machine.processors()},4]")
    if not (options.get("spark.driver.memory", defaults) or env.get("SPARK_DRIVER_MEMORY")):
        options = options.set("spark.driver.memory", f"{machine.heap_mb(machine.memory_mb())}m")
    # Spark's 200 suits a cluster: here each shuffle of a small table would be 200 tiny tasks.
    if not options.get("spark.sql.shuffle.partitions", defaults):
        partitions = max(4, 2 * machine.processors())
        options = options.set("spark.sql.shuffle.partitions", str(partitions))
    # One task reads a short table log sooner than four do in turn.
    snapshot = "spark.databricks.delta.snapshotPartitions"
    return options if options.get(snapshot, {}) else options.set(snapshot, "1")


def with_collector(
    options: Options, defaults: Mapping[str, str], env: Mapping[str, str]
) -> Options:
    """With the collector of garbage that does best on few processors, unless one is named.

    Java's own choice works beside the tasks, for which there is no processor, and lets the heap
    grow instead of clearing it: a run of the sample takes some tenth longer, and more memory.
    """
    key = "spark.driver.extraJavaOptions"
    given = options.get(key, defaults) or ""
    said = " ".join([given, *(env.get(name, "") for name in JAVA_VARIABLES)])
    if machine.processors() > SERIAL_PROCESSORS or re.search(r"-XX:[+-]Use\w*GC\b", said):
        return options
    return options.set(key, f"-XX:+UseSerialGC {given}".strip())


def from_archive(options: Options, defaults: Mapping[str, str], env: Mapping[str, str]) -> Options:
    """With what lets the JVM start from the archive of classes, if there is one.

    The jars have to be on the JVM's own class path: what Spark loads later is in no archive. The
    user's class path stays as it is: classes there go before ours.
    """
    jars, key = jar_folder(env), "spark.driver.extraClassPath"
    java = class_archive.java_options(jars)
    if not java or options.get(key, defaults):
        return options
    options = options.set(key, class_archive.class_path(jars))
    key = "spark.driver.extraJavaOptions"
    # The user's own come last, and win.
    return options.set(key, f"{java} {options.get(key, defaults) or ''}".strip())


def environment(
    options: Options, defaults: Mapping[str, str], env: Mapping[str, str], python: str, spark: Path
) -> dict[str, str]:
    """What the driver finds in its environment."""
    path = [str(ROOT / "lib"), str(ROOT), *filter(None, [env.get("PYTHONPATH")])]
    added = {
        "SPARK_HOME": str(spark),
        "PYTHONPATH": os.pathsep.join(path),
        # As spark-submit has it: the same order of sets in every process.
        "PYTHONHASHSEED": env.get("PYTHONHASHSEED", "0"),
        "INFLUENCERS_CONF": str(conf_folder(env)),
    }
    if env.get("INFLUENCERS_JARS"):
        added["INFLUENCERS_JARS"] = str(Path(env["INFLUENCERS_JARS"]).absolute())
    executors = options.get("spark.pyspark.python", defaults) or env.get("PYSPARK_PYTHON")
    master = master_of(options, defaults, env)
    if executors:
        added["PYSPARK_PYTHON"] = executors
    elif master.startswith(SHARED_MASTERS):
        added["PYSPARK_PYTHON"] = python
    if master.startswith("local"):
        # The web pages and the ports between driver and workers are nobody else's business.
        added["SPARK_LOCAL_IP"] = env.get("SPARK_LOCAL_IP", "127.0.0.1")
    return added


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
