"""Problems on the wire: every refusal, ours, the schema's and the framework's, as problem+json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from service.db.constraints import sqlstate_of
from service.errors import (
    BadRequest,
    BodyTooLarge,
    Busy,
    InternalError,
    Invalid,
    MalformedJson,
    MethodNotAllowed,
    NotFound,
    NotReady,
    Problem,
    UnsupportedMedia,
)

log = structlog.get_logger("dibs.http")

MEDIA_TYPE = "application/problem+json"
FRAMEWORK: Mapping[int, type[Problem]] = {
    400: BadRequest,
    404: NotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    415: UnsupportedMedia,
}

AWAY = ("08", "57P", "53300")
"""SQLSTATEs of a server that goes, comes, or has no connection left."""
CROWDED = ("40001", "40P01", "55P03", "57014")
"""Of a statement that waited too long for others, or lost to them twice."""


def problem_response(problem: Problem) -> JSONResponse:
    """The HTTP answer of a problem."""
    return JSONResponse(
        problem.body(), problem.status, headers=problem.headers, media_type=MEDIA_TYPE
    )


def install(app: FastAPI) -> None:
    """Route every exception of `app` through this module, but defects: `logs` answers those."""
    app.add_exception_handler(Problem, _ours)
    app.add_exception_handler(RequestValidationError, _schema)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(PoolTimeout, _database)


async def _ours(_: Request, error: Any) -> JSONResponse:
    return problem_response(error)


async def _schema(_: Request, error: Any) -> JSONResponse:
    """The schema's complaints by field. Never the input: it may hold a secret or a place."""
    errors = [_field(item) for item in error.errors()]
    if any(item["reason"] == "json_invalid" for item in errors):
        return problem_response(MalformedJson())
    return problem_response(Invalid(errors=errors))


def _field(item: Mapping[str, Any]) -> dict[str, str]:
    where = [str(part) for part in item["loc"]]
    if where and where[0] in ("body", "query", "path", "header", "cookie") and len(where) > 1:
        where = where[1:]
    message = str(item["msg"]).encode("utf-8", "replace").decode()
    field = ".".join(where).encode("utf-8", "replace").decode()
    return {"field": field, "reason": str(item["type"]), "message": message}


async def _framework(request: Request, error: Any) -> JSONResponse:
    problem = FRAMEWORK.get(error.status_code, InternalError)()
    if problem.status == 405:
        problem.headers = {"Allow": ", ".join(sorted(_methods(request)))}
    return problem_response(problem)


def _methods(request: Request) -> set[str]:
    """What this path takes, by all routes: the framework names the first one's methods only."""
    found: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        pattern = getattr(context.original_route, "path_regex", None)
        if pattern is not None and pattern.match(request.url.path):
            found |= getattr(context.original_route, "methods", None) or set()
    return found | ({"HEAD"} if "GET" in found else set())


async def _database(_: Request, error: Any) -> JSONResponse:
    """503 where the database was away or crowded. Anything else it says is a defect of ours.

    When the connection broke, whether the work was committed is unknown: a repeat needs its key.
    """
    state = sqlstate_of(error) if isinstance(error, DBAPIError) else None
    if isinstance(error, PoolTimeout) or (state or "").startswith(CROWDED):
        log.warning("database_crowded", kind=type(error).__name__, sqlstate=state)
        return problem_response(Busy("The database has too much to do."))
    if _connection_lost(error, state):
        log.warning("database_away", kind=type(error).__name__, sqlstate=state)
        return problem_response(NotReady("The database did not answer."))
    raise error


def _connection_lost(error: DBAPIError, state: str | None) -> bool:
    if error.connection_invalidated or (state or "").startswith(AWAY):
        return True
    return state is None and isinstance(error, OperationalError)
