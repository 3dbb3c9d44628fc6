"""Readers and writers that mean ill: closed with the right code, bounded, and nobody else
notices.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from service.db.engine import Database
from tests.support.scene import Person
from tests.support.stalling import has_ended, stalled, taken
from tests.support.streams import (
    Api,
    Subscriber,
    is_gapless,
    someone,
    tell,
    ticket,
)


@pytest.mark.parametrize(
    "junk",
    ["", "hello", "[]", '{"frame":"ack","n":99}', '{"frame":"drop table"}', "[" * 4000],
)
async def test_a_frame_that_is_none_of_ours_ends_the_stream(
    api: Api, ada: Person, junk: str
) -> None:
    async with Subscriber.resumed(api, ada) as line:
        await line.line.send(junk)
        assert await line.closed_with() == 4400


async def test_a_binary_frame_ends_the_stream(api: Api, ada: Person) -> None:
    async with Subscriber.resumed(api, ada) as line:
        await line.line.send(os.urandom(100))
        assert await line.closed_with() == 1003


async def test_a_frame_of_a_megabyte_ends_the_stream(api: Api, ada: Person) -> None:
    async with Subscriber.resumed(api, ada) as line:
        await line.line.send("x" * 1_000_000)
        assert await line.closed_with() == 1009


async def test_a_thousand_frames_a_second_end_the_stream(api: Api, ada: Person) -> None:
    async with Subscriber.resumed(api, ada) as line:
        try:
            for _ in range(1000):
                await line.say(frame="pong")
        except ConnectionClosed:
            pass
        assert await line.closed_with() == 4429


async def test_a_flood_of_websocket_pings_is_cut_off(api: Api, ada: Person) -> None:
    async with Subscriber.resumed(api, ada) as line:
        for _ in range(50):
            try:
                await line.line.ping()
            except ConnectionClosed:
                break
        assert await line.closed_with() == 1006


async def test_a_flood_of_pongs_that_nobody_asked_for_is_cut_off(api: Api, ada: Person) -> None:
    async with Subscriber.resumed(api, ada) as line:
        for _ in range(50):
            try:
                await line.line.pong()
            except ConnectionClosed:
                break
        assert await line.closed_with() == 1006


async def test_a_message_in_pieces_without_end_is_cut_off(api: Api, ada: Person) -> None:
    async def pieces() -> AsyncIterator[str]:
        for _ in range(1000):
            yield ""

    async with Subscriber.resumed(api, ada) as line:
        with suppress(ConnectionClosed):
            await line.line.send(pieces())
        assert await line.closed_with() == 1006


async def test_a_message_in_a_few_pieces_is_one(api: Api, database: Database, ada: Person) -> None:
    async with Subscriber.resumed(api, ada) as line:
        await tell(database, ada)
        await line.hear_events(1, acks=False)
        await line.line.send(['{"frame":', '"ack",', '"n":1}'])
        with pytest.raises(TimeoutError):
            await line.closed_with(within_s=6)


async def test_the_ninth_stream_of_a_person_ends_the_first(api: Api, ada: Person) -> None:
    async with Subscriber.resumed(api, ada, device="first") as first:
        lines = [Subscriber.resumed(api, ada, device=f"device-{i}") for i in range(8)]
        async with asyncio.TaskGroup() as group:
            for line in lines:
                group.create_task(line.__aenter__())
        assert await first.closed_with() == 4430
        for line in lines:
            await line.__aexit__(None, None, None)


async def test_a_reader_that_acknowledges_nothing_is_cut_off(
    api: Api, database: Database, ada: Person
) -> None:
    async with Subscriber.resumed(api, ada) as line:
        await tell(database, ada, 3)
        started = time.monotonic()
        assert await line.closed_with(within_s=10) == 4413
        assert 4 < time.monotonic() - started < 8


async def test_a_stalled_reader_is_aborted_and_nobody_else_notices(
    api: Api, database: Database, ada: Person
) -> None:
    bob = await someone(database)
    with stalled(api, await ticket(api, ada)) as peer:
        await tell(database, ada, 4000)
        async with Subscriber.resumed(api, bob) as line:
            for n in range(1, 40):
                await tell(database, bob)
                assert await line.hear_events(n, within_s=2) == [n]
                await asyncio.sleep(0.2)
        assert has_ended(peer)
        assert taken(peer) < 64 * 1024  # a quarter of what the server would have sent
    async with Subscriber.resumed(api, ada) as line:
        assert is_gapless(await line.hear_events(4000), 4000)
