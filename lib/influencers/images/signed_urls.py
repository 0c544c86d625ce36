"""Until when Instagram's signed image addresses are valid: they say so themselves."""

from __future__ import annotations

import re

# Eight hex digits reach from 1970 to 2106. A plain pattern, so that SQL can use the same.
EXPIRY_PATTERN = r"[?&]oe=([0-9A-Fa-f]{8})(?:[&#]|$)"
_EXPIRY = re.compile(EXPIRY_PATTERN)


def expires_at(url: str) -> int | None:
    """The Unix second from which the address is refused (403 "URL signature expired").

    None when there is no parameter `oe` of exactly eight hex digits: such an address says
    nothing about its end. The first of several counts.

    >>> expires_at("https://scontent.cdninstagram.com/v/t51/1_n.jpg?_nc_ht=x&oe=5F0E1A2B&x=1")
    1594759723
    >>> expires_at("https://example.org/photo.jpg")
    """
    match = _EXPIRY.search(url)
    return int(match.group(1), 16) if match else None
