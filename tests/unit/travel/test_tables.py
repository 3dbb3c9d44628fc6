"""Pairs become tables that answer each pair once, within the router's limits, and without waste."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.points import Floats, as_points
from service.travel.tables import WASTE, Limits, Table, tables_of

OSRM, VALHALLA = Limits(places=100, cells=10_000), Limits(places=2_501, cells=2_500)

spot = st.tuples(st.integers(-20, 20), st.integers(-20, 20)).map(
    lambda at: (at[0] / 100, 51 + at[1] / 100)
)
trips = st.lists(st.tuples(spot, spot), max_size=25)
some_limits = st.sampled_from([OSRM, VALHALLA, Limits(places=2, cells=1), Limits(5, 6)])


def answered(tables: list[Table], n: int) -> tuple[Floats, Floats, list[int]]:
    """For each pair the place its table puts at its source and target, and how often it is told."""
    origins, destinations = np.full((n, 2), np.nan), np.full((n, 2), np.nan)
    times = [0] * n
    for table in tables:
        origins[table.pairs] = table.sources[table.cells[0]]
        destinations[table.pairs] = table.targets[table.cells[1]]
        for pair in table.pairs:
            times[pair] += 1
    return origins, destinations, times


@given(trips, some_limits)
def test_every_pair_is_answered_once_from_its_own_places(
    asked: list[tuple[tuple[float, float], tuple[float, float]]], limits: Limits
) -> None:
    origins, destinations = as_points([a for a, _ in asked]), as_points([b for _, b in asked])
    told_from, told_to, times = answered(tables_of(origins, destinations, limits), len(asked))
    assert np.array_equal(told_from, origins)
    assert np.array_equal(told_to, destinations)
    assert times == [1] * len(asked)


@given(trips, some_limits)
def test_no_table_is_larger_than_the_router_takes_or_four_times_what_was_asked(
    asked: list[tuple[tuple[float, float], tuple[float, float]]], limits: Limits
) -> None:
    origins, destinations = as_points([a for a, _ in asked]), as_points([b for _, b in asked])
    for table in tables_of(origins, destinations, limits):
        cells = len(table.sources) * len(table.targets)
        assert len(table.sources) + len(table.targets) <= limits.places
        assert cells <= limits.cells
        assert cells <= WASTE * len(table.pairs)


@pytest.mark.parametrize("there", [True, False])
def test_a_round_of_chores_in_a_small_district_takes_few_requests_both_ways(there: bool) -> None:
    rng = np.random.default_rng(1)
    chores, taskers = rng.uniform((0, 51), (0.05, 51.05), (2, 100, 2))
    near = np.argsort(((chores[:, None] - taskers[None]) ** 2).sum(axis=2), axis=1)[:, :20]
    ends, starts = np.repeat(chores, 20, axis=0), taskers[near.ravel()]
    tables = tables_of(starts, ends, OSRM) if there else tables_of(ends, starts, OSRM)
    assert len(tables) <= 15  # 100 would be one for each chore
    assert sum(len(table.pairs) for table in tables) == 2_000


def test_one_chore_with_more_taskers_than_fit_is_asked_in_pieces() -> None:
    starts = np.column_stack((np.linspace(0, 0.2, 250), np.full(250, 51.0)))
    tables = tables_of(starts, np.broadcast_to([0.1, 51.1], (250, 2)), OSRM)
    assert [len(table.pairs) for table in tables] == [99, 99, 52]
