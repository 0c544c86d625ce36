"""Secrets that addresses and messages may carry, taken out before they are shown or kept.

Nothing asks for secrets on the command line, but people put them into addresses. Spark's own event
logs and pages are `spark.redaction.*` in conf/spark-defaults.conf.
"""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "***"

# `//user:password@host`, where `//host:8020/a@b` is a port; and of an HTTP address `//token@host`.
# A lone name before the @ of another scheme is no secret: abfss://container@account.
_PASSWORD = re.compile(r"(//[^/\s:@'\"]*:)(?!\d+[/?#])[^\s@'\"]+(?=@)")
_TOKEN = re.compile(r"(\bhttps?://)[^/\s:@'\"]+(?=@)", re.IGNORECASE)
# `password=…`, `X-Amz-Signature=…`, `fs.s3a.secret.key=…` in queries, settings and messages.
_NAMED = re.compile(
    r"([\w.-]*(?:passw(?:or)?d|\bpwd|secret|token|signature|\bsig|credential|"
    r"(?:access|account|api|private)[._-]?key)[\w.-]*\s*=\s*['\"]?)[^&;,\s'\"]+",
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """The text without the secrets in it, which is the same text where there are none.

    >>> redacted("s3a://key:secret@lake/posts and https://mlflow/?token=abc&page=2")
    's3a://key:***@lake/posts and https://mlflow/?token=***&page=2'
    """
    text = _PASSWORD.sub(rf"\g<1>{HIDDEN}", text)
    text = _TOKEN.sub(rf"\g<1>{HIDDEN}", text)
    return _NAMED.sub(rf"\g<1>{HIDDEN}", text)


def without_secrets(value: Any) -> Any:
    """The value with every text in it redacted: of JSON's kinds, and tuples."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {key: without_secrets(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(one) for one in value]
    return value
