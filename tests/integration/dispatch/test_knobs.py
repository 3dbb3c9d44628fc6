"""Every knob acts in rounds: for each field of the policy, two values of it lead to different
decisions in the same scene.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat
from matching.policy import MatchingPolicy
from service.chores.meaning import Wish
from service.chores.operations import post_chore
from service.db.tables import Favourite, Market
from tests.integration.dispatch.conftest import City
from tests.support.scene import HACKNEY, Person, make_client, make_market, north_of
from tests.support.work import make_booking, make_chore, make_offers

Scene = Callable[[City], Awaitable[Any]]
ONE = {"max_offers_per_wave": 1}
NOW = {"wanted_now": True, "starts_in": timedelta(0)}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def asked(city: City) -> set[tuple[int, int]]:
    """Whom a round asks: the numbers of chores and taskers, each as they were made."""
    await city.round()
    chores = [row[0] for row in city.sql(CHORES, city.market.id)]
    people = [person.id for person in city.taskers]
    rows = city.sql(PENDING, city.market.id, city.now)
    return {(chores.index(chore), people.index(tasker)) for chore, tasker in rows}


CHORES = "SELECT id FROM chores WHERE market_id = %s ORDER BY id"
PENDING = """
    SELECT chore_id, tasker_id FROM offers
    WHERE status = 'pending' AND market_id = %s AND extended_at = %s
