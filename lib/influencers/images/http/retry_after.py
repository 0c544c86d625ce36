"""The header Retry-After: when a host asks to be asked again."""

from __future__ import annotations

import email.utils
import re


def retry_after_seconds(header: str | None, now: float) -> float | None:
    """The seconds that a Retry-After header asks for; None for none and for garbage.

    It is a number of seconds or a date (RFC 9110, 10.2.3); one that is past asks for 0.

    >>> retry_after_seconds("120", 0.0)
    120.0
    >>> retry_after_seconds("Thu, 01 Jan 1970 00:01:00 GMT", 20.0)
    40.0
    >>> retry_after_seconds("soon", 0.0)
    """
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,18}", text):
        return float(text)
    if not re.match(r"[A-Za-z]{3,9},? ", text):  # the parser takes many things for dates
        return None
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError, TypeError):
        return None
