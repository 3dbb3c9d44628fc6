"""The OpenAPI document: every operation named, described, and honest about its refusals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from service.app import create_app
from service.errors import TYPE_PREFIX, all_problems
from service.http.documentation import MEDIA_TYPE, TAGS, refuses
from service.settings import Settings

Schema = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Schema:
    return create_app(Settings(environment="test")).openapi()


def operations(document: Schema) -> Iterator[tuple[str, Schema]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_problem_has_a_type_and_a_title_of_its_own() -> None:
    kinds = all_problems()
    assert len({kind.type for kind in kinds}) == len(kinds)
    assert len({kind.title for kind in kinds}) == len(kinds)
    assert all(400 <= kind.status < 600 for kind in kinds)


def test_every_operation_has_an_id_a_known_tag_and_a_description(document: Schema) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    for name, operation in operations(document):
        assert operation["operationId"].isidentifier(), name
        assert operation["operationId"].islower(), name
        assert operation["description"].strip(), name
        assert len(operation["tags"]) >= 1, name
        assert set(operation["tags"]) <= TAGS.keys(), name


def test_every_refusal_is_documented_as_a_problem(document: Schema) -> None:
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) < 400:
                continue
            content = response["content"]
            assert set(content) == {MEDIA_TYPE}, f"{name} {status}"
            assert content[MEDIA_TYPE]["schema"] == {"$ref": "#/components/schemas/Problem"}
            for example in content[MEDIA_TYPE]["examples"].values():
                assert example["value"]["status"] == int(status), name
                assert example["value"]["type"].startswith(TYPE_PREFIX), name


def test_what_an_operation_takes_says_what_it_refuses(document: Schema) -> None:
    for name, operation in operations(document):
        answers = set(operation["responses"])
        if name.partition(" ")[0] in ("POST", "PUT", "PATCH", "DELETE"):
            assert {"400", "413", "415"} <= answers, name
        if "requestBody" in operation or operation.get("parameters"):
            assert "422" in answers, name
        if operation.get("security"):
            assert "401" in answers, name
        taken = {parameter["name"] for parameter in operation.get("parameters", [])}
        if "Idempotency-Key" in taken:
            assert {"201", "409"} <= answers, name


def test_every_post_that_creates_takes_a_key_but_those_that_make_credentials(
    document: Schema,
) -> None:
    creating = {
        operation["operationId"]: "Idempotency-Key"
        in {parameter["name"] for parameter in operation.get("parameters", [])}
        for name, operation in operations(document)
        if name.startswith("POST ") and "201" in operation["responses"]
    }
    without = {name for name, takes_a_key in creating.items() if not takes_a_key}
    assert without == {"sign_in", "open_console", "create_stream_ticket"}
    assert {"sign_up", "post_chore", "revert_policy"} <= creating.keys()


def test_no_schema_of_the_frameworks_own_errors_is_left(document: Schema) -> None:
    assert not {"HTTPValidationError", "ValidationError"} & document["components"]["schemas"].keys()


def test_refusals_of_one_status_stand_side_by_side() -> None:
    conflicts = [kind for kind in all_problems() if kind.status == 409][:2]
    (response,) = refuses(*conflicts).values()
    assert set(response["content"][MEDIA_TYPE]["examples"]) == {kind.type for kind in conflicts}
