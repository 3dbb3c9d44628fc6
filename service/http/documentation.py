"""Documentation: OpenAPI tells which problems a route can answer, from what it declares and needs.

A route names its own refusals with `responses=refuses(OfferExpired, ChoreTaken)`. What follows from
its signature is added here: a caller means 401 and perhaps 403, a body means 400, 413 and 415, a
parameter 422, an `Idempotency-Key` its own refusals, and a database 503.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field

from service import errors
from service.errors import Problem
from service.http import access
from service.http.idempotency import once_only
from service.http.pages import cut_of

MEDIA_TYPE = "application/problem+json"
Schema = dict[str, Any]

DESCRIPTION = """Chores, matched to taskers nearby.

Sign up at `/v1/accounts`, sign in at `/v1/sessions`, and send the access token with each request.

- Places are GeoJSON, longitude first; times RFC 3339, in UTC when answered; money is in the
  currency's minor unit.
- Every refusal is `application/problem+json` with a stable `type` to rely on. A path that does not
  exist is a 404, a method it does not take a 405 with `Allow`, paths and headers beyond what can
  be meant a 414 or 431.
- A POST that creates takes an `Idempotency-Key`; sent again with it, nothing is made twice. The
  exceptions are sign-ins and stream tickets: their answers are credentials, which are not kept.
- Lists come in pages, newest first; `next` is the `cursor` of the following one.
- What happens is told as it does on the websocket `/v1/stream`.
"""

TAGS = {
    "accounts": "People: clients, taskers, or both.",
    "sessions": "Signing in, staying signed in, signing out.",
    "markets": "Cities and the kinds of chores in them; for everybody.",
    "chores": "What a client wants done, where and when.",
    "taskers": "A tasker's profile, skills, areas, hours and presence.",
    "wishes": "Whom one would like to meet again, and whom not.",
    "offers": "Chores offered to a tasker, to be accepted or declined in time.",
    "decisions": "Why a chore was offered to whom, for whoever may know.",
    "bookings": "A chore and its tasker, from the acceptance to the price.",
    "push": "Devices that are told what matters while their person is away.",
    "stream": "Events as they happen, over a websocket.",
    "policies": "The operators' knobs: versioned, attributable, reversible.",
    "what if": "What another value of a knob would do, played on a market's past days.",
    "experiments": "Two versions of a policy, switched by region and slot: did it help?",
    "operators": "What operators see of a market and of its matching.",
    "console": "The operators' console: its sign-in and its settings.",
    "health": "Alive, and ready to serve.",
}

BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
SIGNED_IN = (errors.NotSignedIn, errors.TokenExpired, errors.SessionRevoked, errors.Suspended)
NEEDS: dict[Callable[..., Any], tuple[type[Problem], ...]] = {
    access.person: SIGNED_IN,
    access.client: (errors.NotAllowed,),
    access.tasker: (errors.NotAllowed,),
    access.operator: (errors.NotAllowed,),
    access.editor: (errors.NotAllowed,),
    cut_of: (errors.BadCursor,),
    once_only: (
        errors.IdempotencyInProgress,
        errors.IdempotencyKeyInvalid,
        errors.IdempotencyKeyReused,
    ),
}


class WrongField(BaseModel):
    """One wrong field of a request."""

    model_config = ConfigDict(extra="allow")

    field: str = Field(examples=["coordinates.0"])
    reason: str = Field(examples=["out_of_range"])
    message: str = Field(examples=["a longitude lies between -180 and 180"])


class ProblemDocument(BaseModel):
    """A refusal (RFC 9457). Rely on `type`; facts of the case follow as further members."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(examples=[errors.NotFound().body()["type"]])
    title: str = Field(examples=[errors.NotFound.title])
    status: int = Field(ge=400, le=599, examples=[404])
    detail: str = Field(default="", description="A sentence for people.")
    errors: list[WrongField] = Field(default=[], description="Which fields are wrong, with 422.")


def refuses(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that can answer these problems, one entry a status."""
    in_order = sorted(set(kinds), key=lambda kind: (kind.status, kind.type))
    return {
        status: _response(list(same))
        for status, same in groupby(in_order, lambda kind: kind.status)
    }


def document(app: FastAPI) -> None:
    """Let `app.openapi` answer the schema with every problem in it, made once."""
    plain = app.openapi

    def openapi() -> Schema:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(plain(), app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def api_routes(app: FastAPI) -> Iterator[APIRoute]:
    """Every HTTP route of ours, in order, wherever it is mounted."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            yield context.original_route


def callers(route: APIRoute) -> set[Callable[..., Any]]:
    """Every dependency of a route, its own and theirs."""
    return set(_calls(route.dependant))


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for below in dependant.dependencies:
        if below.call is not None:
            yield below.call
        yield from _calls(below)


def _completed(schema: Schema, app: FastAPI) -> Schema:
    for route in api_routes(app):
        operations = schema["paths"].get(route.path, {})
        for method in route.methods or ():
            if operation := operations.get(method.lower()):
                _complete(operation, list(_implied(route, method, operation)))
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    components.update(problem.pop("$defs"))
    components["Problem"] = problem
    return schema


def _implied(route: APIRoute, method: str, operation: Schema) -> Iterator[type[Problem]]:
    """What a route can answer because of what it takes."""
    needs = callers(route)
    yield errors.BadRequest
    if "{" in route.path:
        yield errors.NotFound
    if method in BODY_METHODS:
        yield from (errors.MalformedJson, errors.BodyTooLarge, errors.UnsupportedMedia)
    if "422" in operation["responses"]:
        yield errors.Invalid
    if needs:
        yield errors.NotReady
    for need in needs:
        yield from NEEDS.get(need, ())


def _complete(operation: Schema, kinds: Iterable[type[Problem]]) -> None:
    responses: Schema = operation["responses"]
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]
    for status, more in refuses(*kinds).items():
        kept = responses.setdefault(str(status), more)
        if kept is not more:
            examples = kept["content"][MEDIA_TYPE]["examples"]
            examples.update(more["content"][MEDIA_TYPE]["examples"])
            kept["description"] = _titles(examples)
    operation["responses"] = dict(sorted(responses.items()))


def _response(kinds: list[type[Problem]]) -> dict[str, Any]:
    examples = {kind.type: {"summary": kind.title, "value": _example(kind)} for kind in kinds}
    response: dict[str, Any] = {
        "description": _titles(examples),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": examples,
            }
        },
    }
    if headers := _headers(kinds[0].status):
        response["headers"] = headers
    return response


def _example(kind: type[Problem]) -> Schema:
    facts: dict[str, Any] = {}
    if issubclass(kind, errors.Invalid):
        facts["errors"] = [
            {"field": "field", "reason": "reason", "message": "What is wrong with it"}
        ]
    return kind(**facts).body()


def _titles(examples: Schema) -> str:
    return "; ".join(sorted({example["summary"] for example in examples.values()}))


def _headers(status: int) -> Schema:
    if status == 401:
        return {"WWW-Authenticate": {"schema": {"type": "string", "const": "Bearer"}}}
    if status in (429, 503):
        seconds = {"type": "string", "pattern": "^[0-9]+$"}
        return {"Retry-After": {"description": "seconds", "schema": seconds}}
    return {}
