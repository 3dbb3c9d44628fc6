"""Watching a market over the stream: what happens on one node is seen on another."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database
from tests.support.scene import Person, make_client, make_market, make_person
from tests.support.streams import Api, Subscriber, now
from tests.support.wire import chore

WITHIN_S = 2.0


@pytest.fixture(scope="module")
def known() -> dict[str, int]:
    """Markets that this module's database has."""
    return {}


@pytest.fixture
async def people(database: Database, known: dict[str, int]) -> tuple[Person, Person]:
    """An operator and a client; London is there."""

    async def scene(session: AsyncSession) -> tuple[Person, Person]:
        if "london" not in known:
            known["london"] = (await make_market(session, now=now())).id
        viewer = await make_person(session, operator_role="viewer", now=now())
        return viewer, await make_client(session, now=now())

    return await database.run(scene)


async def market_frame(subscriber: Subscriber, within_s: float = 10) -> dict[str, Any]:
    """The next frame about a market."""
    while True:
        frame = await subscriber.hear(within_s)
        if frame["frame"] == "market":
            return frame


async def test_a_posted_chore_reaches_an_operator_on_another_node_within_two_seconds(
    api: Api, other_api: Api, people: tuple[Person, Person]
) -> None:
    viewer, client = people
    async with Subscriber.resumed(other_api, viewer) as subscriber, httpx.AsyncClient() as http:
        await subscriber.say(frame="watch", market="london")
        whole = await market_frame(subscriber)
        assert whole["begin"]
        started = time.monotonic()
        path = f"{api.http}/v1/chores"
        posted = await http.post(path, json=chore(), headers=client.headers)
        assert posted.status_code == 201, posted.text
        while True:
            frame = await market_frame(subscriber)
            if posted.json()["id"] in {one["id"] for one in frame["chores"]}:
                break
        took_s = time.monotonic() - started
        assert not frame["begin"]
        assert frame["counts"]["open"] == whole["counts"]["open"] + 1
        cancel = f"{path}/{posted.json()['id']}/cancel"
        assert (await http.post(cancel, headers=client.headers)).status_code == 200
        while posted.json()["id"] not in frame["gone"]:
            frame = await market_frame(subscriber)
    assert took_s < WITHIN_S


async def test_who_is_no_operator_is_refused_and_hears_their_events_all_the_same(
    api: Api, people: tuple[Person, Person]
) -> None:
    _, client = people
    async with Subscriber.resumed(api, client) as subscriber, httpx.AsyncClient() as http:
        await subscriber.say(frame="watch", market="london")
        assert await subscriber.hear() == {
            "frame": "refused", "watch": "london", "reason": "not_allowed",
        }  # fmt: skip
        await http.post(f"{api.http}/v1/chores", json=chore(), headers=client.headers)
        assert (await subscriber.hear())["type"] == "chore.posted"


async def test_a_market_that_is_not_there_is_refused_and_another_can_be_watched(
    api: Api, people: tuple[Person, Person]
) -> None:
    viewer, _ = people
    async with Subscriber.resumed(api, viewer) as subscriber:
        await subscriber.say(frame="watch", market="atlantis")
        assert (await subscriber.hear())["reason"] == "unknown_market"
        await subscriber.say(frame="watch", market="london")
        assert (await market_frame(subscriber))["market"] == "london"


async def test_who_watches_no_more_hears_no_more(api: Api, people: tuple[Person, Person]) -> None:
    viewer, client = people
    async with Subscriber.resumed(api, viewer) as subscriber, httpx.AsyncClient() as http:
        await subscriber.say(frame="watch", market="london")
        await market_frame(subscriber)
        await subscriber.say(frame="watch", market=None)
        await subscriber.say(frame="ack", n=0)
        await http.post(f"{api.http}/v1/chores", json=chore(), headers=client.headers)
        with pytest.raises(TimeoutError):
            await market_frame(subscriber, within_s=3)
