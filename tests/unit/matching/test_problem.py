"""A problem that is not consistent is refused at construction, with the field named."""

from dataclasses import fields, replace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.points import LonLat
from matching.building import Engagement
from matching.checks import ProblemRefused
from matching.problem import Chores, Links, MatchingProblem
from tests.unit.matching.scenes import NOON, chore, problem, tasker

NAN = float("nan")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("chores.duration_s", {"duration_s": -3_600}),
        ("chores.duration_s", {"duration_s": 0}),
        ("chores.duration_s", {"duration_s": NAN}),
        ("chores.duration_s", {"duration_s": 366 * 86_400, "window_end_s": NOON + 1e9}),
        ("chores.window_start_s", {"window_start_s": float("inf")}),
        ("chores.window_end_s", {"window_end_s": NOON}),
        ("chores.budget_per_h", {"budget_per_h": -1}),
        ("chores.budget_per_h", {"budget_per_h": 10**12}),
        ("chores.match_by_s", {"match_by_s": NAN}),
        ("chores.wave", {"wave": -1}),
        ("chores.cell", {"cell": "nowhere"}),
        ("chores.arrivals_per_h", {"arrivals_per_h": -1.0}),
    ],
)
def test_a_bad_chore_is_refused_by_its_field(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ProblemRefused) as refused:
        problem(chore(**changes), tasker())
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("taskers.base", {"base": LonLat(NAN, 51)}),
        ("taskers.base", {"base": LonLat(51.5, -179.0)}),
        ("taskers.presence", {"presence": LonLat(0, 91), "presence_at_s": NOON}),
        ("skills.rate_per_h", {"rates": {"mounting": -1}}),
        ("free.end_s", {"free_s": [(NOON, NOON)]}),
        ("busy.end_s", {"busy": [Engagement(NOON, NOON - 1, LonLat(0, 51))]}),
        ("taskers.max_day_s", {"max_day_s": -1.0}),
        ("taskers.acceptance_rate", {"acceptance_rate": 1.1}),
        ("taskers.mode", {"mode": 7}),
    ],
)
def test_a_bad_tasker_is_refused_by_its_field(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ProblemRefused) as refused:
        problem(chore(), tasker(**changes))
    assert refused.value.field == field


def test_two_rows_with_one_id_are_refused() -> None:
    with pytest.raises(ProblemRefused, match=r"taskers.ids: two rows have one id \(row tasker\)"):
        problem(chore(), [tasker(), tasker()])
    with pytest.raises(ProblemRefused, match=r"chores.ids"):
        problem([chore(), chore()], tasker())


def test_a_window_without_a_market_is_refused() -> None:
    market: Any = None
    with pytest.raises(ProblemRefused, match=r"^market: "):
        problem(chore(), tasker(), market=market)


@pytest.mark.parametrize("pair", [("nobody", "tasker"), ("chore", "nobody")])
def test_unknown_candidates_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(ProblemRefused, match=r"candidates\.\w+: unknown id \(row nobody\)"):
        problem(chore(), tasker(), candidates=[pair])


def test_a_candidate_named_twice_is_refused() -> None:
    with pytest.raises(ProblemRefused, match="candidates"):
        problem(chore(), tasker(), candidates=[("chore", "tasker")] * 2)


def test_a_row_that_does_not_exist_is_refused() -> None:
    usual = problem(chore(), tasker())
    with pytest.raises(ProblemRefused, match=r"refused.tasker: unknown"):
        replace(usual, refused=Links(np.array([0]), np.array([1])))
    with pytest.raises(ProblemRefused, match=r"chores.category: unknown"):
        replace(usual, categories=())


def test_a_column_of_another_length_or_type_is_refused() -> None:
    chores = problem(chore(), tasker()).chores
    with pytest.raises(ProblemRefused, match=r"chores.wave: has 2 rows"):
        replace(chores, wave=np.array([0, 0]))
    with pytest.raises(ProblemRefused, match=r"chores.wave: must hold int64"):
        replace(chores, wave=np.array([0.5]))
    with pytest.raises(ProblemRefused, match=r"chores.place: must have shape"):
        replace(chores, place=np.array([1.0]))


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(ProblemRefused, match="now_s"):
        replace(problem(chore(), tasker()), now_s=NAN)


def test_columns_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        problem(chore(), tasker()).chores.duration_s[0] = 1


@given(st.data())
def test_no_bad_number_in_any_column_of_the_chores_gets_through(data: st.DataObject) -> None:
    usual: MatchingProblem = problem(chore(), tasker())
    name = data.draw(st.sampled_from(sorted(Chores.COLUMNS)))
    spec = Chores.COLUMNS[name]
    if spec.dtype is np.bool_:
        return
    bad = data.draw(
        st.sampled_from([spec.least - 1, spec.most * 2 + 1, float("inf"), float("-inf")])
    )
    column = np.full_like(getattr(usual.chores, name), bad, dtype=float)
    with pytest.raises(ProblemRefused) as refused:
        replace(usual.chores, **cast("Any", {name: column}))
    assert refused.value.field == f"chores.{name}"


def test_every_column_is_annotated_with_its_bounds() -> None:
    plain = {"ids", "client_ids"}
    assert {each.name for each in fields(Chores)} - plain == set(Chores.COLUMNS)
