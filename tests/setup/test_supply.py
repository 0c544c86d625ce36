"""What is said of the packages that a run is made of."""

from __future__ import annotations

from typing import Any

import audit
import sbom

SOUND: dict[str, Any] = {"name": "numpy", "version": "2.4", "vulns": []}
UNTOLD: dict[str, Any] = {"name": "scipy", "version": "1.17", "skip_reason": "not found"}
BAD: dict[str, Any] = {
    "name": "pillow", "version": "9.0", "vulns": [{"id": "CVE-1", "fix_versions": ["9.1"]}],
}  # fmt: skip


def test_an_audit_that_was_not_answered_is_none() -> None:
    assert audit.verdict([SOUND]) == (["audit: no known vulnerability in 1 packages"], 0)
    lines, status = audit.verdict([SOUND, UNTOLD])
    assert status == 2
    assert lines[0].startswith("audit: NOT DONE for 1 of 2 packages: no answer")


def test_a_vulnerability_is_named_whatever_else_is_untold() -> None:
    lines, status = audit.verdict([SOUND, UNTOLD, BAD])
    assert status == 1
    assert lines[0] == "pillow 9.0: CVE-1, mended in 9.1"


def test_jvm_packages_are_in_the_bill_with_the_hashes_of_their_jars() -> None:
    record = {
        "packages": {"delta": {"io.delta:delta-storage:4.4.0": "wanted"}},
        "jars": {"io.delta_delta-storage-4.4.0.jar": "c4"},
    }
    (component,) = sbom.jvm_packages(record)
    assert component["purl"] == "pkg:maven/io.delta/delta-storage@4.4.0"
    assert component["hashes"] == [{"alg": "SHA-256", "content": "c4"}]
