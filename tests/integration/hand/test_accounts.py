"""Accounts in operators' hands: found, suspended, let back in, with the audit of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from tests.integration.dispatch.conftest import City
from tests.integration.hand.conftest import Operators
from tests.support.scene import Person
from tests.support.wire import refused
from tests.support.work import make_booking, make_offers

WHY = "Three clients reported the same no-show"


async def act(
    api: httpx.AsyncClient, operators: Operators, who: UUID, what: str, reason: str = WHY
) -> httpx.Response:
    return await api.post(
        f"/v1/accounts/{who}/{what}", json={"reason": reason}, headers=operators.editor.headers
    )


async def search(api: httpx.AsyncClient, operators: Operators, **query: Any) -> list[str]:
    answer = await api.get("/v1/accounts", params=query, headers=operators.viewer.headers)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def me(api: httpx.AsyncClient, person: Person) -> httpx.Response:
    return await api.get("/v1/accounts/me", headers=person.headers)


async def test_people_are_found_by_a_part_of_their_name_or_email(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    tasker = await city.tasker()
    assert await search(api, operators, q="tom t") == [str(tasker.id)]
    assert await search(api, operators, q=str(city.client.id)) == [str(city.client.id)]
    assert await search(api, operators, q="100%") == []
    assert await search(api, operators, q="to_") == []
    assert await search(api, operators, q="people.example", market="london") == [str(tasker.id)]
    await city.chore()
    both = await search(api, operators, q="people.example", market="london")
    assert set(both) == {str(tasker.id), str(city.client.id)}
    first: dict[str, str | int] = {"q": "people.example", "limit": 1}
    page = (await api.get("/v1/accounts", params=first, headers=operators.viewer.headers)).json()
    following = await search(api, operators, **first, cursor=page["next"])
    assert len(following) == 1
    assert following != [page["items"][0]["id"]]


async def test_a_search_says_what_it_needs(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    headers = operators.viewer.headers
    short = await api.get("/v1/accounts", params={"q": "x"}, headers=headers)
    assert refused(short, "invalid")["field"] == "q"
    query = {"q": "xx", "market": "atlantis"}
    refused(await api.get("/v1/accounts", params=query, headers=headers), "not-found")


async def test_a_suspended_tasker_is_shut_out_of_everything_and_bookings_are_named(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    tasker, chore = await city.tasker(), await city.chore(status="offered")
    await city.run(lambda session: make_offers(session, city.market, chore, [tasker]))
    booking = await city.run(
        lambda session: make_booking(session, city.market, city.client, tasker)
    )
    answer = await act(api, operators, tasker.id, "suspend")
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["account"]["suspended_reason"] == WHY
    assert (said["offers_withdrawn"], said["chores_cancelled"]) == (1, 0)
    assert [each["id"] for each in said["bookings"]] == [str(booking)]
    refused(await me(api, tasker), "session-revoked")
    assert ("offer.withdrawn") in [kind for kind, _ in city.told(tasker)]
    assert city.sql("SELECT 1 FROM presence") == []
    assert city.sql("SELECT active FROM taskers") == [(False,)]
    assert city.sql("SELECT DISTINCT active FROM skills") == [(False,)]
    assert city.sql("SELECT status FROM bookings") == [("scheduled",)]
    fresh = await city.chore()
    await city.round()
    assert city.sql("SELECT 1 FROM offers WHERE chore_id = %s", fresh) == []


async def test_a_suspended_clients_open_chores_are_called_off(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    tasker = await city.tasker()
    waiting, offered = await city.chore(), await city.chore(status="offered")
    await city.run(lambda session: make_offers(session, city.market, offered, [tasker]))
    said = (await act(api, operators, city.client.id, "suspend")).json()
    assert said["chores_cancelled"] == 2
    assert {city.chore_row(one)[0] for one in (waiting, offered)} == {"cancelled"}
    assert ("offer.withdrawn") in [kind for kind, _ in city.told(tasker)]


async def test_who_is_let_back_in_signs_in_anew_and_is_matched_again(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    tasker = await city.tasker()
    await act(api, operators, tasker.id, "suspend")
    back = await act(api, operators, tasker.id, "reinstate", "It was somebody else")
    assert back.json()["suspended_at"] is None
    refused(await me(api, tasker), "session-revoked")
    chore = await city.chore()
    await city.round()
    assert city.sql("SELECT tasker_id FROM offers WHERE chore_id = %s", chore) == [(tasker.id,)]


async def test_said_again_nothing_more_happens(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    tasker = await city.tasker()
    for what in ("suspend", "suspend", "reinstate", "reinstate"):
        assert (await act(api, operators, tasker.id, what)).status_code == 200
    actions = [row[0] for row in city.sql("SELECT action FROM audit_entries ORDER BY id")]
    assert actions == ["account.suspend", "account.reinstate"]


async def test_operators_are_not_suspended_here_and_a_reason_is_needed(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    refused(await act(api, operators, operators.viewer.id, "suspend"), "not-allowed")
    refused(await act(api, operators, UUID(int=7), "suspend"), "not-found")
    for reason in ("", "   ", "x" * 501):
        answer = await act(api, operators, city.client.id, "suspend", reason)
        assert refused(answer, "invalid")["field"] == "reason"
    assert city.sql("SELECT 1 FROM accounts WHERE suspended_at IS NOT NULL") == []


async def test_the_audit_says_who_did_what_when_why_and_to_what(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    tasker, chore = await city.tasker(), await city.chore()
    await act(api, operators, tasker.id, "suspend")
    match_by = {"match_by": "2026-11-23T20:00:00Z", "reason": "She called"}
    headers = operators.editor.headers
    await api.post(f"/v1/chores/{chore}/extend", json=match_by, headers=headers)
    reason = {"reason": "She called again"}
    await api.post(f"/v1/chores/{chore}/cancel", json=reason, headers=headers)
    path = "/v1/markets/london/audit"
    first = await api.get(path, params={"limit": 2}, headers=operators.viewer.headers)
    items = first.json()["items"]
    assert [(item["action"], item["reason"]) for item in items] == [
        ("chore.cancel", "She called again"), ("chore.extend", "She called"),
    ]  # fmt: skip
    assert {item["operator"] for item in items} == {"Opal Operator"}
    assert {item["subject"] for item in items} == {str(chore)}
    assert items[1]["facts"]["to"].startswith("2026-11-23T20:00")
    query = {"limit": 2, "cursor": first.json()["next"]}
    rest = (await api.get(path, params=query, headers=operators.viewer.headers)).json()
    assert [item["subject"] for item in rest["items"]] == [str(tasker.id)]
    assert rest["next"] is None
