"""Logs: structured lines with a request id; never a coordinate, a token or a query string.

What an exception says can quote any of them (PostgreSQL prints the row that broke a constraint,
pydantic the input it refused), so in production a defect is logged as its type and its frames.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback
from contextlib import suppress
from types import TracebackType
from typing import TextIO
from uuid import UUID, uuid4

import structlog
from prometheus_client import Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, Processor, WrappedLogger

from service.errors import InternalError
from service.http.problems import problem_response
from service.settings import Settings

log = structlog.get_logger("dibs.http")

QUIET_ROUTES = frozenset({"/healthz", "/readyz", "/metrics"})
LATENCY = Histogram(
    "dibs_http_seconds",
    "Time from the request's head to the end of the answer",
    ["method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


def configure_logs(settings: Settings) -> None:
    """Set up the logs of this process, those of its libraries among them, on standard output.

    A server is to be run with `log_config=None`, so that its lines come here as well.
    """
    level = getattr(logging, settings.log_level.upper())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _Failures(with_messages=settings.environment != "production"),
    ]
    last: Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(_stdout()),
        cache_logger_on_first_use=False,
    )
    _route_libraries(shared, last, max(level, logging.INFO))


class _Lines(logging.StreamHandler[TextIO]):
    """Our handler of the standard library's loggers.

    Without uvicorn's lines on websockets that open: they quote the query string.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return '"WebSocket %s"' not in str(record.msg)


def _route_libraries(shared: list[Processor], last: Processor, level: int) -> None:
    """Lines of the standard library's loggers, in the same form.

    Warnings, and what the server says of itself: clients log whole URLs as information. Access
    lines are ours alone.
    """
    handler = _Lines(_stdout())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, _Lines)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(level)
    access = logging.getLogger("uvicorn.access")
    access.handlers, access.propagate = [], False


class RequestLog:
    """An ASGI layer around all others: a request id, one line a request, and the last resort.

    An exception that nobody answered ends here, as a 500 problem and a line of its own: passed on,
    the server would print it with everything it quotes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection under an id of its own."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        with structlog.contextvars.bound_contextvars(request_id=_request_id(scope)):
            if scope["type"] == "http":
                await self._http(scope, receive, _Answer(send))
            else:
                await self._websocket(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        started = time.perf_counter()
        try:
            await self.app(scope, receive, answer)
        except Exception:
            log.exception("unhandled")
            if answer.started:
                raise ConnectionAbortedError("the answer broke off") from None
            await problem_response(InternalError())(scope, receive, answer)
        finally:
            _note(scope, answer.status, time.perf_counter() - started)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception:
            log.exception("unhandled")
            with suppress(RuntimeError):
                await send({"type": "websocket.close", "code": 1011, "reason": ""})


class _Answer:
    """`send`, with the request's id added and the status remembered."""

    def __init__(self, send: Send) -> None:
        self.send, self.started, self.status = send, False, 499

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = structlog.contextvars.get_contextvars()["request_id"]
            if "json" in headers.get("content-type", ""):
                headers.setdefault("Cache-Control", "no-store")
                headers["X-Content-Type-Options"] = "nosniff"
        await self.send(message)


def _note(scope: Scope, status: int, took_s: float) -> None:
    """One line and one observation. The route's pattern, never the path: that may hold anything."""
    route = getattr(scope.get("route"), "path", "unmatched")
    LATENCY.labels(scope["method"], route, str(status)).observe(took_s)
    if route not in QUIET_ROUTES:
        log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            ms=round(took_s * 1000, 2),
        )


class _Failures:
    """Turns `exc_info` into `failure`: its types, innermost cause last, and where it came about."""

    def __init__(self, *, with_messages: bool) -> None:
        self.with_messages = with_messages

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        given = event.pop("exc_info", None)
        error = given[1] if isinstance(given, tuple) else given
        if error is True:
            error = sys.exc_info()[1]
        if isinstance(error, BaseException):
            event["failure"] = self._told(error)
        return event

    def _told(self, error: BaseException) -> str:
        if self.with_messages:
            return "".join(traceback.format_exception(error))
        lines: list[str] = []
        following: BaseException | None = error
        while following is not None and len(lines) < 200:
            lines += [type(following).__qualname__, *_frames(following.__traceback__)]
            following = following.__cause__ or following.__context__
        return "\n".join(lines)


def _frames(trace: TracebackType | None) -> list[str]:
    return [
        f"  {frame.name} ({frame.filename}:{frame.lineno})" for frame in traceback.extract_tb(trace)
    ]


class _Stdout:
    """Standard output as it is at the time of each line."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


def _stdout() -> TextIO:
    return _Stdout()  # type: ignore[return-value]


def _request_id(scope: Scope) -> str:
    """The caller's own X-Request-Id if it is a UUID, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            try:
                return str(UUID(value.decode("ascii")))
            except ValueError:
                break
    return str(uuid4())
