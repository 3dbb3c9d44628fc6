"""Logs: structured lines with a request id, on standard output; never a coordinate, a token or a
query string.
"""

from __future__ import annotations

import logging
import time
from uuid import UUID, uuid4

import structlog
from prometheus_client import Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.settings import Settings

log = structlog.get_logger("dibs.http")

LATENCY = Histogram(
    "dibs_http_seconds",
    "Time from the request's head to the end of the answer",
    ["method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


def configure_logs(settings: Settings) -> None:
    """Set up structlog for this process."""
    level = getattr(logging, settings.log_level.upper())
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )


class RequestLog:
    """An ASGI layer: gives each request an id, logs one line for it, and feeds the latency
    histogram.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request under an id of its own."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        started = time.perf_counter()
        status = 500

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, observed)
            finally:
                took_s = time.perf_counter() - started
                route = getattr(scope.get("route"), "path", "unmatched")
                LATENCY.labels(scope["method"], route, str(status)).observe(took_s)
                if route not in ("/healthz", "/readyz", "/metrics"):
                    log.info(
                        "request",
                        method=scope["method"],
                        route=route,
                        status=status,
                        ms=round(took_s * 1000, 2),
                    )


def _request_id(scope: Scope) -> str:
    """The caller's own X-Request-Id if it is a UUID, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            try:
                return str(UUID(value.decode("ascii")))
            except ValueError:
                break
    return str(uuid4())
