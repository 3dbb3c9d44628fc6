"""A small town's simulated day: it can be repeated, and what happens in it may happen."""

import json
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmarks import estimate, matching
from benchmarks.__main__ import main
from benchmarks.day import Day, Outcome, Rounds, one_by_one, together
from matching.policy import PolicyDocument
from seed_data.city import City
from seed_data.folder import read_city
from tests.unit.seed_data.town import write_town

THURSDAY = date(2027, 6, 3)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> City:
    return read_city(write_town(tmp_path_factory.mktemp("day") / "town"))


def played(town: City, gather_s: float = 0.0, rounds: Rounds = together, **more: Any) -> Outcome:
    day = Day(town, THURSDAY, 20, 10, 4, PolicyDocument(), **more)
    return day.run(gather_s, rounds)


@pytest.fixture(scope="module")
def whole(town: City) -> Outcome:
    return played(town)


def test_the_same_seed_plays_the_same_day_whoever_is_estimated(town: City, whole: Outcome) -> None:
    again = played(town, estimated=True)
    assert replace(again, estimates={}) == whole
    assert len(again.estimates) == again.posted
    assert {each.chance > 0 for each in again.estimates.values()} == {True, False}


@pytest.mark.parametrize("rounds", [together, one_by_one])
def test_nobody_is_in_two_places_and_no_chore_is_booked_twice(town: City, rounds: Rounds) -> None:
    outcome = played(town, 60.0, rounds)
    booked = [offer for offer, _, accepted in outcome.answered if accepted]
    assert 3 < outcome.booked == len({offer.chore_id for offer in booked}) == len(booked)
    for tasker in {offer.tasker_id for offer in booked}:
        mine = sorted(
            (offer.starts_at_s, offer.ends_at_s) for offer in booked if offer.tasker_id == tasker
        )
        assert all(end <= start for (_, end), (start, _) in pairwise(mine))


def test_nobody_is_asked_again_about_a_chore_they_refused(town: City) -> None:
    answers = played(town, mood=lambda _: 0.2).answered
    asked = Counter((offer.chore_id, offer.tasker_id) for offer, _, _ in answers)
    assert max(asked.values()) == 1
    assert any(not accepted for _, _, accepted in answers)


def test_people_answer_by_their_mood(town: City) -> None:
    nobody = played(town, mood=lambda _: 0.0, hours=range(8, 12))
    assert (nobody.booked, nobody.offers > 0) == (0, True)
    everybody = played(town, mood=lambda _: 1.0)
    assert everybody.booked == len(everybody.answered) > 3


def test_a_round_that_gathers_keeps_its_chores_waiting(town: City, whole: Outcome) -> None:
    at_once, gathered = whole, played(town, 120.0)
    assert min(at_once.waits_s.values()) < 120.0 < min(gathered.waits_s.values())


def test_chores_are_posted_in_the_hours_asked_for(town: City, whole: Outcome) -> None:
    morning = played(town, hours=range(8, 12))
    assert 0 < morning.posted < whole.posted
    made_at = {datetime.fromtimestamp(at_s, UTC) for _, at_s, _ in morning.answered}
    assert min(made_at).astimezone(town.market.zone).hour >= 8


@pytest.mark.parametrize(
    ("name", "column", "values"),
    [
        ("matching", "policy", list(matching.WAYS)),
        ("estimate", "measure", ["chance", "wait, s", "acceptance"]),
    ],
)
def test_the_benchmarks_of_a_day_write_their_rows(
    town: City,
    name: str,
    column: str,
    values: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (matching, estimate):
        monkeypatch.setattr(module, "read_city", lambda _: town)
    file = tmp_path / "rows.json"
    arguments = [name, "--taskers", "12", "--chores", "4", "--json", str(file)]
    arguments += ["--seeds", "1", "--hours", "8-12"] if name == "matching" else []
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    main()
    rows = json.loads(file.read_text())["rows"]
    assert list(dict.fromkeys(row[column] for row in rows)) == values
