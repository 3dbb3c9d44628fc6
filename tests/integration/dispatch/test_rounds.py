"""The way of a chore through rounds: offered, answered or not, offered again, filled or not."""

from __future__ import annotations

from datetime import timedelta

from geo.cells import cell_of, centre_of
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
