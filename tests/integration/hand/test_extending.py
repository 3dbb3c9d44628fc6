"""More time for a chore, by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from tests.integration.dispatch.conftest import City
from tests.integration.hand.conftest import Operators
from tests.support.wire import refused


async def extend(
    api: httpx.AsyncClient, operators: Operators, chore: UUID, match_by: str, **more: Any
) -> httpx.Response:
    body = {"match_by": match_by, "reason": "She can wait until tomorrow"} | more
    return await api.post(f"/v1/chores/{chore}/extend", json=body, headers=operators.editor.headers)


async def test_an_unfilled_chore_gets_more_time_and_is_looked_at_at_once(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    chore = await city.chore(status="unfilled", wave=4)
    answer = await extend(api, operators, chore, "2026-11-24T12:00:00Z")
    assert answer.status_code == 200, answer.text
    assert answer.json()["match_by"] == "2026-11-24T12:00:00.000Z"
    ((due_at, window_end),) = city.sql("SELECT due_at, window_end FROM chores")
    assert due_at == city.now
    assert window_end.isoformat() == "2026-11-24T13:00:00+00:00"
    ((kind, data),) = city.told(city.client)
    assert (kind, data["match_by"]) == ("chore.extended", "2026-11-24T12:00:00.000Z")
    assert (data["chore_id"], data["window_end"]) == (str(chore), "2026-11-24T13:00:00.000Z")
    tasker = await city.tasker()
    await city.round()
    assert city.offers() == [(tasker.id, "pending")]


async def test_what_is_no_extension_is_refused_beside_its_field(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    chore = await city.chore()
    for match_by in ("2026-11-23T11:00:00Z", "2026-11-23T14:00:00Z", "2027-11-23T12:00:00Z"):
        answer = await extend(api, operators, chore, match_by)
        assert refused(answer, "invalid", "out_of_range")["field"] == "match_by"
    reasonless = await extend(api, operators, chore, "2026-11-24T12:00:00Z", reason="")
    assert refused(reasonless, "invalid")["field"] == "reason"
    assert city.sql("SELECT 1 FROM audit_entries") == []


async def test_a_chore_that_has_ended_gets_no_more_time(
    api: httpx.AsyncClient, city: City, operators: Operators
) -> None:
    chore = await city.chore()
    await api.post(f"/v1/chores/{chore}/cancel", headers=city.client.headers)
    refused(await extend(api, operators, chore, "2026-11-24T12:00:00Z"), "wrong-state")
    refused(await extend(api, operators, UUID(int=7), "2026-11-24T12:00:00Z"), "not-found")
