"""Fitting the chance of acceptance to logged offers, and rounds that use it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from matching.chance import FEATURES, AcceptanceModel, features_of_offers
from service.acceptance.models import kept, model_of
from service.acceptance.operations import Fit, fit_market
from service.cli import build_app
from service.errors import NotFound
from service.settings import settings as settings_of_process
from tests.integration.dispatch.conftest import City
from tests.support.work import make_round

TRUTH = np.array([1.2, -2.0, -0.3, 0.9, 0.6, 0.0])

ANSWERED = """
    INSERT INTO offers (id, market_id, chore_id, tasker_id, round_id, wave, status, rate, starts_at,
                        ends_at, distance_m, travel_s, extended_at, expires_at, event_n,
                        delivered_at, closed_at)
    SELECT gen_random_uuid(), %s, %s, %s, %s, 1, t.status, t.rate, t.starts_at,
           t.starts_at + t.hours * interval '1 hour', 1000, t.travel_s, t.at,
           t.at + interval '1 minute', 1,
           t.delivered_at, t.at
    FROM unnest(%s::text[], %s::int[], %s::timestamptz[], %s::int[], %s::timestamptz[],
                %s::timestamptz[], %s::int[])
         AS t(status, rate, starts_at, travel_s, at, delivered_at, hours)
    RETURNING 1
"""


async def answer(city: City, many: int, *, seed: int = 1, **fixed: Any) -> None:
    """So many offers of the last day, answered by people who follow TRUTH; who would decline does
    that or lets the delivered offer expire.
    """
    rng = np.random.default_rng(seed)
    tasker = await city.tasker(online=False)
    chore = await city.chore(status="unfilled", starts_in=timedelta(days=9))
    round_id = await city.run(lambda session: make_round(session, city.market))
    travel_s = rng.integers(60, 7_200, many)
    rate = rng.integers(1_200, 6_000, many)
    ahead_s = rng.integers(0, 48, many) * 3_600
    hours = rng.integers(1, 9, many)
    features = features_of_offers(
        travel_s.astype(float), hours.astype(float) * 3_600, rate, ahead_s.astype(float)
    )
    yes = rng.random(many) < 1 / (1 + np.exp(-features @ TRUTH))
    at = city.now - timedelta(days=1)
    no = rng.choice(["declined", "expired"], many)
    states = [fixed.get("status", "accepted" if y else n) for y, n in zip(yes, no, strict=True)]
    delivered = [fixed.get("delivered_at", at)] * many
    starts = [at + timedelta(seconds=int(s)) for s in ahead_s]
    city.sql(
        ANSWERED, city.market.id, chore, tasker.id, round_id, states, rate.tolist(), starts,
        travel_s.tolist(), [at] * many, delivered, hours.tolist(),
    )  # fmt: skip


async def fitted(city: City, **facts: Any) -> Fit:
    wanted: dict[str, Any] = {"market": "london", "days": 30, "note": "", "keep": True}
    return await city.run(lambda session: fit_market(session, now=city.now, **(wanted | facts)))


async def test_a_fit_recovers_the_model_that_people_follow(city: City) -> None:
    await answer(city, 12_000)
    found = await fitted(city)
    assert found.offers == 12_000
    assert found.model.weights[:5] == pytest.approx(TRUTH[:5], abs=0.3)
    assert found.ours is not None
    assert found.prior is not None
    assert found.ours.log_loss < found.prior.log_loss
    assert found.ours.brier < found.prior.brier
    assert all(abs(each.predicted - each.accepted) < 0.06 for each in found.bins)


async def test_withdrawn_and_undelivered_offers_count_for_nothing(city: City) -> None:
    await answer(city, 50, status="withdrawn")
    await answer(city, 50, status="expired", delivered_at=None)
    found = await fitted(city)
    assert (found.offers, found.version) == (0, None)
    assert found.model.weights == pytest.approx(AcceptanceModel().weights)
    await answer(city, 50, status="expired")
    assert (await fitted(city)).offers == 50


async def test_offers_from_before_do_not_count(city: City) -> None:
    await answer(city, 50)
    city.now += timedelta(days=2)
    assert (await fitted(city, days=1)).offers == 0


async def test_a_round_goes_by_the_newest_model(city: City) -> None:
    """Of people who never accept, one is asked of each further away; the terms say so."""
    await city.tasker()
    await city.chore()
    await city.round()
    await answer(city, 400, status="declined")
    assert (await fitted(city)).version == 1
    await city.chore(starts_in=timedelta(days=1))
    await city.round(seconds=1)
    before, after = city.sql("SELECT record->'considered'->0 FROM decisions ORDER BY id")
    assert after[0]["chance"] < 0.2 < before[0]["chance"]
    assert after[0]["terms"]["refusal"] > before[0]["terms"]["refusal"]
    await answer(city, 4_000, status="accepted")
    assert (await fitted(city)).version == 2
    await city.chore(starts_in=timedelta(days=2))
    await city.round(seconds=1)
    newest = city.sql("SELECT record->'considered'->0 FROM decisions ORDER BY id")[-1]
    assert newest[0]["chance"] > 0.8


async def test_a_model_shown_but_not_kept_changes_nothing(city: City) -> None:
    await answer(city, 50)
    assert (await fitted(city, keep=False)).version is None
    assert city.sql("SELECT count(*) FROM acceptance_models") == [(0,)]


async def test_a_market_that_does_not_exist_is_refused(city: City) -> None:
    with pytest.raises(NotFound):
        await fitted(city, market="atlantis")


def test_a_model_of_other_features_is_passed_over_for_the_prior() -> None:
    weights = kept(AcceptanceModel(TRUTH))
    assert model_of(weights).weights == pytest.approx(TRUTH)
    renamed = {name.upper(): value for name, value in weights.items()}
    for unknown in (None, renamed, {FEATURES[0]: 1.0}):
        assert model_of(unknown).weights == pytest.approx(AcceptanceModel().weights)


async def test_the_command_shows_and_writes_what_it_found(
    city: City, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city.now += timedelta(days=3650)
    await answer(city, 300)
    city.sql("UPDATE offers SET extended_at = now() - interval '1 day' RETURNING 1")
    monkeypatch.setenv("DIBS_DATABASE_URL", database_url)
    settings_of_process.cache_clear()
    written, drawn = tmp_path / "fit.json", tmp_path / "fit.png"
    arguments = ["acceptance", "fit", "--market", "london", "--json", str(written)]
    ran = await asyncio.to_thread(
        CliRunner().invoke, build_app(), [*arguments, "--plot", str(drawn)]
    )
    settings_of_process.cache_clear()
    assert ran.exit_code == 0, ran.output
    assert "calibration" in ran.output
    assert "kept as version 1" in ran.output
    document = json.loads(written.read_text())
    assert sum(each["offers"] for each in document["calibration"]) == document["offers"] == 300
    assert set(document["coefficients"]) == set(FEATURES)
    assert drawn.read_bytes().startswith(b"\x89PNG")
