"""Loops that go on: what fails in one is logged and tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

log = structlog.get_logger("dibs.loops")


async def for_ever(work: Callable[[], Awaitable[None]]) -> None:
    """Keep a loop going: what fails is logged and tried again a second later."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("loop_failed", loop=work.__qualname__)
            await asyncio.sleep(1)


async def every(
    seconds: float, work: Callable[[], Awaitable[None]], sooner: asyncio.Event | None = None
) -> None:
    """Do something every so often, and sooner when the event is set."""
    sooner = sooner or asyncio.Event()

    async def rounds() -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await sooner.wait()
            sooner.clear()
            await work()

    await for_ever(rounds)


async def stop(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
