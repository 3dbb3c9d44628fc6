"""Every way in which a market's people and chores can be wrong: what is told, and where."""

from pathlib import Path

import pytest

from tests.unit.seed_data.town import (
    AREAS,
    BOW_TIE,
    NEAR,
    TASKERS,
    collection,
    feature,
    polygon,
    swap,
    told,
)


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("ann,Ann Able,-0.9,52.05", "ann,Ann Able,nan,52.05", 2, "not_finite"),
        ("ann,Ann Able,-0.9,52.05", "ann,Ann Able,52.05,-0.9", 2, "looks_swapped"),
        ("ann,Ann Able,-0.9,52.05", "ann,Ann Able,-0.9,95", 2, "out_of_range"),
        ("ann,Ann Able,-0.9,52.05", "ann,Ann Able,2.35,48.85", 2, "outside_market"),
        ("ann,Ann Able,-0.9,52.05", "ann,Ann Able,west,52.05", 2, "not_a_number"),
        ("ann,Ann Able,-0.9,52.05", "ann,,-0.9,52.05", 2, "missing_value"),
        ("ann,Ann Able", "ann@home,Ann Able", 2, "bad_id"),
        ("walk", "horse", 2, "unknown_mode"),
        ("09:00-17:30", "9-17", 2, "bad_hours"),
        ("09:00-17:30", "25:00-26:00", 2, "bad_hours"),
        ("mon-fri", "fri-mon", 2, "bad_hours"),
        ("mon-fri", "moonday", 2, "bad_hours"),
        ("sat 10:00-14:00 16:00-18:00", "sat", 2, "bad_hours"),
        ("sat 10:00-14:00 16:00-18:00", "sat 10:00-14:00 10:00-11:00", 2, "bad_hours"),
    ],
)
def test_a_tasker_who_cannot_be(town: Path, old: str, new: str, line: int, reason: str) -> None:
    swap(town, "taskers.csv", old, new)
    assert told(town)[0] == ("taskers.csv", line, reason)


def test_a_name_that_stands_twice_is_told_with_its_second_line(town: Path) -> None:
    (town / "taskers.csv").write_text(TASKERS + "ANN,Ann Other,-0.9,52.05,bike,\n")
    assert told(town) == [("taskers.csv", 5, "duplicate_id")]


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("ann,cleaning,1650", "ann,cooking,1650", 2, "unknown_category"),
        ("ann,cleaning,1650", "zoe,cleaning,1650", 2, "unknown_tasker"),
        ("ann,cleaning,1650", "ann,cleaning,-1", 2, "bad_rate"),
        ("ann,cleaning,1650", "ann,cleaning,16.5", 2, "bad_rate"),
        ("ann,cleaning,1650", "ann,cleaning,165000", 2, "bad_rate"),
        ("ann,cleaning,1650", "ann,handyman,1650", 3, "duplicate_id"),
    ],
)
def test_a_skill_that_cannot_be(town: Path, old: str, new: str, line: int, reason: str) -> None:
    swap(town, "skills.csv", old, new)
    assert told(town) == [("skills.csv", line, reason)]


def test_a_tasker_without_skill_or_area_is_told_at_their_own_line(town: Path) -> None:
    swap(town, "skills.csv", "bob,handyman,3000\n", "")
    (town / "areas.geojson").write_text(collection(AREAS[1], AREAS[2]))
    assert told(town) == [("taskers.csv", 2, "no_area"), ("taskers.csv", 3, "no_skill")]


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (polygon(BOW_TIE), "self_crossing"),
        (polygon(NEAR[:-1]), "not_closed"),
        (polygon([[lat, lon] for lon, lat in NEAR]), "outside_market"),
        (polygon([[-3, 50], [2, 50], [2, 54], [-3, 54], [-3, 50]]), "too_large"),
        (polygon([[float("nan"), 52], *NEAR[1:]]), "not_finite"),
        (polygon([[-0.95, 252.02], *NEAR[1:]]), "out_of_range"),
        ({"type": "Polygon", "coordinates": []}, "empty"),
        ({"type": "Point", "coordinates": [-0.9, 52.05]}, "not_a_polygon"),
        (None, "not_a_polygon"),
        ("POLYGON((0 0, 1 1, 0 1, 0 0))", "not_a_polygon"),
    ],
)
def test_an_area_that_cannot_be(town: Path, geometry: object, reason: str) -> None:
    spoilt = feature(geometry, tasker_id="ann", kind="same_day")
    (town / "areas.geojson").write_text(collection(AREAS[0], spoilt, AREAS[2]))
    assert told(town) == [("areas.geojson", 3, reason)]


def test_an_area_of_nobody_or_of_no_kind_or_twice(town: Path) -> None:
    (town / "areas.geojson").write_text(
        collection(
            *AREAS,
            feature(polygon(NEAR), tasker_id="zoe", kind="regular"),
            feature(polygon(NEAR), tasker_id="bob", kind="nightly"),
            feature(polygon(NEAR), tasker_id="ann", kind="regular"),
            {"type": "Feature", "geometry": polygon(NEAR)},
        )
    )
    assert sorted(told(town), key=lambda fault: fault[1]) == [
        ("areas.geojson", 5, "unknown_tasker"),
        ("areas.geojson", 6, "unknown_kind"),
        ("areas.geojson", 7, "duplicate_id"),
        ("areas.geojson", 8, "not_geojson"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("2026-03-02T10:00:00+00:00,", "2026-03-02T10:00:00,", "bad_time"),
        ("2026-03-02T10:00:00+00:00,", "last Monday,", "bad_time"),
        ("cleaning,-0.9,52.05", "cooking,-0.9,52.05", "unknown_category"),
        ("cleaning,-0.9,52.05", "cleaning,52.05,-0.9", "looks_swapped"),
        ("cleaning,-0.9,52.05", "cleaning,-0.7,52.05", "outside_market"),
        ("cleaning,-0.9,52.05", "cleaning,inf,52.05", "not_finite"),
        ("now,120", "soon,120", "bad_window"),
        ("now,120", "now,0", "out_of_range"),
        ("now,120", "now,525600", "out_of_range"),
        ("now,120,,", "now,120,1e12,", "bad_rate"),
        ("now,120,,", "now,120,16,", "bad_rate"),
        (
            "now,120",
            "2026-03-03T09:00:00+00:00/2026-03-03T08:00:00+00:00,120",
            "bad_window",
        ),
        (
            "now,120",
            "2026-03-01T09:00:00+00:00/2026-03-01T10:00:00+00:00,120",
            "bad_window",
        ),
        ('"1 High Street, Little Town"', "x" * 300, "too_long"),
        ('"1 High Street, Little Town"', "1 High Street, Little Town", "wrong_cells"),
    ],
)
def test_a_chore_that_cannot_be(town: Path, old: str, new: str, reason: str) -> None:
    swap(town, "chores.csv", old, new)
    assert told(town) == [("chores.csv", 2, reason)]
