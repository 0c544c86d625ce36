"""What a pod of the image runs, when Spark on Kubernetes asks it to be a driver or an executor."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import submit
import submit_options
from code_zip import pack


def driver_command(env: Mapping[str, str], rest: list[str]) -> tuple[list[str], dict[str, str]]:
    """The arguments of spark-submit for a driver's pod, and what joins its environment.

    Spark has put what was submitted into a properties file that `rest` names. As in any other run,
    our settings stand below it, and the code and the JVM packages of the image join it.
    """
    bind = env.get("SPARK_DRIVER_BIND_ADDRESS", "")
    pod = ["--conf", f"spark.driver.bindAddress={bind}", "--deploy-mode", "client"]
    pod += ["--conf", f"spark.executorEnv.SPARK_DRIVER_POD_IP={bind}"]
    given, job = submit_options.split(rest)
    options = submit_options.Options.parse(shlex.join([*given, *pod]))
    options = submit.with_ours(options, {}, env, pack(submit.ROOT))
    added = submit.environment(options, {}, env, sys.executable, Path(env["SPARK_HOME"]))
    # The executors are pods of this image, too.
    added.setdefault("PYSPARK_PYTHON", sys.executable)
    return [*options.words(), *job], added


def executor_arguments(env: Mapping[str, str]) -> list[str]:
    """Java's arguments for an executor, from what Kubernetes puts into its environment."""
    options = sorted(
        (int(name.rpartition("_")[2]), value)
        for name, value in env.items()
        if re.fullmatch(r"SPARK_JAVA_OPT_\d+", name)
    )
    memory = env["SPARK_EXECUTOR_MEMORY"]
    classes = [env.get("SPARK_CONF_DIR"), f"{env['SPARK_HOME']}/jars/*", env.get("SPARK_CLASSPATH")]
    told = {
        "driver-url": "SPARK_DRIVER_URL",
        "executor-id": "SPARK_EXECUTOR_ID",
        "cores": "SPARK_EXECUTOR_CORES",
        "app-id": "SPARK_APPLICATION_ID",
        "hostname": "SPARK_EXECUTOR_POD_IP",
        "resourceProfileId": "SPARK_RESOURCE_PROFILE_ID",
        "podName": "SPARK_EXECUTOR_POD_NAME",
    }
    named = [word for name, key in told.items() if key in env for word in (f"--{name}", env[key])]
    return [
        *(value for _, value in options),
        f"-Xms{memory}",
        f"-Xmx{memory}",
        "-cp",
        os.pathsep.join(filter(None, classes)),
        "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend",
        *named,
    ]
