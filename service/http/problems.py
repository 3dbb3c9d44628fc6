"""Problems on the wire: every refusal, ours, the schema's and the framework's, as RFC 9457
problem+json.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from service.errors import (
    BodyTooLarge,
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
    400: MalformedJson,
    404: NotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    415: UnsupportedMedia,
}


def problem_response(problem: Problem) -> JSONResponse:
    """The HTTP answer of a problem."""
    return JSONResponse(
        problem.body(), problem.status, headers=problem.headers, media_type=MEDIA_TYPE
    )


def install(app: FastAPI) -> None:
    """Route every exception of `app` through this module."""
    app.add_exception_handler(Problem, _ours)
    app.add_exception_handler(RequestValidationError, _schema)
    app.add_exception_handler(HTTPException, _framework)
    for kind in (OperationalError, InterfaceError, PoolTimeout):
        app.add_exception_handler(kind, _database_away)
    app.add_exception_handler(Exception, _bug)


async def _ours(_: Request, error: Any) -> JSONResponse:
    return problem_response(error)


async def _schema(_: Request, error: Any) -> JSONResponse:
    """The schema's complaints by field. The input itself is never echoed: it may hold a secret or
    a place.
    """
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


async def _framework(_: Request, error: Any) -> JSONResponse:
    kind = FRAMEWORK.get(error.status_code, InternalError)
    problem = kind()
    problem.headers = dict(error.headers or {})
    return problem_response(problem)


async def _database_away(_: Request, error: Exception) -> JSONResponse:
    """The connection failed, not the statement: whether it was committed is unknown, so a retry
    needs its key.
    """
    if isinstance(error, DBAPIError) and not error.connection_invalidated:
        return await _bug(_, error)
    log.warning("database_away", kind=type(error).__name__)
    problem = NotReady("The database did not answer.")
    problem.headers = {"Retry-After": "1"}
    return problem_response(problem)


async def _bug(_: Request, error: Exception) -> JSONResponse:
    log.error("unhandled", kind=type(error).__name__, exc_info=error)
    return problem_response(InternalError())