"""


def at(metres: float) -> LonLat:
    return north_of(HACKNEY, metres)


def one_chore(*taskers: dict[str, Any], **chore: Any) -> Scene:
    """Whom a chore is offered to, of taskers as they are described."""

    async def scene(city: City) -> Any:
        for facts in taskers:
            await city.tasker(**({"reach_m": 20_000} | facts))
        await city.chore(**chore)
        return await asked(city)

    return scene


def expiry(**chore: Any) -> Scene:
    """How long the offer of a chore may be answered."""

    async def scene(city: City) -> Any:
        await one_chore({}, **chore)(city)
        return city.sql(
            "SELECT expires_at - extended_at FROM offers WHERE market_id = %s", city.market.id
        )

    return scene


async def nobody(city: City) -> Any:
    """What becomes of a chore for which nobody is found."""
    chore = await city.chore()
    await city.round()
    status, _, due_at = city.chore_row(chore)
    return status, due_at and due_at - city.now


async def presence_of_five_minutes_ago(city: City) -> Any:
    await city.tasker()
    city.now += timedelta(minutes=5)
    await city.chore(**NOW)
    return await asked(city)


async def two_chores_for_one(city: City) -> Any:
    await city.tasker()
    for hours in (1, 4):
        await city.chore(starts_in=hours * HOUR, window=HOUR)
    return len(await asked(city))


async def a_favourite_further_away(city: City) -> Any:
    await city.tasker()
    liked = await city.tasker(at=at(2_000))

    async def like(session: AsyncSession) -> None:
        session.add(Favourite(client_id=city.client.id, tasker_id=liked.id, created_at=city.now))

    await city.run(like)
    await city.chore()
    return await asked(city)


async def patience(city: City) -> Any:
    """Until when a chore for now that is posted may be matched."""
    wish = Wish(city.market.slug, "mounting", HACKNEY, "12 Mare Street", "", None, 60, None)
    row = await city.run(
        lambda session: post_chore(session, client_id=city.client.id, wish=wish, now=city.now)
    )
    return row.match_by - city.now


async def at_once(city: City) -> Any:
    """Whether a round over fresh work makes its offers at once."""
    await city.tasker()
    await city.chore()
    return (await city.round()).offers


async def the_older_of_two(city: City) -> Any:
    """The nearer chore is new, the other has waited for five hours; they collide."""
    await city.tasker()
    await city.chore(window=HOUR)
    posted = city.now - 5 * HOUR
    await city.chore(at=at(1_500), now=posted, starts_in=7 * HOUR, window=HOUR)
    return await asked(city)


async def the_more_urgent_of_two(city: City) -> Any:
    """The nearer chore has time, the other hardly any; they collide."""
    await city.tasker()
    await city.chore(window=HOUR)
    await city.chore(at=at(1_500), window=HOUR, match_by=city.now + timedelta(minutes=10))
    return await asked(city)


async def who_can_start_sooner(city: City) -> Any:
    """The nearer tasker begins at five in the afternoon, the other is free at once."""
    late = await city.tasker()
    await city.tasker(at=at(900))
    city.sql("UPDATE weekly_hours SET starts = '17:00' WHERE tasker_id = %s RETURNING 1", late.id)
    await city.chore(window=5 * HOUR)
    return await asked(city)


async def who_is_wanted_elsewhere(city: City) -> Any:
    """The nearer tasker could also be asked for another chore; the other cannot."""
    await city.tasker(skills={"mounting": 2_500, "cleaning": 2_500})
    await city.tasker(at=at(900))
    await city.chore()
    await city.chore(category="cleaning", starts_in=DAY)
    return {pair for pair in await asked(city) if pair[0] == 0}


async def who_is_booked_already(city: City) -> Any:
    """The nearer tasker has four hours booked tomorrow, the other none."""
    busy = await city.tasker()
    await city.tasker(at=at(900))
    await _booked(city, busy, starts_in=DAY, minutes=240)
    return await _first_chore_after(city)


async def who_is_new(city: City) -> Any:
    """The nearer tasker has finished a booking, the other none."""
    old = await city.tasker()
    await city.tasker(at=at(900))
    then = city.now - DAY
    await _booked(
        city, old, starts_in=-DAY, status="completed", started_at=then, finished_at=then + HOUR,
        closed_at=then + HOUR, price=2_500,
    )  # fmt: skip
    return await _first_chore_after(city)


async def who_declines_often(city: City) -> Any:
    """The nearer tasker has declined three offers, the other has had none."""
    picky = await city.tasker()
    await city.tasker(at=at(900))

    async def decline(session: AsyncSession) -> None:
        for _ in range(3):
            past = await make_chore(
                session, city.market, city.client, status="unfilled", starts_in=9 * DAY
            )
            await make_offers(
                session, city.market, past, [picky], status="declined", closed_at=city.now
            )

    await city.run(decline)
    return await _first_chore_after(city)


async def _booked(city: City, tasker: Person, **facts: Any) -> None:
    await city.run(lambda session: make_booking(session, city.market, city.client, tasker, **facts))


async def _first_chore_after(city: City) -> set[int]:
    """Who is asked for a chore that is posted now."""
    await city.chore()
    newest = len(city.sql(CHORES, city.market.id)) - 1
    return {tasker for chore, tasker in await asked(city) if chore == newest}


NEAR: dict[str, Any] = {}
FAR: dict[str, Any] = {"at": at(900)}
KEEN_AND_DEAR = ({"skills": {"mounting": 1_000}}, {"skills": {"mounting": 9_000}})
CHEAP_AND_NEAR = ({"at": at(4_000), "skills": {"mounting": 2_000}}, NEAR)
COSTLESS = {"waiting_cost_per_h": 0, "urgency_cost": 0, "scarcity_cost": 0, "newcomer_bonus": 0}

KNOBS: dict[str, tuple[Any, Any, Scene, dict[str, Any]]] = {
    "radius_m": (500, 5_000, one_chore({"at": at(2_000)}), {}),
    "radius_growth": (1.0, 2.0, one_chore({"at": at(7_000)}, wave=1), {}),
    "radius_cap_m": (5_000, 9_000, one_chore({"at": at(7_000)}, wave=3), {"max_waves": 9}),
    "presence_fresh_s": (60, 600, presence_of_five_minutes_ago, {}),
    "max_waves": (1, 2, nobody, {}),
    "wanted_fill_chance": (0.3, 0.95, one_chore(NEAR, FAR), {}),
    "max_offers_per_wave": (1, 2, one_chore(NEAR, FAR), {}),
    "pending_offers_per_tasker": (1, 2, two_chores_for_one, {}),
    "wave_retry_s": (60, 120, nobody, {}),
    "favourites_first": (False, True, a_favourite_further_away, {}),
    "offer_deadline_now_s": (30, 60, expiry(**NOW), {}),
    "offer_deadline_today_s": (300, 900, expiry(), {}),
    "offer_deadline_future_s": (3_600, 7_200, expiry(starts_in=2 * DAY), {}),
    "offer_deadline_share": (0.001, 0.1, expiry(**NOW), {}),
    "match_now_within_s": (600, 1_800, patience, {}),
    "gather_s": (0, 5, at_once, {}),
    "hold_s": (0, 600, one_chore({"at": at(3_000)}, **NOW), COSTLESS | {
        "travel_cost_per_h": 1_000_000, "open_chore_cost": 1_000_000,
    }),
    "open_chore_cost": (0, 10_000, one_chore({"at": at(4_000)}), COSTLESS),
    "travel_cost_per_h": (0, 10_000, one_chore(*CHEAP_AND_NEAR), ONE | {"price_weight": 1.0}),
    "price_weight": (0.0, 10.0, one_chore(*CHEAP_AND_NEAR), ONE | {"open_chore_cost": 100_000}),
    "waiting_cost_per_h": (0, 1_000, the_older_of_two, COSTLESS),
    "lateness_cost_per_h": (0, 6_000, who_can_start_sooner, ONE),
    "urgency_cost": (0, 9_000, the_more_urgent_of_two, COSTLESS),
    "scarcity_cost": (0, 5_000, who_is_wanted_elsewhere, ONE),
    "fairness_cost": (0, 9_000, who_is_booked_already, ONE | COSTLESS),
    "newcomer_bonus": (0, 5_000, who_is_new, ONE),
    "newcomer_bookings": (1, 100, who_is_new, ONE | {"newcomer_bonus": 5_000}),
    "refusal_cost": (0, 50_000, one_chore(*KEEN_AND_DEAR), ONE | {"open_chore_cost": 100_000}),
    "use_acceptance_rate": (False, True, who_declines_often, ONE),
}  # fmt: skip


def test_every_field_of_the_policy_is_tried() -> None:
    assert set(KNOBS) == set(MatchingPolicy.model_fields)


@pytest.mark.parametrize("name", MatchingPolicy.model_fields)
async def test_changing_the_field_changes_what_rounds_do(name: str, city: City) -> None:
    one, other, scene, fixed = KNOBS[name]
    found = [await scene(await _elsewhere(city, n, fixed | {name: value}))
             for n, value in enumerate((one, other))]  # fmt: skip
    assert found[0] != found[1]


async def _elsewhere(city: City, number: int, policy: dict[str, Any]) -> City:
    """Another market in the same database, under this policy, without anybody."""

    async def make(session: AsyncSession) -> tuple[Market, Person]:
        market = await make_market(session, slug=f"city-{number}", policy=policy)
        return market, await make_client(session)

    market, client = await city.run(make)
    return City(city.database, city.connection, market, client)
