"""The encoding of a text file: as it is set, or as its first bytes say."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from influencers.errors import UserError

UTF_8 = "utf-8"
AUTO = "auto"
# What people who do not write UTF-8 write; in doubt the first.
_USUAL = (
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "koi8_r",
    "mac_roman",
)
# Words that tell encodings apart: in a head that is mostly addresses and numbers, few do.
_TELLING = re.compile(rb"[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*")
# Encodings that make text as clean, and as like a language but for so much, are in doubt. Measured
# on a sentence of twelve languages each: French, Portuguese and Swedish are as likely in cp1250.
_AS_CLEAN, _AS_LIKELY = 0.01, 0.1
# A character of UTF-8 has at most so many bytes: the last of a head may be cut.
_MOST_BYTES = 4


def check(encoding: str) -> None:
    """Refuse an encoding that Python does not know or whose line feed is not one byte.

    UTF-16 is recognised by its byte-order mark, whatever is set.

    Raises:
        UserError: it is such a one.
    """
    if encoding == AUTO or _is_utf_16(encoding):
        return
    try:
        plain = codecs.decode(b"a,\n", encoding) == "a,\n"
    except (LookupError, UnicodeError):
        plain = False
    if not plain:
        raise UserError(
            f"encoding {encoding!r} is unknown or not a superset of ASCII: convert the file to "
            "UTF-8, or name another with --encoding"
        )


def _is_utf_16(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-16", "utf16")


def encoding_of(head: bytes, asked: str) -> str:
    """The encoding of a file.

    Args:
        head: its first bytes; what was UTF-16 is UTF-8 by now.
        asked: `ingest.encoding`; auto: UTF-8 if the bytes are that, else the usual encoding of
            one byte a character that makes the likeliest text of them.
    """
    if asked != AUTO:
        return UTF_8 if _is_utf_16(asked) else codecs.lookup(asked).name
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(head)
    except UnicodeDecodeError as error:
        if error.start < len(head) - _MOST_BYTES:
            return codecs.lookup(_likeliest(head)).name
    return UTF_8


def _likeliest(head: bytes) -> str:
    """The usual encoding that makes the likeliest text of bytes."""
    words = b" ".join(_TELLING.findall(head))
    matches = list(from_bytes(words, cp_isolation=list(_USUAL)))
    cleanest = min((match.chaos for match in matches), default=0)
    clean = [match for match in matches if match.chaos <= cleanest + _AS_CLEAN]
    likeliest = max((match.coherence for match in clean), default=0)
    alike = {
        name
        for match in clean
        if match.coherence >= likeliest - _AS_LIKELY
        for name in match.could_be_from_charset
    }
    return next((name for name in _USUAL if name in alike), _USUAL[0])
