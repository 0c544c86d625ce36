"""Writes docs/metrics.schema.json, the JSON Schema of metrics.json, from its types.

    metrics_schema.py [--check]

With --check nothing is written: exit status 1 and one line if the file differs.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import written_files
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticOmit

from influencers.measured.keys import Written
from influencers.measured.reading import METRICS

ROOT = Path(__file__).resolve().parents[1]
PATH = "docs/metrics.schema.json"


class _Schema(GenerateJsonSchema):
    """What is written, where pydantic says what may be read."""

    def dataclass_schema(self, schema: Any) -> JsonSchemaValue:
        """Keys that are always written are required; one that is missing for null is not null."""
        found = super().dataclass_schema(schema)
        found["required"] = []
        for one in dataclasses.fields(schema["cls"]):
            when = one.metadata["written"]
            if when is Written.ALWAYS:
                found["required"].append(one.name)
            elif when is Written.IF_OTHER and one.default is None:
                found["properties"][one.name] = _not_null(found["properties"][one.name])
        return found

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        """Without the default: a reader of the file has no use for it."""
        return self.generate_inner(schema["schema"])

    def enum_schema(self, schema: Any) -> JsonSchemaValue:
        """Nothing: the only one says that a key is absent."""
        raise PydanticOmit

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never: it would repeat the key."""
        return False


def _not_null(schema: JsonSchemaValue) -> JsonSchemaValue:
    """A choice with null among others, without it."""
    choices = [one for one in schema["anyOf"] if one != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**(choices[0] if len(choices) == 1 else {"anyOf": choices}), **rest}


def text() -> str:
    """The text of the file."""
    schema = METRICS.json_schema(schema_generator=_Schema)
    head = {"$schema": _Schema.schema_dialect, **schema, "title": "metrics.json"}
    return json.dumps(head, indent=2) + "\n"


def _remarks(stale: Sequence[str]) -> list[str]:
    return [
        f"{path} is not what `make docs` writes: run it, and commit the result" for path in stale
    ]


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Write or check the file; returns the exit status."""
    return written_files.main(
        arguments, root, program="metrics_schema", files=lambda: {PATH: text()}, remarks=_remarks
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
