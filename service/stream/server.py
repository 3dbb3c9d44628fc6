"""The server: uvicorn with the stream's socket, its own handling of signals, and a drain that ends.

uvicorn says 1012 to websockets when it shuts down, and then waits for ever without
`timeout_graceful_shutdown`; it also raises the signal again at the end, which would kill whatever
else the process wants to finish. So: the first SIGTERM or SIGINT drains (no new connections, 1012
to streams, requests under way are answered), the second ends it at once.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from math import ceil

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from notifications.terms import Terms
from service.settings import Settings
from service.stream.socket import StreamSocket

LOOPBACK = ("127.0.0.1", "::1")
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def server_config(app: ASGIApp, settings: Settings, terms: Terms | None = None) -> uvicorn.Config:
    """Uvicorn as the service runs it. No deflate: it doubles a connection's memory; no pings: the
    stream has its own.
    """
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        forwarded_allow_ips=list(settings.trusted_proxies or LOOPBACK),
        http="httptools",
        ws=StreamSocket,
        ws_max_size=(terms or Terms()).max_frame_bytes,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=max(1, ceil(settings.drain_s)),
        log_config=None,
        access_log=False,
        server_header=False,
    )


class DrainingServer(uvicorn.Server):
    """uvicorn's server, drained by a signal and returning normally."""

    def __init__(self, config: uvicorn.Config, on_drain: Callable[[], None] = lambda: None) -> None:
        super().__init__(config)
        self._on_drain = on_drain

    def drain(self) -> None:
        """Stop accepting and end; called again, end at once."""
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True
        self._on_drain()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Drain on SIGINT and SIGTERM while serving."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self.drain)
        try:
            yield
        finally:
            for number in SIGNALS:
                loop.remove_signal_handler(number)


async def serve(
    app: FastAPI, settings: Settings, *, sockets: list[socket.socket] | None = None
) -> None:
    """Serve until a signal, then drain. `sockets` are listening already, instead of host and
    port.
    """

    def not_ready() -> None:
        app.state.runtime.draining = True

    await DrainingServer(server_config(app, settings), not_ready).serve(sockets=sockets)
