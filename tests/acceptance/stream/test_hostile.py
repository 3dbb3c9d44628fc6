"""Readers and writers that mean ill: closed with the right code, bounded, and nobody else
notices.
"""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import time

import pytest
from websockets.exceptions import ConnectionClosed

from service.db.engine import Database
from tests.support.scene import Person
from tests.support.streams import Api, Subscriber, is_gapless, someone, tell, ticket


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
    with await _stalled(api, ada) as stalled:
        await tell(database, ada, 4000)
        async with Subscriber.resumed(api, bob) as line:
            for n in range(1, 40):
                await tell(database, bob)
                assert await line.hear_events(n, within_s=2) == [n]
                await asyncio.sleep(0.2)
        assert _taken(stalled) < 64 * 1024  # a quarter of what the server would have sent
    async with Subscriber.resumed(api, ada) as line:
        assert is_gapless(await line.hear_events(4000), 4000)


async def _stalled(api: Api, person: Person) -> socket.socket:
    """A connection that resumes and then reads nothing at all, with the smallest of buffers."""
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.connect(("127.0.0.1", api.port))
    key = base64.b64encode(os.urandom(16)).decode()
    peer.sendall(
        (
            "GET /v1/stream HTTP/1.1\r\nHost: dibs\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: dibs.v1, ticket.{await ticket(api, person)}\r\n\r\n"
        ).encode()
    )
    text = b'{"frame":"resume","n":0,"device":"phone"}'
    peer.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
    return peer


def _taken(peer: socket.socket) -> int:
    """How many bytes a peer finds when it reads at last; raises TimeoutError if its line was not
    cut.
    """
    peer.settimeout(10)
    taken = 0
    try:
        while some := peer.recv(65536):
            taken += len(some)
    except ConnectionResetError:
        return taken
    raise AssertionError("the line ended in peace")
