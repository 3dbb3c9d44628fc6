"""What is recorded of a decision, and how operators and the client read it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from matching.words import told
from service import retention
from service.db.engine import Database
from service.dispatch.plans import MOST_NAMED
from service.settings import Settings
from tests.integration.dispatch.conftest import City
from tests.support.scene import HACKNEY, Person, make_person, north_of


async def read(api: httpx.AsyncClient, chore: object, person: Person) -> list[dict[str, Any]]:
    answer = await api.get(f"/v1/chores/{chore}/decisions", headers=person.headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def test_an_operator_reads_everything_that_led_to_the_offers(
    api: httpx.AsyncClient, city: City, database: Database
) -> None:
    operator = await database.run(lambda session: make_person(session, operator_role="viewer"))
    asked = await city.tasker()
    dear = await city.tasker(skills={"mounting": 9000})
    elsewhere = await city.tasker(at=north_of(HACKNEY, 3000), reach_m=500)
    asleep = await city.tasker()
    city.sql("UPDATE weekly_hours SET ends = '09:00' WHERE tasker_id = %s RETURNING 1", asleep.id)
    chore = await city.chore(budget_rate=5000)
    await city.round()
    (shown,) = await read(api, chore, operator)
    record = shown["record"]
    assert (shown["view"], shown["outcome"], shown["policy_version"]) == ("record", "offers", 1)
    (candidate,) = record["considered"]
    assert (candidate["tasker_id"], candidate["offered"]) == (str(asked.id), True)
    assert {"travel", "price", "lateness", "refusal"} <= candidate["terms"].keys()
    (refused,) = record["refused"]
    assert (refused["tasker_id"], list(refused["rules"])) == (str(asleep.id), ["no_free_time"])
    assert record["refused_by"] == {"no_free_time": 1}
    assert record["left_out"]["in_reach"] == 4
    assert record["left_out"]["over_budget"] == record["left_out"]["outside_area"] == 1
    left_out = {each["tasker_id"]: each["filters"] for each in record["left_out_nearest"]}
    assert left_out == {str(dear.id): ["over_budget"], str(elsewhere.id): ["outside_area"]}
    assert (record["solver"], record["next_candidate"]) == ("min_cost_flow", None)


async def test_an_offer_of_the_same_round_is_no_reason_to_be_left_out(city: City) -> None:
    await city.tasker()
    await city.chore()
    await city.round()
    ((record,),) = city.sql("SELECT record FROM decisions")
    assert record["left_out"]["asked_before"] == 0


async def test_a_record_is_bounded_however_many_were_near(city: City) -> None:
    """A hundred and thirty refused, so that the search goes as deep as it can."""
    for _ in range(130):
        await city.tasker()
    city.sql("UPDATE weekly_hours SET ends = '09:00' RETURNING 1")
    await city.chore()
    await city.round()
    ((record,),) = city.sql("SELECT record FROM decisions")
    assert record["found"] == sum(record["refused_by"].values()) == 130
    assert len(record["refused"]) == MOST_NAMED
    assert len(json.dumps(record)) < 32_000


async def test_the_client_is_told_in_words_and_counts_that_find_nobody(
    api: httpx.AsyncClient, city: City
) -> None:
    taskers = [await city.tasker() for _ in range(8)]
    dear = [await city.tasker(skills={"mounting": 9_100}) for _ in range(4)]
    chore = await city.chore(budget_rate=5000)
    await city.round()
    (shown,) = await read(api, chore, city.client)
    asked = len(city.offers())
    assert shown["view"] == "words"
    assert shown["near"] == {"at_least": 11, "at_most": 20}
    assert shown["asked"] == asked > 1
    assert shown["words"] == (
        f"11 to 20 taskers are near. {asked} have been asked, and the first to accept takes it."
        " 3 to 5 ask more than your budget."
    )
    for person in (*taskers, *dear):
        assert str(person.id) not in json.dumps(shown)
    assert not {"record", "considered", "refused", "policy_version"} & shown.keys()


@pytest.mark.parametrize("near", [0, 1, 2])
async def test_one_or_two_taskers_are_not_told_from_nobody(
    api: httpx.AsyncClient, city: City, near: int
) -> None:
    for _ in range(near):
        await city.tasker(skills={"mounting": 9000})
    chore = await city.chore(budget_rate=5000)
    await city.round()
    (shown,) = await read(api, chore, city.client)
    assert shown["near"] == {"at_least": 0, "at_most": 2}
    assert shown["words"] == (
        "Hardly anybody is near. Nobody could be asked yet, and the search goes on."
    )


async def test_decisions_are_for_operators_and_the_client_alone(
    api: httpx.AsyncClient, city: City, database: Database
) -> None:
    tasker = await city.tasker()
    stranger = await database.run(lambda session: make_person(session, is_client=True))
    chore = await city.chore()
    await city.round()
    for person in (tasker, stranger):
        path = f"/v1/chores/{chore}/decisions"
        assert (await api.get(path, headers=person.headers)).status_code == 404


async def test_decisions_and_rounds_are_deleted_when_their_time_is_over(
    city: City, database: Database, settings: Settings
) -> None:
    await city.chore()
    await city.round()
    await city.tasker()
    await city.round(minutes=1)
    kept = settings.model_copy(update={"decisions_kept_s": 3600})
    at = city.now + timedelta(hours=1)
    swept = await retention.sweep(database, kept, at)
    assert (swept.decisions, swept.rounds) == (1, 1)
    assert city.sql("SELECT outcome FROM decisions") == [("offers",)]
    swept = await retention.sweep(database, kept, at + timedelta(seconds=1))
    assert (swept.decisions, swept.rounds) == (1, 1)
    assert city.sql("SELECT outcome FROM decisions") == []
    assert city.sql("SELECT id FROM rounds") == []
    assert len(city.offers()) == 1


def test_counts_are_told_as_the_bucket_they_fall_in() -> None:
    assert [told(count) for count in (0, 2, 3, 5, 6, 20, 21, 51, 900)] == [
        (0, 2), (0, 2), (3, 5), (3, 5), (6, 10), (11, 20), (21, 50), (51, None), (51, None),
    ]  # fmt: skip
