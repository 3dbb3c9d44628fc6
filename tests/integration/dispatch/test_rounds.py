"""The way of a chore through rounds: offered, answered or not, offered again, filled or not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from geo.cells import cell_of, centre_of
from service.dispatch.rounds import run_round
from tests.integration.dispatch.conftest import City
from tests.support.scene import HACKNEY, north_of


async def test_a_due_chore_is_offered_to_a_tasker_nearby(city: City) -> None:
    tasker = await city.tasker()
    chore = await city.chore()
    report = await city.round()
    assert (report.chores, report.offers, report.dropped) == (1, 1, 0)
    assert city.offers() == [(tasker.id, "pending")]
    status, wave, due_at = city.chore_row(chore)
    assert (status, wave) == ("offered", 1)
    assert due_at == city.now + timedelta(minutes=15)


async def test_an_offer_event_tells_everything_but_the_place(city: City) -> None:
    tasker = await city.tasker(at=north_of(HACKNEY, 1500))
    chore = await city.chore(minutes=90)
    await city.round()
    ((kind, data),) = city.told(tasker)
    offer = data["offer"]
    ((offer_id, event_n),) = city.sql("SELECT id, event_n FROM offers")
    centre = centre_of(cell_of(HACKNEY))
    assert (kind, event_n) == ("offer.extended", 1)
    assert offer["id"] == str(offer_id)
    assert offer["chore_id"] == str(chore)
    assert offer["near"]["coordinates"] == [centre.lon, centre.lat]
    assert offer["estimated_pay"] == {"amount": 3750, "currency": "GBP"}
    assert offer["duration_min"] == 90
    assert offer["wave"] == 1
    assert "Mare Street" not in str(data)
    assert [kind for kind, _ in city.told(city.client)] == ["chore.offered"]


async def test_an_idle_round_writes_nothing(city: City) -> None:
    await city.tasker()
    report = await city.round()
    assert (report.chores, report.more) == (0, False)
    assert city.sql("SELECT count(*) FROM rounds") == [(0,)]


@pytest.mark.parametrize("policy", [{"max_offers_per_wave": 2}])
async def test_a_wave_goes_to_the_nearest(city: City) -> None:
    taskers = [await city.tasker(at=north_of(HACKNEY, metres)) for metres in (900, 100, 3000)]
    await city.chore()
    await city.round()
    assert {tasker for tasker, _ in city.offers()} == {taskers[0].id, taskers[1].id}


async def test_who_declines_is_not_asked_again_and_the_next_wave_goes_to_others(
    city: City,
) -> None:
    near = await city.tasker()
    chore = await city.chore()
    await city.round()
    city.sql("UPDATE offers SET status = 'declined', closed_at = extended_at RETURNING 1")
    far = await city.tasker(at=north_of(HACKNEY, 6000), reach_m=9000)
    await city.round(seconds=5)
    assert city.offers() == [(near.id, "declined"), (far.id, "pending")]
    assert city.chore_row(chore)[:2] == ("offered", 2)


async def test_a_wave_that_answers_ended_is_left_for_the_next_round_that_looks(
    city: City,
) -> None:
    await city.tasker()
    chore = await city.chore()
    await city.round()
    city.sql("UPDATE offers SET status = 'declined', closed_at = extended_at RETURNING 1")
    for waves, status in ((False, "offered"), (True, "open")):
        city.now += timedelta(seconds=1)
        await run_round(city.database, city.market.id, city.now, waves=waves)
        assert city.chore_row(chore)[0] == status


async def test_the_radius_grows_from_wave_to_wave(city: City) -> None:
    """5 km, then 7.5 km, then 11.25 km."""
    tasker = await city.tasker(at=north_of(HACKNEY, 11_000), reach_m=15_000)
    chore = await city.chore()
    for offers in (0, 0, 1):
        report = await city.round(seconds=60)
        assert report.offers == offers
    assert city.offers() == [(tasker.id, "pending")]
    assert city.chore_row(chore)[:2] == ("offered", 3)


async def test_an_empty_wave_waits_its_time(city: City) -> None:
    chore = await city.chore()
    await city.round()
    assert city.chore_row(chore) == ("open", 1, city.now + timedelta(seconds=60))
    await city.tasker()
    assert (await city.round(seconds=59)).chores == 0
    assert (await city.round(seconds=1)).offers == 1


async def test_an_offer_left_to_expire_after_delivery_is_a_refusal(city: City) -> None:
    tasker = await city.tasker()
    chore = await city.chore()
    await city.round()
    city.sql("UPDATE events SET acked_at = at WHERE type = 'offer.extended' RETURNING 1")
    report = await city.round(minutes=15)
    assert report.swept.offers == 1
    assert city.offers() == [(tasker.id, "expired")]
    assert city.told(tasker)[-1] == (
        "offer.expired",
        {"offer_id": _only_offer(city), "chore_id": str(chore), "delivered": True},
    )


async def test_an_offer_that_was_never_delivered_is_made_again(city: City) -> None:
    tasker = await city.tasker()
    await city.chore()
    await city.round()
    offer = _only_offer(city)
    await city.round(minutes=15)
    assert city.offers() == [(tasker.id, "expired"), (tasker.id, "pending")]
    expired = next(data for kind, data in city.told(tasker) if kind == "offer.expired")
    assert (expired["offer_id"], expired["delivered"]) == (offer, False)


@pytest.mark.parametrize("policy", [{"max_waves": 2}])
async def test_after_the_last_wave_a_chore_is_unfilled_and_can_still_be_matched(
    city: City,
) -> None:
    chore = await city.chore()
    await city.round()
    await city.round(minutes=1)
    assert city.chore_row(chore) == ("unfilled", 2, city.now + timedelta(minutes=5))
    told = city.told(city.client)
    assert [kind for kind, _ in told] == ["chore.unfilled"]
    assert told[0][1]["waves"] == 2
    await city.tasker()
    city.sql("UPDATE chores SET due_at = now() - interval '10 years' RETURNING 1")
    assert (await city.round(minutes=1)).offers == 1
    assert city.chore_row(chore)[0] == "offered"


async def test_a_look_before_its_time_that_finds_nobody_uses_up_no_wave(city: City) -> None:
    """Taskers who come by and cannot take it must not hurry a chore to unfilled."""
    chore = await city.chore()
    await city.round()
    waits_until = city.now + timedelta(minutes=1)
    assert city.chore_row(chore) == ("open", 1, waits_until)
    city.sql("UPDATE chores SET due_at = due_at - interval '50 seconds' RETURNING 1")
    await city.round(seconds=20)
    assert city.chore_row(chore) == ("open", 1, waits_until)
    await city.round(seconds=40)
    assert city.chore_row(chore)[:2] == ("open", 2)


async def test_an_unfilled_chore_is_looked_at_again_without_being_told(city: City) -> None:
    """The one tasker was busy; nothing that the change of somebody else would tell."""
    chore = await city.chore()
    for _ in range(4):
        await city.round(minutes=2)
    assert city.chore_row(chore)[0] == "unfilled"
    await city.tasker()
    assert (await city.round(minutes=5)).offers == 1


@pytest.mark.parametrize("policy", [{"max_waves": 1}])
async def test_a_last_wave_that_nobody_took_leaves_the_chore_unfilled(city: City) -> None:
    await city.tasker()
    chore = await city.chore()
    await city.round()
    city.sql("UPDATE offers SET status = 'declined', closed_at = extended_at RETURNING 1")
    await city.round(seconds=1)
    assert city.chore_row(chore) == ("unfilled", 1, city.now + timedelta(minutes=5))
    assert [kind for kind, _ in city.told(city.client)] == ["chore.offered", "chore.unfilled"]


async def test_past_its_match_by_a_chore_expires_and_its_offers_are_withdrawn(city: City) -> None:
    tasker = await city.tasker()
    chore = await city.chore(match_by=city.now + timedelta(minutes=5))
    await city.round()
    city.sql("UPDATE offers SET expires_at = expires_at + interval '1 hour' RETURNING 1")
    await city.round(minutes=5)
    assert city.chore_row(chore) == ("expired", 1, None)
    assert city.offers() == [(tasker.id, "withdrawn")]
    assert city.told(city.client)[-1][0] == "chore.expired"
    assert city.told(tasker)[-1][1]["reason"] == "chore_expired"


async def test_an_offer_never_takes_more_than_its_share_of_the_time_left(city: City) -> None:
    await city.tasker()
    await city.chore(match_by=city.now + timedelta(minutes=100))
    await city.round()
    ((deadline,),) = city.sql("SELECT expires_at - extended_at FROM offers")
    assert deadline == timedelta(minutes=10)


HOLDING = {
    "hold_s": 600, "waiting_cost_per_h": 0, "urgency_cost": 0, "travel_cost_per_h": 100_000,
    "open_chore_cost": 100_000,
}  # fmt: skip


@pytest.mark.parametrize(("policy", "held"), [(HOLDING, True), (HOLDING | {"hold_s": 0}, False)])
async def test_a_policy_may_hold_a_chore_while_better_taskers_are_expected(
    city: City, held: bool
) -> None:
    """The nearest is three kilometres off, and people come online; the hold ends on time."""
    for _ in range(6):
        await city.tasker(at=north_of(HACKNEY, 3000))
    chore = await city.chore()
    report = await city.round()
    assert (report.offers == 0) == held
    if held:
        assert city.chore_row(chore) == ("open", 0, city.now + timedelta(seconds=60))
        assert city.sql("SELECT outcome FROM decisions") == [("held",)]
        assert (await city.round(minutes=10)).offers > 0


def _only_offer(city: City) -> str:
    ((offer,),) = city.sql("SELECT min(id::text) FROM offers")
    return str(offer)


async def test_a_slow_round_does_not_shorten_the_deadline_of_its_offers(city: City) -> None:
    await city.tasker()
    await city.chore(wanted_now=True, starts_in=timedelta(0))
    late = city.now + timedelta(seconds=40)
    await run_round(city.database, city.market.id, city.now, clock=lambda: late)
    ((extended_at, expires_at),) = city.sql("SELECT extended_at, expires_at FROM offers")
    assert extended_at == late
    assert expires_at == late + timedelta(seconds=60)
