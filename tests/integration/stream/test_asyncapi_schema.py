"""The stream's document against the schema that AsyncAPI publishes, which comes with the console's
packages.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from notifications.asyncapi import asyncapi_document

SCHEMAS = Path(__file__).parents[3] / "console" / "node_modules" / "@asyncapi" / "specs" / "schemas"


@pytest.fixture(scope="module")
def official() -> Draft7Validator:
    """The schema of the version that the document says it is written in."""
    version = asyncapi_document()["asyncapi"]
    file = SCHEMAS / f"{version}-without-$id.json"
    assert file.exists(), "the console's packages are not installed: make setup"
    return Draft7Validator(json.loads(file.read_text(encoding="utf-8")))


def test_the_document_is_what_asyncapi_says_one_is(official: Draft7Validator) -> None:
    document = json.loads(json.dumps(asyncapi_document()))
    faults = [
        (list(fault.absolute_path), fault.message) for fault in official.iter_errors(document)
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        ("operations", "action", "shout"),
        ("operations", "channel", {"$ref": 5}),
        ("channels", "address", 5),
    ],
)
def test_a_document_that_says_otherwise_is_found_out(
    official: Draft7Validator, place: str, key: str, value: Any
) -> None:
    document = json.loads(json.dumps(asyncapi_document()))
    next(iter(document[place].values()))[key] = value
    assert not official.is_valid(document)
