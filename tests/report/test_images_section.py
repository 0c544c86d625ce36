"""Every word for what became of an image is explained, in the report and in the documents."""

from __future__ import annotations

from pathlib import Path

from influencers.images import statuses
from influencers.measured.images import Images
from influencers.report.sections import images
from influencers.report.sections.images import without_images

STATUSES = statuses.FINAL | statuses.RETRYABLE
PAGE = Path(__file__).parents[2] / "docs" / "images.md"


def test_the_report_says_what_each_status_means() -> None:
    by_status = dict.fromkeys(STATUSES, 7)
    found = images.section(Images(wanted=7 * len(STATUSES), by_status=by_status, waiting=0), {})
    (table,) = found.tables
    assert len(table.rows) == len(STATUSES)
    assert [row for row in table.rows if not row[-1]] == []


def test_the_report_says_why_there_are_none() -> None:
    off = {"images.enabled": False}
    assert "images.enabled is false" in without_images(Images(), off)
    assert without_images(Images(wanted=0), {"images.enabled": True}) == "No post names an image."
    assert without_images(Images(wanted=3), {}) == without_images(Images(), {}) == "None."


def test_the_documents_list_each_status() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [status for status in sorted(STATUSES) if f"`{status}`" not in page] == []
