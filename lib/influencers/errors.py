"""The one error that a user is meant to read, and what known failures of Spark mean to them."""

from __future__ import annotations

import re


class UserError(Exception):
    """What the person at the keyboard can mend: ends a job with one line and exit status 2.

    The message names the thing (file, column, option), says what is wrong with it, and how to
    mend it, in one line.
    """


# What a failure's text holds, and what it means; `{0}` is the first group that matched.
_KNOWN = (
    (
        # What a task found that the user can mend, as Python's workers hand it on.
        re.compile(r"influencers\.errors\.UserError: ([^\n]+)"),
        "{0}",
    ),
    (
        re.compile(
            r"FAILED_READ_FILE\.FILE_NOT_EXIST[^\n]*?((?:file|hdfs|s3a|abfss?|gs):[^\s:]*[^\s:.])"
        ),
        "{0} went away while it was read: no table that reads it was touched; put it back, or "
        "leave it out",
    ),
    (
        re.compile(r"FAILED_READ_FILE[^\n]*?((?:file|hdfs|s3a|abfss?|gs):[^\s:]*[^\s:.])"),
        "{0} cannot be read: it is damaged or cut off; fetch it again",
    ),
    (
        re.compile(r"No space left on device"),
        "no space left on the disk that holds Spark's scratch files or the output: free some, or "
        "move them (SPARK_LOCAL_DIRS, --output)",
    ),
    (
        re.compile(r"Permission denied[^\n]*|(?:AccessControlException|mkdirs failed)[^\n]*", re.I),
        "not allowed to write or read: {0}",
    ),
    (
        re.compile(r"Invalid master URL: ([^\n]*)|JAVA_GATEWAY_EXITED"),
        "Spark does not start with the options in SPARK_SUBMIT_ARGS ({0}): mend what it says above",
    ),
    (
        re.compile(r"DELTA_CONCURRENT_\w+|ConcurrentModificationException|DELTA_METADATA_CHANGED"),
        "another run wrote the same tables at the same time ({0}): nothing was lost; run this one "
        "again when the other has ended",
    ),
)


def explain(error: BaseException) -> str | None:
    """What a failure means to the user, in one line; None for one that is not theirs to mend."""
    text = f"{error}"
    for pattern, meaning in _KNOWN:
        match = pattern.search(text)
        if match:
            return meaning.format(match.group(match.lastindex or 0))
    return None
