"""Every way in which a market's files can be wrong: what is told, and where."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seed_data.folder import FolderRefused, read_folder
from tests.unit.seed_data.town import (
    AREAS,
    BOW_TIE,
    CHORES,
    DEMAND,
    MARKET,
    PLACES,
    SQUARE,
    collection,
    feature,
    polygon,
    swap,
    told,
)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"zone": "Europe/Londn"}, "bad_zone"),
        ({"zone": "../../etc/passwd"}, "bad_zone"),
        ({"zone": ""}, "bad_zone"),
        ({"currency": "XYZ"}, "bad_currency"),
        ({"currency": "JPY"}, "bad_currency"),
        ({"projection": "EPSG:3857"}, "bad_projection"),
        ({"projection": "EPSG:32610"}, "bad_projection"),
        ({"projection": 27700}, "bad_projection"),
        ({"slug": "Little Town"}, "bad_slug"),
        ({"name": ""}, "missing_value"),
        ({"name": "\0"}, "bad_text"),
        ({"name": "\ud800"}, "bad_text"),
        ({"centre": [52.05, -0.9, 3, 4]}, "not_a_point"),
        ({"centre": [-0.9, 152.0]}, "out_of_range"),
        ({"centre": [float("nan"), 52.0]}, "not_finite"),
        ({"turn_around_s": -1}, "out_of_range"),
        ({"turn_around_s": 1.5}, "not_a_number"),
        ({"simplify_tolerance_m": 0}, "out_of_range"),
        ({"policy": {"default": {"radius_m": 1}}}, "bad_policy"),
        ({"policy": {"default": {"reach": 1}}}, "bad_policy"),
        ({"policy": {"categories": {"cooking": {}}}}, "unknown_category"),
        ({"colour": "red"}, "unknown_key"),
    ],
)
def test_a_market_that_cannot_be(town: Path, changes: dict[str, Any], reason: str) -> None:
    (town / "market.json").write_text(json.dumps(MARKET | changes))
    assert told(town) == [("market.json", 0, reason)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"windows": {"now": 0.5, "today": 0.5, "future": 0.5}}, "bad_profile"),
        ({"windows": {"now": 1}}, "missing_value"),
        ({"windows": []}, "bad_profile"),
        ({"with_budget": 2}, "out_of_range"),
        ({"hours": {"flat": [1] * 23}}, "bad_profile"),
        ({"hours": {"flat": [0] * 24}}, "bad_profile"),
        ({"hours": {"flat": ["x"] * 24}}, "not_a_number"),
        ({"weekdays": {"flat": [-1] * 7}}, "out_of_range"),
        ({"weekdays": 7}, "bad_profile"),
    ],
)
def test_demand_that_cannot_be(town: Path, changes: dict[str, Any], reason: str) -> None:
    (town / "demand.json").write_text(json.dumps(DEMAND | changes))
    assert told(town) == [("demand.json", 0, reason)]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("1200,1600,2400", "1200,2600,2400", "bad_rate"),
        ("1200,1600,2400", "-1,1600,2400", "bad_rate"),
        ("1200,1600,2400", "1200,1600,1000000000000", "bad_rate"),
        ("0.7,flat,flat", "nan,flat,flat", "not_finite"),
        ("0.7,flat,flat", "0.7,round,flat", "unknown_profile"),
        ("120,60,240", "120,130,240", "out_of_range"),
        ("120,60,240", "0,60,240", "out_of_range"),
        ("cleaning,Cleaning", "handyman,Cleaning", "duplicate_id"),
        ("cleaning,Cleaning", "Cleaning,Cleaning", "bad_slug"),
        ("cleaning,Cleaning,120", "cleaning,Cleaning", "wrong_cells"),
    ],
)
def test_a_category_that_cannot_be(town: Path, old: str, new: str, reason: str) -> None:
    swap(town, "categories.csv", old, new)
    assert told(town) == [("categories.csv", 3 if reason == "duplicate_id" else 2, reason)]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (feature(polygon(SQUARE), id="x", kind="lake", name="X"), "unknown_kind"),
        (feature(polygon(SQUARE), id="middle", kind="park", name="X"), "duplicate_id"),
        (feature(polygon(BOW_TIE), id="x", kind="park", name="X"), "self_crossing"),
        (
            feature(polygon(SQUARE), id="x", kind="district", name="X", population=-1),
            "out_of_range",
        ),
        (feature(polygon(SQUARE), id="x", kind="district", name="X", population=1), "not_a_point"),
        (feature(polygon(SQUARE), id="x", kind="river", name="X"), "not_geojson"),
        (
            feature(
                {"type": "LineString", "coordinates": [[0, 0]]}, id="x", kind="river", name="X"
            ),
            "not_geojson",
        ),
        (feature(polygon(SQUARE), kind="park", name="X"), "missing_value"),
    ],
)
def test_a_place_that_cannot_be(town: Path, place: object, reason: str) -> None:
    (town / "places.geojson").write_text(collection(*PLACES, place))
    assert told(town) == [("places.geojson", 4, reason)]


def test_a_locality_in_no_district_and_a_city_without_districts(town: Path) -> None:
    (town / "places.geojson").write_text(collection(PLACES[1]))
    assert told(town) == [
        ("places.geojson", 0, "no_district"),
        ("places.geojson", 0, "unknown_district"),
    ]


def test_a_boundary_of_two_features(town: Path) -> None:
    (town / "boundary.geojson").write_text(collection(*AREAS[:2]))
    assert told(town) == [("boundary.geojson", 2, "not_geojson")]


def _gone(path: Path) -> None:
    path.unlink()


def _not_utf8(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


def _empty(path: Path) -> None:
    path.write_text("")


def _with_nul(path: Path) -> None:
    path.write_text(path.read_text() + "\0")


@pytest.mark.parametrize("spoil", [_gone, _not_utf8, _empty, _with_nul])
@pytest.mark.parametrize(
    "file", ["market.json", "demand.json", "categories.csv", "boundary.geojson", "places.geojson"]
)
def test_a_file_that_is_missing_or_unreadable(
    town: Path, file: str, spoil: Callable[[Path], None]
) -> None:
    spoil(town / file)
    assert file in {fault[0] for fault in told(town)}


def test_json_nested_beyond_reason_is_refused_and_not_a_crash(town: Path) -> None:
    (town / "areas.geojson").write_text('{"features": ' + "[" * 100_000 + "]" * 100_000 + "}")
    assert ("areas.geojson", 0, "not_json") in told(town)


def test_a_misspelt_file_is_not_overlooked(town: Path) -> None:
    (town / "taskers.csv").rename(town / "takers.csv")
    assert [fault[2] for fault in told(town)] == ["unknown_file"]


def test_skills_without_taskers_are_told(town: Path) -> None:
    (town / "taskers.csv").unlink()
    assert told(town) == [
        ("skills.csv", 0, "missing_file"),
        ("areas.geojson", 0, "missing_file"),
    ]


def test_columns_missing_unknown_or_doubled_are_told_at_the_header(town: Path) -> None:
    swap(town, "skills.csv", "tasker_id,category,rate", "tasker_id,category,rate_an_hour")
    assert ("skills.csv", 1, "missing_column") in told(town)
    swap(town, "skills.csv", "tasker_id,category,rate_an_hour", "tasker_id,category,rate,rate")
    assert ("skills.csv", 1, "unknown_column") in told(town)


def test_an_open_quote_is_told(town: Path) -> None:
    (town / "chores.csv").write_text(CHORES.replace('Town"', "Town"))
    assert {fault[2] for fault in told(town)} <= {"not_csv", "wrong_cells"}


def test_all_faults_are_told_at_once_up_to_the_limit(town: Path) -> None:
    rows = "".join(f"ann,nothing-{n},1000\n" for n in range(50))
    (town / "skills.csv").write_text("tasker_id,category,rate\n" + rows)
    swap(town, "chores.csv", "now,120", "now,0")
    everything = told(town)
    assert len(everything) == 50 + 2 + 1
    assert ("chores.csv", 2, "out_of_range") in everything
    with pytest.raises(FolderRefused) as refused:
        read_folder(town, limit=10)
    assert len(refused.value.faults) == 10
    assert not refused.value.complete
    assert str(refused.value).endswith("reading stopped here)")


def test_a_fault_reads_as_file_line_reason_and_sentence(town: Path) -> None:
    swap(town, "skills.csv", "ann,cleaning,1650", "ann,cooking,1650")
    with pytest.raises(FolderRefused) as refused:
        read_folder(town)
    assert str(refused.value) == (
        "skills.csv:2: unknown_category: category 'cooking' is none of: cleaning, handyman"
    )


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    assert [fault[2] for fault in told(tmp_path / "nowhere")] == ["missing_file"]
