"""Which images were downloaded and measured, and why others were not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from influencers.measured.images import Images
from influencers.report.figures import figures_in
from influencers.report.section import Section
from influencers.report.table import Table, count, percent, plain

# What became of an image, in words.
_STATUS_TEXTS = {
    "ok": "fetched and measured",
    "not_asked": "not asked for yet",
    "expired": "the address says that it is no longer valid; not asked",
    "not_found": "gone (404, 410)",
    "forbidden": "refused (401, 403)",
    "http_error": "another HTTP error",
    "server_error": "the server failed (5xx)",
    "throttled": "asked too often (429)",
    "timeout": "too slow",
    "reset": "connection reset",
    "refused": "connection refused",
    "dns_error": "DNS lookup failed",
    "tls_error": "the certificate is not trusted",
    "blocked_address": "not on the public internet",
    "bad_url": "not an address of an image",
    "too_many_redirects": "too many redirects",
    "too_large": "more bytes than images.max_bytes",
    "opted_out": "the owner asks to leave it alone",
    "login_redirect": "the host sends us to log in; asked again later",
    "html_answer": "a page in place of the image; asked again later",
    "text_answer": "a message in place of the image, such as please wait; asked again later",
    "empty_answer": "nothing in place of the image; asked again later",
    "placeholder": "the same bytes for many images of the host; asked again later",
    "not_an_image": "not an image",
    "unsupported_format": "a format that is not read",
    "too_many_pixels": "more pixels than images.max_pixels",
    "truncated": "the file ends too soon",
    "broken": "damaged",
    "decoder_crashed": "decoder crashed",
    "host_unavailable": "the host was down; not asked",
}


def section(images: Images, config: Mapping[str, Any]) -> Section:
    """The section of images.

    Args:
        images: the numbers of the images stage.
        config: settings by their full names.
    """
    return Section(
        "images",
        "Images",
        "Every image that posts name is downloaded once it is due, within each host's rate "
        "limit; the result is in the table images.",
        figures_in("images"),
        (_image_table(images, config),),
    )


def without_images(images: Images, config: Mapping[str, Any]) -> str:
    """Why there is nothing to say of images."""
    if config.get("images.enabled") is False:
        return "Images are not downloaded in this run: images.enabled is false."
    return "No post names an image." if images.wanted == 0 else "None."


def _image_table(images: Images, config: Mapping[str, Any]) -> Table:
    total = images.wanted or 0
    rows = tuple(
        (plain(status), count(number), percent(number / total), _STATUS_TEXTS.get(status, ""))
        for status, number in sorted(images.by_status.items(), key=lambda item: (-item[1], item[0]))
    )
    waiting = images.waiting or 0
    return Table(
        "Download results",
        ("status", "images", "share", "meaning"),
        rows,
        frozenset({1, 2}),
        f"{count(waiting)} of them will be asked for again by a later run." if waiting else "",
        without_images(images, config),
    )
