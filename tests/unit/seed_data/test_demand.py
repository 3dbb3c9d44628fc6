from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import shapely

from geo.areas import covers
from seed_data.city import Chore, City, WindowShares
from seed_data.demand import arrivals_per_hour, chore_at, demand
from seed_data.ground import ground_of

MONDAY = date(2026, 6, 1)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def a_day(city: City, day: date = MONDAY, rate: float = 1_000, seed: int = 5) -> list[Chore]:
    return list(demand(city, day, rate, np.random.default_rng(seed)))


@pytest.fixture(scope="module")
def monday(london: City) -> list[Chore]:
    """A thousand chores of an ordinary day."""
    return a_day(london)


def with_flat_hours(city: City) -> City:
    flat = [replace(c, by_hour=(1.0,) * 24, by_weekday=(1.0,) * 7) for c in city.categories]
    return replace(city, categories=tuple(flat))


def test_the_same_seed_gives_the_same_day_and_another_another(london: City) -> None:
    assert a_day(london, rate=100) == a_day(london, rate=100)
    assert a_day(london, rate=100) != a_day(london, rate=100, seed=6)


def test_chores_come_in_order_of_posting_within_the_local_day(
    london: City, monday: list[Chore]
) -> None:
    posted = [chore.posted_at for chore in monday]
    assert posted == sorted(posted)
    local = {at.astimezone(london.market.zone).date() for at in posted}
    assert local == {MONDAY}


def test_a_week_has_the_asked_mean_and_the_categories_their_shares(london: City) -> None:
    week = [c for n in range(7) for c in a_day(london, MONDAY + timedelta(days=n), 200, n)]
    assert len(week) == pytest.approx(1_400, rel=0.09)
    shares = Counter(chore.category for chore in week)
    for category in london.categories:
        expected = category.demand_share * len(week)
        assert shares[category.slug] == pytest.approx(expected, abs=5 * expected**0.5)


def test_nights_are_quiet_and_moving_is_for_weekends(london: City, monday: list[Chore]) -> None:
    hours = Counter(c.posted_at.astimezone(london.market.zone).hour for c in monday)
    assert hours[3] * 10 < hours[10]
    moving = [c.slug for c in london.categories].index("man-and-van")
    noons = [datetime(2026, 6, day, 12, tzinfo=UTC) for day in (1, 6)]
    one_day, weekend = (arrivals_per_hour(london, noon, 1_000)[moving] for noon in noons)
    assert weekend > 1.5 * one_day


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (MONDAY, 24), (AUTUMN, 25)])
def test_a_day_on_which_clocks_change_has_23_or_25_hours(
    london: City, day: date, hours: int
) -> None:
    chores = a_day(with_flat_hours(london), day, 720)
    assert len(chores) == pytest.approx(30 * hours, rel=0.1)
    elapsed = (chores[-1].posted_at - chores[0].posted_at) / timedelta(hours=1)
    assert elapsed == pytest.approx(hours, abs=0.3)


def test_the_skipped_hour_of_spring_brings_no_chore(london: City) -> None:
    chores = a_day(with_flat_hours(london), SPRING, 600)
    local = Counter(c.posted_at.astimezone(london.market.zone).hour for c in chores)
    assert set(range(24)) - set(local) == {1}


def test_windows_are_now_today_or_later_and_hold_the_chore(
    london: City, monday: list[Chore]
) -> None:
    zone, windows = london.market.zone, london.windows
    now = sum(chore.window is None for chore in monday) / len(monday)
    assert now == pytest.approx(windows.now, abs=0.05)
    for chore in monday:
        if chore.window is not None:
            start, end = chore.window
            assert chore.posted_at < start
            assert end - start >= timedelta(minutes=chore.duration_minutes)
            assert 8 <= start.astimezone(zone).hour <= 20
            assert (start - chore.posted_at) < timedelta(days=16)


def test_who_wants_it_today_in_the_afternoon_gets_a_window_today(london: City) -> None:
    ground = ground_of(replace(london, windows=WindowShares(0, 1, 0)))
    at, rng = datetime(2026, 6, 1, 12, 10, tzinfo=UTC), np.random.default_rng(1)
    chores = [chore_at(ground, at, rng) for _ in range(200)]
    short = [c for c in chores if c.duration_minutes <= 180]
    assert {c.window[0].date() for c in short if c.window} == {MONDAY}
    assert min(c.window[0] for c in short if c.window) == datetime(2026, 6, 1, 13, 30, tzinfo=UTC)


def test_windows_after_the_clocks_change_keep_their_hours_on_the_wall(london: City) -> None:
    ground = ground_of(replace(london, windows=WindowShares(0, 0, 1)))
    saturday, rng = datetime(2026, 3, 28, 12, tzinfo=UTC), np.random.default_rng(1)
    windows = [chore_at(ground, saturday, rng).window for _ in range(100)]
    starts = [window[0] for window in windows if window]
    assert {at.astimezone(london.market.zone).hour for at in starts} <= {8, 9, 12, 16}
    assert {at.hour for at in starts} <= {7, 8, 11, 15}


def test_chores_stand_where_people_live_with_a_made_up_address(
    london: City, monday: list[Chore]
) -> None:
    points = np.array([chore.point for chore in monday])
    assert covers(london.boundary, points).all()
    assert not shapely.contains_xy(ground_of(london).unlived, *points.T).any()
    quarters = {p.name for p in london.places if p.kind == "locality"}
    assert all(chore.address.rsplit(", ", 1)[1] in quarters for chore in monday)


def test_durations_and_budgets_fit_the_category(london: City, monday: list[Chore]) -> None:
    categories = {category.slug: category for category in london.categories}
    for chore in monday:
        category = categories[chore.category]
        assert category.shortest_minutes <= chore.duration_minutes <= category.longest_minutes
        assert chore.duration_minutes % 15 == 0
    stated = [c.budget_rate / categories[c.category].rate_median for c in monday if c.budget_rate]
    assert len(stated) / len(monday) == pytest.approx(london.with_budget, abs=0.06)
    assert 1.0 < np.median(stated) < 1.3


def test_rates_of_arrival_add_up_to_the_day(london: City) -> None:
    begins = datetime(2026, 6, 1, tzinfo=london.market.zone)
    hours = [begins + timedelta(hours=n) for n in range(7 * 24)]
    total = sum(arrivals_per_hour(london, at, 1_000).sum() for at in hours)
    assert total == pytest.approx(7_000)
