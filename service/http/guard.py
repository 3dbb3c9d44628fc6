"""The guard: an ASGI layer that refuses what cannot be meant before anything else reads it.

Paths and headers are bounded and hold no NUL; a body is read once, bounded, and is strict JSON. A
HEAD is answered as the GET would be, without its body.
"""

from __future__ import annotations

import json
from typing import Any, Never

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import (
    BadRequest,
    BodyTooLarge,
    HeadersTooLarge,
    MalformedJson,
    Problem,
    UnsupportedMedia,
    UriTooLong,
)
from service.http.problems import problem_response

URI_LIMIT = 4096
HEADERS_LIMIT = 32 * 1024
BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
BODY_SCOPE_KEY = "dibs.body"
"""Where in the scope the body lies that was read here."""


class Guard:
    """Refuses bodies over `limit` bytes or `depth` levels of JSON, and all that is malformed."""

    def __init__(self, app: ASGIApp, limit: int, depth: int) -> None:
        self.app, self.limit, self.depth = app, limit, depth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the head, read the body, and pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            check_head(scope)
            if scope["method"] not in BODILESS:
                scope[BODY_SCOPE_KEY] = await self._read(Headers(scope=scope), receive)
        except Problem as problem:
            await problem_response(problem)(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            await self._head(scope, receive, send)
        else:
            await self.app(scope, _replayed(scope, receive), send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As a GET in a scope of its own: the server goes by the method that it was sent."""
        as_get = {**scope, "method": "GET"}
        await self.app(as_get, receive, _without_body(send))
        scope["route"] = as_get.get("route")

    async def _read(self, headers: Headers, receive: Receive) -> bytes:
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared[:20]) > self.limit:
            raise BodyTooLarge(limit_bytes=self.limit)
        body = await self._bounded(receive)
        if body:
            media = headers.get("content-type", "").partition(";")[0].strip().lower()
            if media != "application/json":
                raise UnsupportedMedia
            strict_json(body, self.depth)
        return body

    async def _bounded(self, receive: Receive) -> bytes:
        """The whole body, of declared length or not. Raises BodyTooLarge as soon as it is.

        Raises BadRequest when the caller went away in the middle of it.
        """
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise BadRequest("The body ended early.")
            body += message.get("body", b"")
            if len(body) > self.limit:
                raise BodyTooLarge(limit_bytes=self.limit)
            if not message.get("more_body", False):
                return bytes(body)


def check_head(scope: Scope) -> None:
    """Raise UriTooLong, HeadersTooLarge or BadRequest for a head that nothing here could mean."""
    query = scope["query_string"]
    if len(scope["path"]) + len(query) > URI_LIMIT:
        raise UriTooLong(limit_bytes=URI_LIMIT)
    if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADERS_LIMIT:
        raise HeadersTooLarge(limit_bytes=HEADERS_LIMIT)
    if "\x00" in scope["path"] or b"%00" in query or b"\x00" in query:
        raise BadRequest("The path or the query holds a NUL character.")


def strict_json(body: bytes, depth: int) -> Any:
    """Parse UTF-8 JSON that has one meaning, at most `depth` levels deep. Raises MalformedJson.

    Refused are NaN, infinities and numbers beyond a double, NUL, halves of surrogate pairs, and a
    member named twice.
    """
    try:
        document = json.loads(
            body.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_named_once
        )
    except UnicodeDecodeError:
        raise MalformedJson("The body is not UTF-8.") from None
    except RecursionError:
        raise MalformedJson(f"The body is nested deeper than {depth} levels.") from None
    except json.JSONDecodeError as error:
        raise MalformedJson(f"{error.msg} at line {error.lineno}, column {error.colno}.") from None
    except ValueError:
        raise MalformedJson("A number is too long.") from None
    _check(document, depth)
    return document


def _no_constant(name: str) -> Never:
    raise MalformedJson(f"{name} is not a JSON number.")


def _named_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise MalformedJson("An object names a member twice.")
    return found


def _check(document: Any, depth: int) -> None:
    """Walk level by level, without recursion: depth, numbers, and what UTF-8 cannot hold."""
    level, left = [document], depth
    while level:
        below: list[Any] = []
        for value in level:
            if isinstance(value, (dict, list)):
                if left == 0:
                    raise MalformedJson(f"The body is nested deeper than {depth} levels.")
                below.extend(value)
                below.extend(value.values() if isinstance(value, dict) else ())
            else:
                _check_leaf(value)
        level, left = below, left - 1


def _check_leaf(value: Any) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise MalformedJson("A string holds a NUL character.")
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise MalformedJson("A string holds half of a surrogate pair.")
    elif isinstance(value, (int, float)) and abs(value) > 1.7e308:
        raise MalformedJson("A number is too large for a double.")


def _replayed(scope: Scope, receive: Receive) -> Receive:
    """`receive` from the start again, where the body was read already."""
    if BODY_SCOPE_KEY not in scope:
        return receive
    waiting = [{"type": "http.request", "body": scope[BODY_SCOPE_KEY], "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _without_body(send: Send) -> Send:
    async def bare(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return bare
