"""A subscriber and one real api process: being let in, hearing, acknowledging, resuming."""

from __future__ import annotations

import asyncio
import json

import psycopg
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from service.db.engine import Database
from tests.support.scene import Person
from tests.support.streams import Api, Subscriber, is_gapless, quick_client, someone, tell, ticket


async def test_events_arrive_live_numbered_and_within_a_moment(
    api: Api, database: Database, ada: Person
) -> None:
    async with Subscriber.resumed(api, ada) as line:
        await tell(database, ada, 3)
        frame = await line.hear(within_s=2)
        assert (frame["n"], frame["type"]) == (1, "chore.expired")
        assert frame["data"] == {"chore_id": "00000000-0000-0000-0000-000000000001"}
        assert await line.hear_events(3) == [2, 3]


async def test_what_was_missed_comes_first_after_a_cut(
    api: Api, database: Database, ada: Person
) -> None:
    await tell(database, ada, 5)
    async with Subscriber.resumed(api, ada) as line:
        assert is_gapless(await line.hear_events(5), 5)
        line.line.transport.abort()
    await tell(database, ada, 400)
    async with Subscriber.resumed(api, ada, n=5) as line:
        assert await line.hear_events(405) == list(range(6, 406))


async def test_null_resumes_where_the_device_acknowledged(
    api: Api, database: Database, ada: Person
) -> None:
    await tell(database, ada, 5)
    async with Subscriber.resumed(api, ada) as line:
        await line.hear_events(3)
        await line.hear_events(5, acks=False)
        await asyncio.sleep(0.5)
    async with Subscriber.resumed(api, ada, n=None) as line:
        assert await line.hear_events(5) == [4, 5]
    await tell(database, ada)
    async with Subscriber.resumed(api, ada, n=None, device="tablet") as tablet:
        await tell(database, ada)
        assert await tablet.hear_events(7) == [7]


async def test_each_device_hears_everything(api: Api, database: Database, ada: Person) -> None:
    async with (
        Subscriber.resumed(api, ada, device="phone") as phone,
        Subscriber.resumed(api, ada, device="laptop") as laptop,
    ):
        await tell(database, ada, 40)
        heard = await asyncio.gather(phone.hear_events(40), laptop.hear_events(40, acks=False))
        assert all(is_gapless(numbers, 40) for numbers in heard)


async def test_what_arrived_and_what_was_dealt_with_is_written_down(
    api: Api, database: Database, ada: Person, connection: psycopg.Connection
) -> None:
    bob = await someone(database)
    await tell(database, bob)
    async with Subscriber.resumed(api, ada) as line:
        await tell(database, ada, 4)
        await line.hear_events(2)
        await line.hear_events(4, acks=False)
        await asyncio.sleep(2)
    marks = "SELECT delivered_at IS NOT NULL, acked_at IS NOT NULL FROM events"
    of = f"{marks} WHERE recipient_id = %s ORDER BY n"
    yes, sent, no = (True, True), (True, False), (False, False)
    assert connection.execute(of, [ada.id]).fetchall() == [yes, yes, sent, sent]
    assert connection.execute(of, [bob.id]).fetchall() == [no]


async def test_a_ticket_may_travel_in_the_first_frame(
    api: Api, database: Database, ada: Person
) -> None:
    await tell(database, ada)
    async with connect(api.ws, subprotocols=["dibs.v1"]) as plain:  # type: ignore[list-item]
        line = Subscriber(plain)
        await line.say(frame="resume", n=0, device="phone", ticket=await ticket(api, ada))
        assert (await line.hear())["frame"] == "hello"
        assert await line.hear_events(1) == [1]


async def test_a_ticket_works_once(api: Api, ada: Person) -> None:
    offered = ["dibs.v1", f"ticket.{await ticket(api, ada)}"]
    async with connect(api.ws, subprotocols=offered) as first:  # type: ignore[arg-type]
        assert json.loads(await first.recv())["frame"] == "hello"
        async with connect(api.ws, subprotocols=offered) as second:  # type: ignore[arg-type]
            assert await Subscriber(second).closed_with() == 4401


