"""The body guard: an ASGI layer that reads a request's body once, bounded, and refuses what is not
strict JSON.
"""

from __future__ import annotations

import json
from typing import Any, Never

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import BodyTooLarge, MalformedJson, Problem, UnsupportedMedia
from service.http.problems import problem_response


class BodyGuard:
    """Reads at most `limit` bytes and at most `depth` levels of JSON; answers 413, 415 or 400
    otherwise.
    """

    def __init__(self, app: ASGIApp, limit: int, depth: int) -> None:
        self.app, self.limit, self.depth = app, limit, depth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, its body read and found fit."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        try:
            body = await self._read(Headers(scope=scope), receive)
        except Problem as problem:
            await problem_response(problem)(scope, receive, send)
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        scope["dibs.body"] = body
        await self.app(scope, replay, send)

    async def _read(self, headers: Headers, receive: Receive) -> bytes:
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > self.limit:
            raise BodyTooLarge(limit_bytes=self.limit)
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            body += message.get("body", b"")
            if len(body) > self.limit:
                raise BodyTooLarge(limit_bytes=self.limit)
            more = message.get("more_body", False)
        if body:
            media = headers.get("content-type", "").partition(";")[0].strip().lower()
            if media != "application/json" and not media.endswith("+json"):
                raise UnsupportedMedia
            strict_json(body, self.depth)
        return body


def strict_json(body: bytes, depth: int) -> Any:
    """Parse UTF-8 JSON without NaN, Infinity, lone surrogates or more than `depth` levels. Raises
    MalformedJson.
    """
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise MalformedJson("The body is not UTF-8.") from None
    except RecursionError:
        raise MalformedJson(f"The body is nested deeper than {depth} levels.") from None
    except json.JSONDecodeError as error:
        raise MalformedJson(f"{error.msg} at line {error.lineno}, column {error.colno}.") from None
    except ValueError as error:
        raise MalformedJson(str(error)) from None
    _check(document, depth)
    return document


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a JSON number.")


def _check(document: Any, depth: int) -> None:
    """Walk level by level, without recursion: depth, numbers beyond a double, and strings UTF-8
    cannot hold.
    """
    level = [document]
    for _ in range(depth + 1):
        if not level:
            return
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.keys())
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif isinstance(value, str):
                _check_text(value)
            elif isinstance(value, float) and value in (float("inf"), float("-inf")):
                raise MalformedJson("A number is too large for a double.")
        level = below
    if level:
        raise MalformedJson(f"The body is nested deeper than {depth} levels.")


def _check_text(value: str) -> None:
    if "\x00" in value:
        raise MalformedJson("A string holds a NUL character.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedJson("A string holds half of a surrogate pair.") from None
