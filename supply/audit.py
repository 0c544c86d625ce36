"""Asks pip-audit whether the locked packages have known vulnerabilities, and whether it could tell.

    audit.py LOCK…

Exit status: 0 none is known; 1 some are; 2 the service did not answer for some packages, which
pip-audit itself calls a success.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

# Beside the Python that runs this.
PIP_AUDIT = Path(sys.executable).parent / "pip-audit"


def main(locks: list[str]) -> int:
    """Audits each lock file; one line for each finding, and one that sums up."""
    packages = {
        (package["name"], package.get("version")): package
        for lock in locks
        for package in audited(lock)
    }
    lines, status = verdict(list(packages.values()))
    print("\n".join(lines), file=sys.stderr if status else sys.stdout)
    return status


def audited(lock: str) -> list[dict[str, Any]]:
    """What pip-audit says of each package of a lock file."""
    options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    done = subprocess.run([PIP_AUDIT, *options, "-r", lock], capture_output=True, text=True)
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        # It has failed, not found: the service was not there, or the file is not a lock.
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        return [{"name": lock, "skip_reason": last[0], "vulns": []}]
    return packages


def verdict(packages: list[dict[str, Any]]) -> tuple[list[str], int]:
    """What to say of packages as pip-audit describes them, and the exit status."""
    lines = [
        f"{package['name']} {package['version']}: {bad['id']}, mended in "
        f"{', '.join(bad['fix_versions']) or 'no version yet'}"
        for package in packages
        for bad in package.get("vulns", [])
    ]
    if lines:
        return [*lines, f"audit: {len(lines)} known vulnerabilities"], 1
    untold = [package for package in packages if "skip_reason" in package]
    if untold:
        return [
            f"audit: NOT DONE for {len(untold)} of {len(packages)} packages: no answer from the "
            f"vulnerability service ({untold[0]['skip_reason']}): run it where the service is "
            "reached"
        ], 2
    return [f"audit: no known vulnerability in {len(packages)} packages"], 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
