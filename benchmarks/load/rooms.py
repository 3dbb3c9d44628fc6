"""The Socket.IO server: python-socketio on uvicorn, emitting the same data to single sessions."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from typing import Any

import socketio
import uvicorn

from benchmarks.load.frames import frame_at
from benchmarks.load.helpers import Answer, Command, serve
from benchmarks.load.schedule import on_schedule


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: asyncio.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()


class Rooms:
    """The sessions, and the emitting."""

    def __init__(self) -> None:
        self.server = socketio.AsyncServer(async_mode="asgi", transports=["websocket"])
        self.server.on("connect", self._connected)
        self.sessions: list[str] = []
        self._running: set[asyncio.Task[None]] = set()

    async def _connected(self, session: str, _: object, __: object = None) -> None:
        self.sessions.append(session)

    async def listen(self, _: Command) -> dict[str, Any]:
        """Listen at a free port, without deflate and access log."""
        config = uvicorn.Config(
            socketio.ASGIApp(self.server), port=0, log_level="error", access_log=False,
            ws="websockets-sansio", ws_per_message_deflate=False, ws_ping_interval=None,
        )  # fmt: skip
        ready = asyncio.Event()
        listening = _Server(config, ready)
        self._keep(asyncio.create_task(listening.serve()))
        await ready.wait()
        return {"port": listening.servers[0].sockets[0].getsockname()[1]}

    async def push(self, command: Command) -> dict[str, Any]:
        """Emit to somebody, so many times a second."""
        await on_schedule(command["rate"], command["seconds"], self._push)
        return {}

    def _push(self, count: int, scheduled_us: int) -> None:
        self._keep(asyncio.create_task(self._emit(count, scheduled_us)))

    async def _emit(self, count: int, scheduled_us: int) -> None:
        data = json.loads(frame_at(scheduled_us))
        for session in random.sample(self.sessions, count):
            await self.server.emit("event", data, to=session)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._running.add(task)
        task.add_done_callback(self._running.discard)


async def _answers() -> dict[str, Answer]:
    rooms = Rooms()
    return {"listen": rooms.listen, "push": rooms.push}


if __name__ == "__main__":
    serve(_answers)
