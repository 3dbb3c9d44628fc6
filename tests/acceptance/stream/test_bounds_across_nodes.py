"""What holds for a person holds on all nodes together: how many streams, one of each device, and
that whoever is shut out is shut out everywhere.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import psycopg
import pytest

from tests.support.scene import Person
from tests.support.streams import Api, Subscriber

SIGNED_OUT = (
    "UPDATE login_sessions SET revoked_at = now(), revoked_reason = 'signed out' WHERE id = %s"
)
SUSPENDED = "UPDATE accounts SET suspended_at = now(), suspended_reason = 'spam' WHERE id = %s"


async def test_the_ninth_stream_of_a_person_ends_the_first_whichever_node_it_is_on(
    api: Api, other_api: Api, ada: Person
) -> None:
    async with AsyncExitStack() as stack:
        lines = []
        for i in range(9):
            node = (api, other_api)[i % 2]
            opened = Subscriber.resumed(node, ada, device=f"device-{i}")
            lines.append(await stack.enter_async_context(opened))
        assert await lines[0].closed_with(within_s=5) == 4430
        for line in lines[1:]:
            with pytest.raises(TimeoutError):
                await line.hear(within_s=0.3)


async def test_a_device_that_moves_to_another_node_ends_its_older_stream(
    api: Api, other_api: Api, ada: Person
) -> None:
    async with Subscriber.resumed(api, ada) as old, Subscriber.resumed(other_api, ada) as new:
        assert await old.closed_with(within_s=5) == 4409
        with pytest.raises(TimeoutError):
            await new.hear(within_s=0.5)


@pytest.mark.parametrize("shut_out", [SIGNED_OUT, SUSPENDED])
async def test_whoever_is_shut_out_is_cut_off_on_every_node_within_five_seconds(
    api: Api, other_api: Api, ada: Person, connection: psycopg.Connection, shut_out: str
) -> None:
    async with (
        Subscriber.resumed(api, ada, device="phone") as phone,
        Subscriber.resumed(other_api, ada, device="laptop") as laptop,
    ):
        connection.execute(
            shut_out.encode(), [ada.session_id if shut_out is SIGNED_OUT else ada.id]
        )
        closed = asyncio.gather(phone.closed_with(within_s=5), laptop.closed_with(within_s=5))
        assert list(await closed) == [4403, 4403]


async def test_who_is_connected_is_known_to_all_and_forgotten_when_they_leave(
    api: Api, ada: Person, connection: psycopg.Connection
) -> None:
    lines = "SELECT device FROM stream_lines WHERE account_id = %s ORDER BY device"
    async with Subscriber.resumed(api, ada, device="phone"):
        await asyncio.sleep(1)
        assert connection.execute(lines, [ada.id]).fetchall() == [("phone",)]
    await asyncio.sleep(1)
    assert connection.execute(lines, [ada.id]).fetchall() == []
