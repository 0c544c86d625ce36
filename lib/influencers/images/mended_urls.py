r"""Addresses as pages and scrapers leave them, brought back to what a browser would ask for.

An address that was cut out of HTML has `&amp;` for `&`; out of JSON, `\/` for `/` and `\u0026` for
`&`. These are undone, and white space around it goes. What else an address holds is asked as
written; which characters travel in escapes is said where requests are made (`http.urls`).
Plain patterns, so that SQL can use the same.
"""

from __future__ import annotations

import re

# C0 controls and the space: what browsers take off both ends.
OUTER = "".join(map(chr, range(0x21)))
# Whether there is anything to undo: most addresses have nothing.
SUSPICIOUS = r"[\\\x00-\x20]|&(?:amp;|#)"
# Patterns and what stands for them, in order. A run of backslashes is one: texts are escaped twice.
STEPS = (
    (r"(?<!\\)\\+u0026", "&"),
    (r"(?<!\\)\\+u003[dD]", "="),
    (r"(?<!\\)\\+u003[fF]", "?"),
    (r"(?<!\\)\\+u0025", "%"),
    (r"(?<!\\)\\+(?:u002[fF]|/)", "/"),
    (r"&(?:amp;|#0{0,5}38;|#[xX]0{0,5}26;)(?:amp;)*", "&"),
)


def mended(url: str) -> str:
    r"""The address without the escapes of the text it was taken from.

    >>> mended(r"https:\/\/a.example\/1.jpg?b=1\u0026c=2&amp;d=%2F ")
    'https://a.example/1.jpg?b=1&c=2&d=%2F'
    """
    url = url.strip(OUTER)
    for pattern, replacement in STEPS:
        url = re.sub(pattern, replacement, url)
    return url
