"""Nodes: as many LISTEN connections as there would be api processes, and nothing else of them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from benchmarks.load.helpers import Answer, Command, serve
from service.bus import open_bus

CONNECT_S = 0.5


class Nodes:
    """The buses of this process: a connection that listens and one that would send, each."""

    def __init__(self) -> None:
        self._open = AsyncExitStack()

    async def listen(self, command: Command) -> dict[str, Any]:
        """Listen so many times."""
        for _ in range(command["nodes"]):
            await self._open.enter_async_context(open_bus(command["url"]))
        await asyncio.sleep(CONNECT_S)
        return {}


async def _answers() -> dict[str, Answer]:
    nodes = Nodes()
    return {"listen": nodes.listen}


if __name__ == "__main__":
    serve(_answers)
