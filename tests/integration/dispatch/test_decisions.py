"""The record of why: written when an outcome changes, and read by operators."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from service.db.engine import Database
from tests.integration.dispatch.conftest import City
from tests.support.scene import HACKNEY, make_person, north_of
from tests.support.work import make_booking


def outcomes(city: City) -> list[tuple[Any, ...]]:
    return city.sql("SELECT outcome, wave, policy_version FROM decisions ORDER BY id")


async def test_a_record_tells_who_was_considered_at_what_cost_and_who_comes_next(
    city: City,
) -> None:
    taskers = [await city.tasker(at=north_of(HACKNEY, metres)) for metres in (100, 2500)]
    city.sql("UPDATE policy_versions SET document = %s RETURNING 1", _one_offer())
    await city.chore()
    await city.round()
    ((record,),) = city.sql("SELECT record FROM decisions")
    near, far = record["considered"]
    assert (near["tasker_id"], near["offered"]) == (str(taskers[0].id), True)
    assert (far["tasker_id"], far["offered"]) == (str(taskers[1].id), False)
    assert record["next_candidate"] == str(taskers[1].id)
    assert near["terms"]["travel"] < far["terms"]["travel"]
    assert near["total_pence"] < far["total_pence"]
    assert record["policy_version"] == 1


async def test_a_record_tells_who_was_refused_by_which_rule(city: City) -> None:
    tasker = await city.tasker()
    await city.run(
        lambda session: make_booking(session, city.market, city.client, tasker, minutes=240)
    )
    await city.chore()
    await city.round()
    ((record,),) = city.sql("SELECT record FROM decisions")
    ((refused),) = record["refused"]
    assert refused["tasker_id"] == str(tasker.id)
    assert list(refused["rules"]) == ["no_free_time"]


async def test_a_record_of_nobody_counts_what_the_search_left_out(city: City) -> None:
    await city.tasker(skills={"mounting": 9000})
    await city.tasker(at=north_of(HACKNEY, 3000), reach_m=500)
    await city.chore(budget_rate=5000)
    await city.round()
    ((record,),) = city.sql("SELECT record FROM decisions")
    assert record["left_out"] == {
        "in_reach": 2, "over_budget": 1, "outside_area": 1, "blocked": 0, "asked_before": 0,
        "not_online": 0, "no_room": 0, "days_off": 0,
    }  # fmt: skip


async def test_a_record_is_written_when_the_outcome_changes_not_each_time(city: City) -> None:
    await city.chore()
    await city.round()
    await city.round(minutes=1)
    assert outcomes(city) == [("nobody", 1, 1)]
    await city.tasker()
    await city.round(minutes=1)
    assert outcomes(city) == [("nobody", 1, 1), ("offers", 3, 1)]


@pytest.mark.parametrize("policy", [{"max_waves": 1}])
async def test_a_chore_without_anybody_at_all_is_recorded_as_unfilled(city: City) -> None:
    await city.chore()
    await city.round()
    assert outcomes(city) == [("unfilled", 1, 1)]


async def test_each_chore_is_matched_under_the_version_it_was_put_under(city: City) -> None:
    """Version 2 reaches one kilometre; only the chore under version 1 finds anybody."""
    await city.tasker(at=north_of(HACKNEY, 3000))
    city.sql(
        """INSERT INTO policy_versions (market_id, version, document, reason, created_at)
        SELECT market_id, 2, jsonb_set(document, '{default,radius_m}', '1000'), 'x', created_at
        FROM policy_versions RETURNING 1"""
    )
    for version in (1, 2):
        await city.chore(policy_version=version)
    await city.round()
    assert sorted(outcomes(city)) == [("nobody", 1, 2), ("offers", 1, 1)]


async def test_operators_read_rounds_and_decisions(
    api: httpx.AsyncClient, city: City, database: Database
) -> None:
    tasker = await city.tasker()
    chore = await city.chore()
    await city.round()
    operator = await database.run(lambda session: make_person(session, operator_role="viewer"))
    rounds = await api.get("/v1/rounds", params={"market": "london"}, headers=operator.headers)
    (shown,) = rounds.json()["items"]
    assert (shown["chores"], shown["candidates"], shown["offers"]) == (1, 1, 1)
    assert shown["solver"] == "min_cost_flow"
    path = f"/v1/chores/{chore}/decisions"
    (decision,) = (await api.get(path, headers=operator.headers)).json()
    assert decision["outcome"] == "offers"
    assert decision["record"]["considered"][0]["tasker_id"] == str(tasker.id)
    for person in (tasker, city.client):
        wanted = {"market": "london"}
        assert (
            await api.get("/v1/rounds", params=wanted, headers=person.headers)
        ).status_code == 403
    nowhere = await api.get("/v1/rounds", params={"market": "atlantis"}, headers=operator.headers)
    assert nowhere.status_code == 422


def _one_offer() -> str:
    return '{"default": {"max_offers_per_wave": 1}, "categories": {}}'
