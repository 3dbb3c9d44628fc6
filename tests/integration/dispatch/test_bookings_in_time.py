"""What rounds do with bookings: no-shows, overruns, and chores whose booking fell through."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from tests.integration.conftest import Clock
from tests.integration.dispatch.conftest import City


async def book(city: City, api: httpx.AsyncClient, clock: Clock) -> str:
    """The first pending offer, accepted: the booking's id."""
    ((offer, tasker),) = city.sql(
        "SELECT id, tasker_id FROM offers WHERE status = 'pending' ORDER BY id LIMIT 1"
    )
    person = next(each for each in city.taskers if each.id == tasker)
    clock.at = city.now
    answer = await api.post(f"/v1/offers/{offer}/accept", headers=person.headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def test_a_booking_nobody_starts_becomes_a_no_show_after_its_grace(
    city: City, api: httpx.AsyncClient, clock: Clock
) -> None:
    tasker = await city.tasker()
    chore = await city.chore()
    await city.round()
    await book(city, api, clock)
    assert (await city.round(hours=2, minutes=29)).swept.no_shows == 0
    other = await city.tasker()
    report = await city.round(minutes=1)
    assert report.swept.no_shows == 1
    assert city.sql("SELECT status FROM bookings") == [("no_show",)]
    assert city.offers() == [(tasker.id, "accepted"), (other.id, "pending")]
    assert city.chore_row(chore)[:2] == ("offered", 1)


@pytest.mark.parametrize("policy", [{}, {"max_waves": 1}])
async def test_a_tasker_who_cancelled_is_not_asked_again_and_others_are(
    city: City, api: httpx.AsyncClient, clock: Clock
) -> None:
    """Even when the wave that was taken had been the last."""
    tasker = await city.tasker()
    chore = await city.chore()
    await city.round()
    booking = await book(city, api, clock)
    await api.post(f"/v1/bookings/{booking}/cancel", headers=tasker.headers)
    other = await city.tasker()
    await city.round(seconds=1)
    assert city.offers() == [(tasker.id, "accepted"), (other.id, "pending")]
    assert city.chore_row(chore)[:2] == ("offered", 1)


async def test_an_offer_withdrawn_by_the_taskers_other_booking_ends_its_wave(
    city: City, api: httpx.AsyncClient, clock: Clock
) -> None:
    """Two chores at one time, offered one after the other's room was used by hand."""
    tasker = await city.tasker()
    first = await city.chore(window=timedelta(hours=1))
    await city.round()
    second = await city.chore(window=timedelta(hours=1))
    city.sql(
        """INSERT INTO offers SELECT gen_random_uuid(), market_id, %s, tasker_id, round_id, 1,
        'pending', rate, starts_at, ends_at, distance_m, travel_s, extended_at, expires_at, 1
        FROM offers RETURNING 1""",
        second,
    )
    city.sql("UPDATE chores SET status = 'offered', wave = 1 WHERE id = %s RETURNING 1", second)
    ((offer,),) = city.sql("SELECT id FROM offers WHERE chore_id = %s", first)
    clock.at = city.now
    await api.post(f"/v1/offers/{offer}/accept", headers=tasker.headers)
    report = await city.round(seconds=1)
    assert report.swept.waves == 1
    assert city.chore_row(second)[:2] == ("open", 2)


async def test_work_past_its_plan_is_an_overrun_told_once(
    city: City, api: httpx.AsyncClient, clock: Clock
) -> None:
    tasker = await city.tasker()
    await city.chore()
    await city.round()
    booking = await book(city, api, clock)
    clock.forward(hours=2)
    await api.post(f"/v1/bookings/{booking}/start", headers=tasker.headers)
    for wanted in (0, 1, 0):
        assert (await city.round(hours=2)).swept.overruns == wanted
    overruns = [kind for kind, _ in city.told(tasker) if kind == "booking.overrun"]
    assert overruns == ["booking.overrun"]


@pytest.mark.parametrize("policy", [{"gather_s": 5}])
async def test_a_policy_may_gather_work_before_a_round(city: City) -> None:
    await city.tasker()
    chore = await city.chore()
    report = await city.round(seconds=4)
    assert (report.chores, report.not_before) == (0, city.now + timedelta(seconds=1))
    assert city.chore_row(chore)[0] == "open"
    assert (await city.round(seconds=1)).offers == 1
