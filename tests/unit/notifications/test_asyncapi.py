"""The AsyncAPI document: whole, and true of what is said on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from notifications.asyncapi import asyncapi_document
from notifications.close_codes import CLOSE_CODES
from notifications.frames import CLIENT_FRAMES, SERVER_FRAMES, StoredEvent, event_frame
from notifications.messages import EVENTS, BookingChanged, check_event
from tests.unit.notifications.scenes import AT, ack, opened, resume
from tests.unit.notifications.test_vocabulary import booking

DOCUMENT = asyncapi_document()


def references(value: Any) -> Iterator[str]:
    """Every $ref in a document."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def resolve(reference: str) -> Any:
    value: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        value = value[step]
    return value


def payload_of(message: str) -> Draft202012Validator:
    """A validator of one message's payload, with the document's schemas at hand."""
    schema = DOCUMENT["components"]["messages"][message]["payload"]
    return Draft202012Validator(schema | {"components": DOCUMENT["components"]})


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert len(found) > 30
    for reference in found:
        assert isinstance(resolve(reference), dict)


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])


def test_every_frame_and_every_event_type_is_a_message_of_one_side() -> None:
    operations = DOCUMENT["operations"]
    said, heard = (
        {reference["$ref"].rsplit("/", 1)[-1] for reference in operations[name]["messages"]}
        for name in ("tell", "hear")
    )
    assert said == {"hello", "resync", "ping", "market", "refused", *EVENTS}
    assert heard == {"resume", "ack", "pong", "watch"}
    assert said | heard == set(DOCUMENT["channels"]["stream"]["messages"])
    assert len(said | heard) == len(SERVER_FRAMES) + len(CLIENT_FRAMES) - 1 + len(EVENTS)


def test_what_is_said_fits_its_schema() -> None:
    [hello] = opened().hello(7)
    payload_of("hello").validate(json.loads(hello.text))  # type: ignore[union-attr]
    payload_of("ack").validate(json.loads(ack(3)))
    payload_of("resume").validate(json.loads(resume(None)))


def test_an_event_fits_the_message_of_its_type_and_no_other() -> None:
    data = check_event("booking.created", BookingChanged(booking=booking()))
    frame = json.loads(event_frame(StoredEvent(5, "booking.created", AT, data)))
    payload_of("booking.created").validate(frame)
    assert not payload_of("booking.started").is_valid(frame)
    assert not payload_of("chore.expired").is_valid(frame | {"type": "chore.expired"})


@pytest.mark.parametrize("missing", ["frame", "n", "device"])
def test_a_resume_without_what_it_needs_does_not_fit(missing: str) -> None:
    frame = json.loads(resume(3))
    del frame[missing]
    assert not payload_of("resume").is_valid(frame)


def test_the_close_codes_are_in_it() -> None:
    listed = DOCUMENT["channels"]["stream"]["x-close-codes"]
    assert {row["code"] for row in listed} == set(CLOSE_CODES)


def test_a_caller_may_change_what_it_got() -> None:
    asyncapi_document()["channels"].clear()
    assert asyncapi_document("2")["channels"]
