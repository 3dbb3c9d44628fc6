"""The bare server: `websockets`, with nothing but open connections, pushing frames from memory."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as listen

from benchmarks.load.frames import frame_at
from benchmarks.load.helpers import Answer, Command, serve
from benchmarks.load.schedule import on_schedule


class Bare:
    """The connections, and the pushing."""

    def __init__(self) -> None:
        self.connections: list[ServerConnection] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def hold(self, connection: ServerConnection) -> None:
        """Keep a connection until it ends."""
        self.connections.append(connection)
        await connection.wait_closed()
        self.connections.remove(connection)

    async def listen(self, _: Command) -> dict[str, Any]:
        """Listen at a free port."""
        server = await listen(
            self.hold, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=2048
        )
        return {"port": next(iter(server.sockets)).getsockname()[1]}

    async def push(self, command: Command) -> dict[str, Any]:
        """Send a frame to somebody, so many times a second."""
        await on_schedule(command["rate"], command["seconds"], self._push)
        await asyncio.gather(*self._sending)
        return {}

    def _push(self, count: int, scheduled_us: int) -> None:
        task = asyncio.create_task(self._send(count, scheduled_us))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, count: int, scheduled_us: int) -> None:
        text = frame_at(scheduled_us)
        for connection in random.sample(self.connections, count):
            await connection.send(text)


async def _answers() -> dict[str, Answer]:
    bare = Bare()
    return {"listen": bare.listen, "push": bare.push}


if __name__ == "__main__":
    serve(_answers)
