"""An offer by hand: the rules are asked, their answer told, and it is an offer like any other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from tests.integration.dispatch.conftest import City
from tests.integration.hand.conftest import Operators
from tests.support.scene import HACKNEY, MONDAY_NOON, Person, north_of
from tests.support.wire import everything, refused

WHY = "She asked for exactly him"


async def offer(
    api: httpx.AsyncClient, operators: Operators, chore: UUID, tasker: Person, **more: Any
) -> httpx.Response:
    body = {"tasker_id": str(tasker.id), "reason": WHY} | more
    return await api.post(f"/v1/chores/{chore}/offers", json=body, headers=operators.editor.headers)


async def test_an_offer_by_hand_is_told_recorded_audited_and_can_be_accepted(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    chore, tasker = await city.chore(), await city.tasker()
    made = await offer(api, operators, chore, tasker)
    assert made.status_code == 201, made.text
    assert (made.json()["state"], made.json()["wave"]) == ("pending", 1)
    assert city.chore_row(chore)[:2] == ("offered", 1)
    assert [kind for kind, _ in city.told(tasker)] == ["offer.extended"]
    assert [kind for kind, _ in city.told(city.client)] == ["chore.offered"]
    ((outcome, record),) = city.sql("SELECT outcome, record FROM decisions")
    assert outcome == "offers"
    assert record["by_hand"] == {
        "operator_id": str(operators.editor.id), "reason": WHY, "waived": [],
    }  # fmt: skip
    assert [each["tasker_id"] for each in record["considered"]] == [str(tasker.id)]
    ((action, reason, facts),) = city.sql("SELECT action, reason, facts FROM audit_entries")
    assert (action, reason, facts["offer_id"]) == ("offer.by_hand", WHY, made.json()["id"])
    path = f"/v1/offers/{made.json()['id']}/accept"
    assert (await api.post(path, headers=tasker.headers)).status_code == 200
    assert city.chore_row(chore)[0] == "booked"


async def test_an_unfilled_chore_can_be_offered_by_hand(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    chore = await city.chore(status="unfilled", wave=4)
    tasker = await city.tasker()
    made = await offer(api, operators, chore, tasker, minutes=30)
    assert made.json()["wave"] == 5
    assert made.json()["expires_at"] == "2026-11-23T12:30:00.000Z"
    assert city.chore_row(chore)[0] == "offered"


async def test_what_the_rules_say_is_told_and_nothing_is_written(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    chore = await city.chore()
    far = await city.tasker(at=north_of(HACKNEY, 12_000), reach_m=3_000)
    before = everything(city.connection)
    answer = await offer(api, operators, chore, far)
    refused(answer, "rules-broken")
    told = {each["rule"]: each for each in answer.json()["refusals"]}
    assert told.keys() == {"outside_radius", "outside_service_area"}
    assert told["outside_radius"]["facts"]["by_m"] > 6_000
    assert all(each["text"] for each in told.values())
    assert answer.json()["can_be_waived"] is True
    assert everything(city.connection) == before


async def test_rules_that_can_be_waived_are_even_though_and_the_record_names_them(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    chore = await city.chore(budget_rate=1500)
    far = await city.tasker(at=north_of(HACKNEY, 12_000), reach_m=3_000)
    made = await offer(api, operators, chore, far, even_though=True)
    assert made.status_code == 201, made.text
    assert made.json()["distance_m"] > 11_000
    ((record,),) = city.sql("SELECT record FROM decisions")
    waived = ["outside_radius", "outside_service_area", "over_budget"]
    assert record["by_hand"]["waived"] == waived
    ((facts,),) = city.sql("SELECT facts FROM audit_entries")
    assert facts["waived"] == waived


async def test_what_nobody_can_waive_is_refused_all_the_same(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    chore = await city.chore()
    cleaner = await city.tasker(skills={"cleaning": 2_000})
    blocked = await city.tasker()
    city.sql(
        "INSERT INTO blocks (client_id, tasker_id, by_tasker, created_at)"
        " VALUES (%s, %s, true, now()) RETURNING 1",
        city.client.id,
        blocked.id,
    )
    for tasker, rule in ((cleaner, "wrong_category"), (blocked, "blocked")):
        answer = await offer(api, operators, chore, tasker, even_though=True)
        refused(answer, "rules-broken")
        assert rule in {each["rule"] for each in answer.json()["refusals"]}
        assert answer.json()["can_be_waived"] is False


async def test_the_same_offer_twice_is_refused_and_another_joins_the_wave(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    chore = await city.chore()
    one, other = await city.tasker(), await city.tasker()
    assert (await offer(api, operators, chore, one)).status_code == 201
    again = await offer(api, operators, chore, one, even_though=True)
    assert {each["rule"] for each in again.json()["refusals"]} == {"already_asked"}
    second = await offer(api, operators, chore, other)
    assert (second.status_code, second.json()["wave"]) == (201, 1)
    assert city.offers() == [(one.id, "pending"), (other.id, "pending")]


async def test_who_is_off_work_is_not_offered_a_chore_for_now(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    chore = await city.chore(wanted_now=True, starts_in=timedelta(0), window=timedelta(hours=3))
    away, here = await city.tasker(online=False), await city.tasker()
    answer = await offer(api, operators, chore, away, even_though=True)
    assert [each["rule"] for each in answer.json()["refusals"]] == ["not_online"]
    assert answer.json()["can_be_waived"] is False
    assert (await offer(api, operators, chore, here)).status_code == 201


async def test_a_chore_that_looks_for_nobody_is_not_offered(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    chore, tasker = await city.chore(), await city.tasker()
    await api.post(f"/v1/chores/{chore}/cancel", headers=city.client.headers)
    refused(await offer(api, operators, chore, tasker), "wrong-state")
    nobody = UUID(int=7)
    refused(await offer(api, operators, nobody, tasker), "not-found")
    late = await offer(api, operators, await city.chore(), tasker, minutes=10_000)
    assert refused(late, "invalid", "out_of_range")["field"] == "minutes"


async def test_a_repeated_request_offers_once(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    chore, tasker = await city.chore(), await city.tasker()
    headers = operators.editor.headers | {"Idempotency-Key": "one"}
    body = {"tasker_id": str(tasker.id), "reason": WHY}
    answers = [
        await api.post(f"/v1/chores/{chore}/offers", json=body, headers=headers) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(city.offers()) == 1
    assert city.now == MONDAY_NOON
