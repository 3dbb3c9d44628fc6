"""What operators read of a chore's offers, and what they do not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database
from service.db.tables import new_id
from tests.support.scene import (
    MONDAY_NOON,
    Person,
    make_client,
    make_market,
    make_person,
    make_tasker,
)
from tests.support.wire import refused
from tests.support.work import make_chore, make_offers

LATER = MONDAY_NOON + timedelta(minutes=1)
Scene = tuple[UUID, list[Person], list[UUID], Person]


async def scene(session: AsyncSession) -> Scene:
    """A chore with a declined, a withdrawn and a pending offer, one of another chore, a viewer."""
    market = await make_market(session)
    client = await make_client(session)
    taskers = [await make_tasker(session, market) for _ in range(3)]
    chore, another = [await make_chore(session, market, client) for _ in range(2)]
    ended: dict[str, Any] = {"closed_at": LATER, "delivered_at": LATER}
    offers: list[UUID] = []
    for tasker, how in zip(
        taskers,
        (
            ended | {"status": "declined", "closed_reason": "my back hurts"},
            ended | {"status": "withdrawn", "closed_reason": "chore_taken"},
            {},
        ),
        strict=True,
    ):
        offers += await make_offers(session, market, chore, [tasker], **how)
    await make_offers(session, market, another, taskers[:1])
    return chore, taskers, offers, await make_person(session, operator_role="viewer")


@pytest.fixture
async def asked(database: Database) -> Scene:
    return await database.run(scene)


async def test_operators_read_every_offer_of_a_chore_and_of_no_other(
    api: httpx.AsyncClient, asked: Scene
) -> None:
    chore, taskers, offers, viewer = asked
    answer = await api.get(f"/v1/chores/{chore}/offers", headers=viewer.headers)
    assert answer.status_code == 200
    listed = answer.json()
    assert [each["id"] for each in listed] == [str(offer) for offer in offers]
    assert [each["tasker_id"] for each in listed] == [str(tasker.id) for tasker in taskers]
    assert [each["state"] for each in listed] == ["declined", "withdrawn", "pending"]
    late = "2026-11-23T12:01:00.000Z"
    assert [each["delivered_at"] for each in listed] == [late, late, None]
    assert [each["closed_at"] for each in listed] == [late, late, None]
    assert listed[2]["rate"] == {"amount": 2500, "currency": "GBP"}
    assert listed[2]["starts_at"] == "2026-11-23T14:00:00.000Z"


async def test_why_a_tasker_declined_is_not_told_to_operators(
    api: httpx.AsyncClient, asked: Scene
) -> None:
    chore, _, _, viewer = asked
    answer = await api.get(f"/v1/chores/{chore}/offers", headers=viewer.headers)
    assert "my back hurts" not in answer.text
    assert [each["withdrawn_for"] for each in answer.json()] == [None, "chore_taken", None]


async def test_a_chore_that_is_not_there_has_no_list_of_offers(
    api: httpx.AsyncClient, asked: Scene
) -> None:
    *_, viewer = asked
    refused(await api.get(f"/v1/chores/{new_id()}/offers", headers=viewer.headers), "not-found")