async def test_a_ticket_in_the_url_is_none(api: Api, ada: Person) -> None:
    url = f"{api.ws}?ticket={await ticket(api, ada)}"
    async with connect(url, subprotocols=["dibs.v1"]) as plain:  # type: ignore[list-item]
        line = Subscriber(plain)
        await line.say(frame="resume", n=0, device="phone")
        assert await line.closed_with() == 4401


async def test_a_forged_ticket_is_refused(api: Api) -> None:
    offered = ["dibs.v1", "ticket.forged"]
    async with connect(api.ws, subprotocols=offered) as line:  # type: ignore[arg-type]
        assert await Subscriber(line).closed_with() == 4401


async def test_an_expired_ticket_is_refused(
    api: Api, ada: Person, connection: psycopg.Connection
) -> None:
    offered = ["dibs.v1", f"ticket.{await ticket(api, ada)}"]
    connection.execute("UPDATE stream_tickets SET expires_at = expires_at - interval '31 s'")
    async with connect(api.ws, subprotocols=offered) as line:  # type: ignore[arg-type]
        assert await Subscriber(line).closed_with() == 4401


async def test_a_page_of_a_stranger_is_refused(api: Api, ada: Person) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with Subscriber.opened(api, ada, origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403
    async with Subscriber.opened(api, ada, origin=api.http) as line:
        assert (await line.hear())["frame"] == "hello"


async def test_another_protocol_is_refused(api: Api) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(api.ws, subprotocols=["mqtt"]):  # type: ignore[list-item]
            pass
    assert refused.value.response.status_code == 400
    assert json.loads(refused.value.response.body)["type"].endswith("/subprotocol-needed")


async def test_a_number_that_was_never_given_leads_to_resync(
    api: Api, database: Database, ada: Person
) -> None:
    await tell(database, ada, 2)
    async with Subscriber.resumed(api, ada, n=17) as line:
        assert await line.hear() == {"frame": "resync", "n": 2, "reason": "unknown_number"}
        await tell(database, ada)
        assert await line.hear_events(3) == [3]


async def test_events_past_retention_lead_to_resync(
    api: Api, database: Database, ada: Person, connection: psycopg.Connection
) -> None:
    await tell(database, ada, 4)
    connection.execute("DELETE FROM events WHERE recipient_id = %s AND n <= 2", [ada.id])
    async with Subscriber.resumed(api, ada, n=1) as line:
        assert await line.hear() == {"frame": "resync", "n": 4, "reason": "retention"}
    async with Subscriber.resumed(api, ada, n=2) as line:
        assert await line.hear_events(4) == [3, 4]


async def test_the_same_device_again_ends_the_older_stream(api: Api, ada: Person) -> None:
    async with Subscriber.resumed(api, ada) as old, Subscriber.resumed(api, ada):
        assert await old.closed_with() == 4409


async def test_signing_out_ends_the_stream_within_five_seconds(
    api: Api, ada: Person, connection: psycopg.Connection
) -> None:
    async with Subscriber.resumed(api, ada) as line:
        connection.execute(
            "UPDATE login_sessions SET revoked_at = now(), revoked_reason = 'signed out'"
            " WHERE id = %s",
            [ada.session_id],
        )
        assert await line.closed_with(within_s=5) == 4403


async def test_a_suspended_person_is_cut_off_within_five_seconds(
    api: Api, ada: Person, connection: psycopg.Connection
) -> None:
    async with Subscriber.resumed(api, ada) as line:
        connection.execute(
            "UPDATE accounts SET suspended_at = now(), suspended_reason = 'spam' WHERE id = %s",
            [ada.id],
        )
        assert await line.closed_with(within_s=5) == 4403


async def test_the_protocol_is_served_as_a_document(api: Api) -> None:
    async with quick_client() as client:
        answer = await client.get(f"{api.http}/v1/asyncapi.json")
    assert answer.status_code == 200
    assert answer.json()["asyncapi"] == "3.0.0"
    assert "offer.extended" in answer.json()["components"]["messages"]
