"""The stream's socket under uvicorn: what listens hears, and what has ended is gone."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from weakref import WeakSet

import pytest
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.server import ServerProtocol

from service.settings import Settings
from service.stream.server import DrainingServer, server_config
from service.stream.socket import StreamSocket, socket_of


class Listening:
    """An application that hears messages and waits for the end."""

    def __init__(self) -> None:
        self.sockets: WeakSet[StreamSocket] = WeakSet()
        self.protocols: WeakSet[ServerProtocol] = WeakSet()
        self.heard: list[str | None] = []
        self.fails = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        below = socket_of(websocket)
        self.sockets.add(below)
        self.protocols.add(below.conn)
        await websocket.accept()
        below.listen(self._hear)
        while (await websocket.receive())["type"] != "websocket.disconnect":
            raise AssertionError("a message took the server's way")

    def _hear(self, text: str | None) -> None:
        if self.fails:
            raise RuntimeError("this is for the log")
        self.heard.append(text)


@asynccontextmanager
async def serving(app: Listening) -> AsyncIterator[str]:
    """The application's address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = DrainingServer(server_config(app, Settings()))
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"ws://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.drain()
            await running


@contextmanager
def without_collector() -> Iterator[None]:
    """Nothing but reference counts gives back memory."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def closed_with(line: ClientConnection) -> int | None:
    """The code that the server closes with."""
    with pytest.raises(ConnectionClosed) as closed:
        await line.recv()
    return closed.value.rcvd.code if closed.value.rcvd else None


async def test_messages_are_heard_whole_and_in_order() -> None:
    app = Listening()
    async with serving(app) as url, connect(url, compression=None) as line:
        for message in ("a", "", ["b", "c", "d"], b"\0", "\N{EURO SIGN}", "x" * 4096):
            await line.send(message)
        await (await line.ping())
        assert app.heard == ["a", "", "bcd", None, "\N{EURO SIGN}", "x" * 4096]


async def test_text_that_is_not_utf8_is_closed_with_1007() -> None:
    app = Listening()
    async with serving(app) as url, connect(url, compression=None) as line:
        await line.send(b"\xff", text=True)
        assert await closed_with(line) == 1007
    assert app.heard == []


async def test_who_fails_to_hear_closes_with_1011() -> None:
    app = Listening()
    app.fails = True
    async with serving(app) as url, connect(url, compression=None) as line:
        await line.send("a")
        assert await closed_with(line) == 1011


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
async def test_what_is_sent_arrives(size: int) -> None:
    app = Listening()
    async with serving(app) as url, connect(url, compression=None) as line:
        await (await line.ping())
        (below,) = app.sockets
        below.send_now("x" * size)
        assert await line.recv() == "x" * size


async def test_a_socket_that_has_ended_is_gone_without_the_garbage_collector() -> None:
    app = Listening()
    async with serving(app) as url:
        with without_collector():
            async with connect(url, compression=None) as line:
                await line.send("a")
                await (await line.ping())
                assert len(app.sockets) == 1
            cut = await connect(url, compression=None)
            cut.transport.abort()
            for _ in range(500):
                if not (app.sockets or app.protocols):
                    break
                await asyncio.sleep(0.01)
            assert not app.sockets
            assert not app.protocols
