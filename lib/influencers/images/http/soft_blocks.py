"""Answers that say that all is well and bring no image: how hosts turn away who asks too often.

A page to log in, a JSON message "please wait", a page of any kind, nothing at all: with status 200
or by a redirect. None of them says anything about the image, so none is the last word on it.
"""

from __future__ import annotations

import codecs
import re

from influencers.images import statuses
from influencers.images.decode import formats
from influencers.images.http.urls import Target

_HEAD_BYTES = 1024
_MARKUP = re.compile(r"<[!?/a-zA-Z]")
# Control characters that texts have: tab, line ends, form feed, and the escape of old encodings.
_NO_TEXT = re.compile(r"[^\t\n\r\f\x1b\x20-\U0010ffff]")
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

# Whole parts of a path, and first labels of a host, where people prove who or what they are.
_LOGIN = frozenset(
    {"login", "log-in", "log_in", "logon", "signin", "sign-in", "sign_in", "signup", "checkpoint",
     "challenge", "captcha", "consent"}
)  # fmt: skip
_PAGE_ENDING = re.compile(r"\.(?:php|html?|aspx?|jsp)$")
_IMAGE_ENDING = re.compile(r"\.(?:jpe?g|png|webp|gif|avif|hei[cf]|bmp|tiff?)$")


def kind_of(body: bytes) -> str | None:
    r"""The status of a body that is a text in place of an image; None for any other body.

    HTML and XML are `html_answer`, JSON and plain text `text_answer`, white space alone
    `empty_answer`. What is neither an image nor a text (a video, a document) is no matter of
    the host's: the decoder says what it is.

    >>> kind_of(b"<!doctype html><title>Log in</title>"), kind_of(b'{"message": "please wait"}')
    ('html_answer', 'text_answer')
    >>> kind_of(b"GIF89a..."), kind_of(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3")
    (None, None)
    """
    if formats.sniffed(body) is not None:
        return None
    head = _text(body[:_HEAD_BYTES])
    if head is None:
        return None
    if _MARKUP.match(head):
        return statuses.HTML_ANSWER
    return statuses.TEXT_ANSWER if head or len(body) > _HEAD_BYTES else statuses.EMPTY_ANSWER


def is_text(content_type: str) -> bool:
    """Whether a Content-Type header speaks of a page or a message, not of an image."""
    kind = content_type.partition(";")[0].strip().lower()
    return (kind.startswith("text/") or kind.endswith(("json", "xml"))) and "svg" not in kind


def is_login(target: Target) -> bool:
    """Whether a redirect leads to where people log in, or prove that they are people.

    >>> from influencers.images.http import urls
    >>> is_login(urls.parse("https://www.example.org/accounts/login/?next=%2Fp%2F1.jpg"))
    True
    >>> is_login(urls.parse("https://cdn.example.org/login/1.jpg"))
    False
    """
    segments = target.path.partition("?")[0].lower().strip("/").split("/")
    if _IMAGE_ENDING.search(segments[-1]):
        return False
    words = {_PAGE_ENDING.sub("", segment) for segment in segments}
    return bool((words | {target.host.partition(".")[0]}) & _LOGIN)


def _text(head: bytes) -> str | None:
    """The beginning of a text, without mark and white space; None where it is none.

    Markup is known by its first characters, as it may be of any encoding.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "replace").strip()
    bare = head.removeprefix(codecs.BOM_UTF8)
    try:
        # Not final: the last character may be cut in two.
        text = codecs.getincrementaldecoder("utf-8")().decode(bare).strip()
    except UnicodeDecodeError:
        text = bare.decode("latin-1").strip()
        if not _MARKUP.match(text):
            return None
    return None if _NO_TEXT.search(text) else text
