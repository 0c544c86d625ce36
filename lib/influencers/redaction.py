"""Secrets that addresses and messages may carry, taken out before they are shown or kept.

Nothing asks for secrets on the command line, but people put them into addresses. Spark's own event
logs and pages are `spark.redaction.*` in conf/spark-defaults.conf.
"""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "***"

# Messages may hold any text: every pattern here takes time linear in its length, as none starts
# again within what it has gone through.
# `//user:password@host`, where `//host:8020/a@b` is a port; and of an HTTP address `//token@host`.
# A lone name before the @ of another scheme is no secret: abfss://container@account.
_UNQUOTED = re.compile(r"[^\s@'\"]+")
_PASSWORD = re.compile(r"//[^/:]*:(?!\d+[/?#])(?=.)")
_TOKEN = re.compile(r"(\bhttps?://)[^/\s:@'\"]+(?=@)", re.IGNORECASE)
# `password=…`, `X-Amz-Signature=…`, `fs.s3a.secret.key=…` in queries, settings and messages.
_NAME = re.compile(r"(?<![\w.-])([\w.-]+)\s*=\s*['\"]?")
_SECRET_NAME = re.compile(
    r"passw(?:or)?d|\bpwd|secret|token|signature|\bsig|credential|"
    r"(?:access|account|api|private)[._-]?key",
    re.IGNORECASE,
)
_VALUE = re.compile(r"[^&;,\s'\"]+")


def redacted(text: str) -> str:
    """The text without the secrets in it, which is the same text where there are none.

    >>> redacted("s3a://key:secret@lake/posts and https://mlflow/?token=abc&page=2")
    's3a://key:***@lake/posts and https://mlflow/?token=***&page=2'
    """
    text = _UNQUOTED.sub(_without_password, text)
    text = _TOKEN.sub(rf"\g<1>{HIDDEN}", text)
    return _without_named(text)


def _without_password(match: re.Match[str]) -> str:
    """What stands before an @, without the password in it."""
    password = _PASSWORD.search(match[0]) if match.string.startswith("@", match.end()) else None
    return match[0][: password.end()] + HIDDEN if password else match[0]


def _without_named(text: str) -> str:
    """The text without the values of settings whose name says that they are secret."""
    kept, end = [], 0
    for name in _NAME.finditer(text):
        if name.start() < end or not _SECRET_NAME.search(name[1]):
            continue
        value = _VALUE.match(text, name.end())
        if value:
            kept += [text[end : name.end()], HIDDEN]
            end = value.end()
    return "".join([*kept, text[end:]])


def without_secrets(value: Any) -> Any:
    """The value with every text in it redacted: of JSON's kinds, and tuples."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {key: without_secrets(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(inner) for inner in value]
    return value
