"""The software that a run is made of, as a CycloneDX bill of materials.

    sbom.py TARGET

The Python packages of requirements.lock with the hashes that are allowed, and the JVM packages that
set-up has fetched, with the hashes of the files. Java and what the base of an image holds are not
part of it: an image scanner tells of those.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CYCLONEDX = Path(sys.executable).parent / "cyclonedx-py"
# What set-up has fetched, and what make s3-jars has, where it has.
JARS = (".jars", ".jars-s3")


def main(target: Path) -> None:
    """Writes the bill; raises ValueError if it is none by CycloneDX's own schema."""
    bill = python_packages()
    records = [ROOT / folder / "resolved.json" for folder in JARS]
    for record in filter(Path.is_file, records):
        bill["components"] += jvm_packages(json.loads(record.read_text(encoding="utf-8")))
    references = sorted(component["bom-ref"] for component in bill["components"])
    root = bill["metadata"]["component"]["bom-ref"]
    bill["dependencies"] = [{"ref": root, "dependsOn": references}]
    text = json.dumps(bill, indent=2)
    check(text)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text + "\n", encoding="utf-8")
    print(f"sbom: {len(references)} packages in {target}")


def check(text: str) -> None:
    """Raises ValueError unless the text is a bill of materials."""
    from cyclonedx.schema import OutputFormat, SchemaVersion
    from cyclonedx.validation import make_schemabased_validator

    wrong = make_schemabased_validator(OutputFormat.JSON, SchemaVersion.V1_6).validate_str(text)
    if wrong:
        raise ValueError(f"not a CycloneDX bill: {wrong}")


def python_packages() -> dict[str, Any]:
    """The bill of the runtime's lock file."""
    options = ["--pyproject", "pyproject.toml", "--output-reproducible", "--spec-version", "1.6"]
    done = subprocess.run(
        [CYCLONEDX, "requirements", "requirements.lock", *options],
        cwd=ROOT, stdout=subprocess.PIPE, check=True,
        # It warns that the bill has no dependencies yet.
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    bill: dict[str, Any] = json.loads(done.stdout)
    for component in bill["components"]:
        component.pop("description", None)  # the line of the lock file, all its hashes included
    return bill


def jvm_packages(record: dict[str, Any]) -> list[dict[str, Any]]:
    """A component for each package in a resolved.json, with the hash of its jar."""
    components = []
    for coordinates in itertools.chain.from_iterable(record["packages"].values()):
        group, name, version = coordinates.split(":")
        address = f"pkg:maven/{group}/{name}@{version}"
        checksum = record["jars"][f"{group}_{name}-{version}.jar"]
        components.append(
            {
                "type": "library", "bom-ref": address, "group": group, "name": name,
                "version": version, "purl": address,
                "hashes": [{"alg": "SHA-256", "content": checksum}],
            }
        )  # fmt: skip
    return components


if __name__ == "__main__":
    main(Path(sys.argv[1]))
