"""Names in the JVM that PySpark looks up again and again, looked up once.

Every `F.lower(...)` asks the JVM for the class of `functions` and for its member `lower`. Py4J
searches some ten packages for the class, in every jar on the class path, each time: a third of what
the driver's own thread does in a job on small tables.
"""

from __future__ import annotations

import contextlib
from typing import Any

from py4j.java_gateway import JavaClass, JavaMember
from py4j.protocol import Py4JError

# As PySpark spells them.
_CLASSES = (
    "org.apache.spark.sql.functions",
    "functions",
    "org.apache.spark.sql.expressions.Window",
    "org.apache.spark.sql.types.Metadata",
    "org.apache.spark.ml.python.MLSerDe",
    "org.apache.spark.util.Utils",
    "PythonUtils",
    "PythonSQLUtils",
    "PythonRDD",
    "SerDeUtil",
    "SimplePythonFunction",
    "ArrowIteratorServer",
)


def remember(jvm: Any) -> None:
    """Keep what is found of these names; others are looked up as ever.

    Args:
        jvm: the view of a gateway's JVM, `SparkContext._jvm`.
    """
    for name in _CLASSES:
        # A name that another version of Spark does not have is left to it.
        with contextlib.suppress(Py4JError, AttributeError):
            found = getattr(jvm, name)
            if isinstance(found, JavaClass):
                setattr(jvm, name, _Class(found._fqn, found._gateway_client))


class _Class(JavaClass):  # type: ignore[misc]
    """A class that keeps the methods that it was asked for."""

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if isinstance(found, JavaMember):
            self.__dict__[name] = found
        return found
