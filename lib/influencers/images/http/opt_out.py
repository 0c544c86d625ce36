"""Whether the owner of an image asks machines to leave it alone."""

from __future__ import annotations

from collections.abc import Iterable

_NO = frozenset({"noai", "noimageai", "noindex", "none"})
# Rules with a value of their own: `max-image-preview: none` speaks of previews.
_VALUED = frozenset({"max-image-preview", "max-snippet", "max-video-preview", "unavailable_after"})


def is_opted_out(headers: Iterable[str]) -> bool:
    """Whether any X-Robots-Tag header says noai, noimageai, noindex or none.

    A rule for one crawler (`somebot: noindex`) counts too: what one machine is refused, another
    does not take.

    >>> is_opted_out(["noarchive, NoAI"]), is_opted_out(["max-image-preview: none, noarchive"])
    (True, False)
    """
    return any(_says_no(rule) for header in headers for rule in header.split(","))


def _says_no(rule: str) -> bool:
    agent, colon, wish = rule.lower().partition(":")
    if not colon:
        return agent.strip() in _NO
    return agent.strip() not in _VALUED and wish.strip() in _NO
