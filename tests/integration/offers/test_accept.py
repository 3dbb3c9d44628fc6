"""Accepting: one booking, whoever else wanted it, and a loser who learns why."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database
from service.db.tables import Offer
from tests.integration.conftest import Clock
from tests.support.scene import HACKNEY, Person, make_client, make_market, make_tasker, north_of
from tests.support.work import make_booking, make_chore, make_offers


class Scene:
    """A chore offered to three taskers in one wave."""

    client: Person
    taskers: list[Person]
    chore: UUID
    offers: list[UUID]


@pytest.fixture
async def scene(database: Database) -> Scene:
    made = Scene()

    async def make(session: AsyncSession) -> None:
        market = await make_market(session)
        made.client = await make_client(session)
        made.taskers = [await make_tasker(session, market) for _ in range(3)]
        made.chore = await make_chore(session, market, made.client, status="offered")
        made.offers = await make_offers(session, market, made.chore, made.taskers)

    await database.run(make)
    return made


async def accept(api: httpx.AsyncClient, offer: UUID, tasker: Person) -> httpx.Response:
    return await api.post(f"/v1/offers/{offer}/accept", headers=tasker.headers)


def problem(answer: httpx.Response) -> str:
    assert answer.status_code == 409, answer.text
    return str(answer.json()["type"]).rsplit("/", 1)[1]


def events(connection: psycopg.Connection, person: Person) -> list[tuple[str, dict[str, Any]]]:
    found = connection.execute(
        "SELECT type, data FROM events WHERE recipient_id = %s ORDER BY n", [person.id]
    )
    return [(str(kind), dict(data)) for kind, data in found]


def states(connection: psycopg.Connection) -> list[tuple[str, str | None]]:
    found = connection.execute("SELECT status, closed_reason FROM offers ORDER BY id")
    return [(str(status), reason) for status, reason in found]


async def test_the_first_to_accept_holds_the_booking_and_sees_the_address(
    api: httpx.AsyncClient, scene: Scene
) -> None:
    answer = await accept(api, scene.offers[0], scene.taskers[0])
    assert answer.status_code == 200, answer.text
    booking = answer.json()
    assert booking["state"] == "scheduled"
    assert booking["address"] == "12 Mare Street, E8"
    assert booking["place"]["coordinates"] == [HACKNEY.lon, HACKNEY.lat]
    assert booking["rate"] == {"amount": 2500, "currency": "GBP"}


async def test_an_accept_books_the_chore_and_withdraws_its_other_offers(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    await accept(api, scene.offers[0], scene.taskers[0])
    assert states(connection) == [
        ("accepted", None),
        ("withdrawn", "chore_taken"),
        ("withdrawn", "chore_taken"),
    ]
    chore = connection.execute("SELECT status, due_at FROM chores").fetchone()
    assert chore == ("booked", None)
    held = connection.execute("SELECT upper(held) - ends_at FROM bookings").fetchone()
    assert held == (timedelta(minutes=15),)


async def test_everybody_concerned_is_told_of_an_accept(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    await accept(api, scene.offers[0], scene.taskers[0])
    ((winner_type, winner),) = events(connection, scene.taskers[0])
    assert winner_type == "booking.created"
    assert winner["booking"]["place"]["address"] == "12 Mare Street, E8"
    ((client_type, client),) = events(connection, scene.client)
    assert client_type == "chore.booked"
    assert client["booking"]["tasker_id"] == str(scene.taskers[0].id)
    for loser, offer in zip(scene.taskers[1:], scene.offers[1:], strict=True):
        assert events(connection, loser) == [
            (
                "offer.withdrawn",
                {"offer_id": str(offer), "chore_id": str(scene.chore), "reason": "chore_taken"},
            )
        ]


async def test_the_second_to_accept_is_told_that_the_chore_is_taken_and_changes_nothing(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    await accept(api, scene.offers[0], scene.taskers[0])
    before = connection.execute("SELECT count(*) FROM events").fetchone()
    assert problem(await accept(api, scene.offers[1], scene.taskers[1])) == "chore-taken"
    assert connection.execute("SELECT count(*) FROM events").fetchone() == before
    assert connection.execute("SELECT count(*) FROM bookings").fetchone() == (1,)


async def test_the_holder_who_accepts_again_gets_the_same_booking(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    first = await accept(api, scene.offers[0], scene.taskers[0])
    again = await accept(api, scene.offers[0], scene.taskers[0])
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(events(connection, scene.taskers[0])) == 1


async def test_an_offer_past_its_deadline_cannot_be_accepted(
    api: httpx.AsyncClient, scene: Scene, clock: Clock, connection: psycopg.Connection
) -> None:
    clock.forward(minutes=15)
    assert problem(await accept(api, scene.offers[0], scene.taskers[0])) == "offer-expired"
    assert connection.execute("SELECT count(*) FROM bookings").fetchone() == (0,)
    assert connection.execute("SELECT status FROM chores").fetchone() == ("offered",)
    assert connection.execute("SELECT max(revision) FROM taskers").fetchone() == (1,)


async def test_a_moment_before_its_deadline_an_offer_can_be_accepted(
    api: httpx.AsyncClient, scene: Scene, clock: Clock
) -> None:
    clock.forward(minutes=14, seconds=59)
    assert (await accept(api, scene.offers[0], scene.taskers[0])).status_code == 200


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [
        ("chore_cancelled", "chore-cancelled"),
        ("chore_taken", "chore-taken"),
        ("chore_expired", "offer-withdrawn"),
        ("tasker_unavailable", "overlapping-booking"),
    ],
)
async def test_a_withdrawn_offer_says_why(
    api: httpx.AsyncClient,
    scene: Scene,
    connection: psycopg.Connection,
    reason: str,
    wanted: str,
) -> None:
    connection.execute(
        "UPDATE offers SET status = 'withdrawn', closed_at = extended_at, closed_reason = %s",
        [reason],
    )
    assert problem(await accept(api, scene.offers[0], scene.taskers[0])) == wanted


async def test_somebody_elses_offer_cannot_be_accepted_or_read(
    api: httpx.AsyncClient, scene: Scene
) -> None:
    stranger = scene.taskers[1].headers
    assert (
        await api.post(f"/v1/offers/{scene.offers[0]}/accept", headers=stranger)
    ).status_code == 404
    assert (await api.get(f"/v1/offers/{scene.offers[0]}", headers=stranger)).status_code == 404


async def test_twenty_accepts_of_one_wave_at_once_yield_one_booking(
    api: httpx.AsyncClient, database: Database, connection: psycopg.Connection
) -> None:
    async def make(session: AsyncSession) -> tuple[list[UUID], list[Person]]:
        market = await make_market(session)
        client = await make_client(session)
        taskers = [await make_tasker(session, market) for _ in range(20)]
        chore = await make_chore(session, market, client, status="offered")
        return await make_offers(session, market, chore, taskers), taskers

    offers, taskers = await database.run(make)
    answers = await asyncio.gather(
        *(accept(api, offer, tasker) for offer, tasker in zip(offers, taskers, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    assert {problem(a) for a in answers if a.status_code == 409} == {"chore-taken"}
    assert connection.execute("SELECT count(*) FROM bookings").fetchone() == (1,)
    told = connection.execute("SELECT type, count(*) FROM events GROUP BY 1 ORDER BY 1").fetchall()
    assert told == [("booking.created", 1), ("chore.booked", 1), ("offer.withdrawn", 19)]


async def test_two_overlapping_offers_accepted_at_once_by_one_tasker_yield_one_booking(
    api: httpx.AsyncClient, database: Database, connection: psycopg.Connection
) -> None:
    async def make(session: AsyncSession) -> tuple[list[UUID], Person]:
        market = await make_market(session)
        client = await make_client(session)
        tasker = await make_tasker(session, market)
        offers = []
        for minutes in (0, 30):
            chore = await make_chore(session, market, client, status="offered")
            starts_in = timedelta(hours=2, minutes=minutes)
            offers += await make_offers(session, market, chore, [tasker], starts_in=starts_in)
        return offers, tasker

    offers, tasker = await database.run(make)
    answers = await asyncio.gather(*(accept(api, offer, tasker) for offer in offers))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert [problem(a) for a in answers if a.status_code == 409] == ["overlapping-booking"]
    assert connection.execute("SELECT count(*) FROM bookings").fetchone() == (1,)


async def test_a_booking_too_far_to_reach_in_time_refuses_the_accept(
    api: httpx.AsyncClient, database: Database, connection: psycopg.Connection, clock: Clock
) -> None:
    """Half an hour between the two; ten kilometres by bike take fifty minutes. One round planned
    both without either in view, though it wrote them a moment apart.
    """

    async def make(session: AsyncSession) -> tuple[UUID, Person]:
        market = await make_market(session)
        client = await make_client(session)
        tasker = await make_tasker(session, market)
        await make_booking(session, market, client, tasker)
        same = await session.scalar(select(Offer.round_id))
        far = north_of(HACKNEY, 10_000)
        chore = await make_chore(session, market, client, at=far, status="offered")
        after = timedelta(hours=3, minutes=30)
        (offer,) = await make_offers(
            session, market, chore, [tasker], starts_in=after, round_id=same,
            extended_at=clock() + timedelta(seconds=1),
        )  # fmt: skip
        return offer, tasker

    offer, tasker = await database.run(make)
    assert problem(await accept(api, offer, tasker)) == "overlapping-booking"
    assert connection.execute("SELECT count(*) FROM bookings").fetchone() == (1,)
    assert connection.execute("SELECT count(*) FROM events").fetchone() == (0,)


async def test_a_gap_that_a_later_round_planned_is_enough_whatever_the_great_circle_says(
    api: httpx.AsyncClient, database: Database
) -> None:
    """A round that asks a router may know a quicker way between the two."""

    async def make(session: AsyncSession) -> tuple[UUID, Person]:
        market = await make_market(session)
        client = await make_client(session)
        tasker = await make_tasker(session, market)
        await make_booking(session, market, client, tasker)
        far = north_of(HACKNEY, 10_000)
        chore = await make_chore(session, market, client, at=far, status="offered")
        (offer,) = await make_offers(
            session, market, chore, [tasker], starts_in=timedelta(hours=3, minutes=30)
        )
        return offer, tasker

    offer, tasker = await database.run(make)
    assert (await accept(api, offer, tasker)).status_code == 200


async def test_the_same_gap_nearby_is_enough(api: httpx.AsyncClient, database: Database) -> None:
    async def make(session: AsyncSession) -> tuple[UUID, Person]:
        market = await make_market(session)
        client = await make_client(session)
        tasker = await make_tasker(session, market)
        await make_booking(session, market, client, tasker)
        chore = await make_chore(session, market, client, status="offered")
        after = timedelta(hours=3, minutes=30)
        (offer,) = await make_offers(session, market, chore, [tasker], starts_in=after)
        return offer, tasker

    offer, tasker = await database.run(make)
    assert (await accept(api, offer, tasker)).status_code == 200


async def test_an_accept_withdraws_the_taskers_own_offers_that_now_collide(
    api: httpx.AsyncClient, database: Database, connection: psycopg.Connection
) -> None:
    async def make(session: AsyncSession) -> tuple[list[UUID], Person]:
        market = await make_market(session)
        client = await make_client(session)
        tasker = await make_tasker(session, market)
        offers = []
        for starts_in in (2, 2.5, 6):
            chore = await make_chore(session, market, client, status="offered")
            offers += await make_offers(
                session, market, chore, [tasker], starts_in=timedelta(hours=starts_in)
            )
        return offers, tasker

    offers, tasker = await database.run(make)
    assert (await accept(api, offers[0], tasker)).status_code == 200
    assert states(connection) == [
        ("accepted", None),
        ("withdrawn", "tasker_unavailable"),
        ("pending", None),
    ]
    told = [(kind, data.get("reason")) for kind, data in events(connection, tasker)]
    assert told == [("booking.created", None), ("offer.withdrawn", "tasker_unavailable")]
