"""What became of the pictures."""

from __future__ import annotations

from influencers.report.figures import figures_in
from influencers.report.section import Section
from influencers.report.table import Table, count, percent, plain
from influencers.run.metrics import Numbers

# What became of a picture, in words.
_STATUS_TEXTS = {
    "ok": "fetched and measured",
    "not_asked": "not asked for yet",
    "expired": "the address says that it is no longer valid; not asked",
    "not_found": "gone (404, 410)",
    "forbidden": "refused (401, 403)",
    "http_error": "another refusal",
    "server_error": "the server failed (5xx)",
    "throttled": "asked too often (429)",
    "timeout": "too slow",
    "reset": "the connection broke off",
    "refused": "nobody answers there",
    "dns_error": "the name leads nowhere",
    "tls_error": "the certificate is not to be trusted",
    "blocked_address": "not on the public internet",
    "bad_url": "no address of a picture",
    "too_many_redirects": "sent from one address to another",
    "too_large": "more bytes than images.max_bytes",
    "opted_out": "the owner asks to leave it alone",
    "not_an_image": "something else than a picture",
    "unsupported_format": "a format that is not read",
    "too_many_pixels": "more pixels than images.max_pixels",
    "truncated": "cut off",
    "broken": "damaged",
    "decoder_crashed": "ended their decoder",
    "host_unavailable": "the host was down; not asked",
}


def section(images: Numbers) -> Section:
    """The section of pictures.

    Args:
        images: the numbers of the images stage.
    """
    return Section(
        "pictures",
        "Pictures",
        "Every picture that posts name is asked for once it is due, within what its host "
        "bears; what became of it is in the table images.",
        figures_in("pictures"),
        (_picture_table(images),),
    )


def _picture_table(images: Numbers) -> Table:
    total = images.get("wanted") or 0
    rows = tuple(
        (plain(status), count(number), percent(number / total), _STATUS_TEXTS.get(status, ""))
        for status, number in sorted(images["by_status"].items(), key=lambda one: (-one[1], one[0]))
    )
    waiting = images.get("waiting") or 0
    return Table(
        "What became of the pictures",
        ("status", "pictures", "share", "meaning"),
        rows,
        frozenset({1, 2}),
        f"{count(waiting)} of them will be asked for again by a later run." if waiting else "",
    )
