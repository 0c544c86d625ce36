"""Classes of the JVM that come as Java source and are compiled where they are used.

The compiler is Janino, which Spark has for the code of its queries: no file has to be built or
sent along. It knows no lambdas, and infers no types.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from threading import Lock
from typing import Any

_compiling = Lock()


def instance(jvm: Any, name: str) -> Any:
    """A new object of the class `influencers.NAME`, whose source lies beside this module."""
    # Py4J knows methods by the name of their class: a second class of the name is none of them.
    with _compiling:
        return _class(jvm, name).newInstance()


@lru_cache
def _class(jvm: Any, name: str) -> Any:
    source = resources.files(__package__).joinpath(f"{name}.java").read_text("utf-8")
    compiler = jvm.org.codehaus.janino.SimpleCompiler()
    compiler.setParentClassLoader(jvm.org.apache.spark.util.Utils.getContextOrSparkClassLoader())
    compiler.cook(source)
    return compiler.getClassLoader().loadClass(f"influencers.{name}")
