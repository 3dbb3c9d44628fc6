"""A market folder as a person would type it: one square town with two taskers and two chores."""

import json
from pathlib import Path

import pytest

from seed_data.folder import FolderRefused, read_folder
from seed_data.folder.market import CATEGORY_COLUMNS

SQUARE = [[-1.0, 52.0], [-0.8, 52.0], [-0.8, 52.1], [-1.0, 52.1], [-1.0, 52.0]]
NEAR = [[-0.95, 52.02], [-0.88, 52.02], [-0.88, 52.08], [-0.95, 52.08], [-0.95, 52.02]]
BOW_TIE = [[-0.95, 52.02], [-0.88, 52.08], [-0.88, 52.02], [-0.95, 52.08], [-0.95, 52.02]]

MARKET = {
    "slug": "little-town",
    "name": "Little Town",
    "zone": "Europe/London",
    "currency": "GBP",
    "projection": "EPSG:27700",
    "centre": [-0.9, 52.05],
}
DEMAND = {
    "windows": {"now": 0.25, "today": 0.25, "future": 0.5},
    "with_budget": 0.5,
    "hours": {"flat": [1] * 24},
    "weekdays": {"flat": [1] * 7},
}
CATEGORIES = f"""\
{",".join(CATEGORY_COLUMNS)}
cleaning,Cleaning,120,60,240,60,1200,1600,2400,0.7,flat,flat
handyman,Odd jobs,90,30,180,60,2000,3000,5000,0.3,flat,flat
"""
TASKERS = """\
id,name,lon,lat,mode,weekly_hours
ann,Ann Able,-0.9,52.05,walk,mon-fri 09:00-17:30; sat 10:00-14:00 16:00-18:00
bob,"Bob
Baker",-0.91,52.06,van,
"""
SKILLS = """\
tasker_id,category,rate
ann,cleaning,1650
ann,handyman,2500
bob,handyman,3000
"""
CHORES = """\
posted_at,category,lon,lat,address,window,duration_minutes,budget_rate,notes
2026-03-02T10:00:00+00:00,cleaning,-0.9,52.05,"1 High Street, Little Town",now,120,,
2026-03-02T09:00Z,handyman,-0.92,52.04,2 Low Road,2026-03-03T09:00Z/2026-03-03T12:00Z,90,3500,Ring.
"""


def feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def polygon(*rings: object) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": list(rings)}


def collection(*features: object) -> str:
    lines = ",\n".join(json.dumps(each) for each in features)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


AREAS = (
    feature(polygon(NEAR), tasker_id="ann", kind="regular"),
    feature(polygon(NEAR), tasker_id="ann", kind="same_day"),
    feature(polygon(SQUARE), tasker_id="bob", kind="regular"),
)
PLACES = (
    feature(polygon(SQUARE), id="middle", kind="district", name="Middle", population=1000,
            centre=[-0.9, 52.05]),
    feature({"type": "Point", "coordinates": [-0.9, 52.05]}, id="market-place", kind="locality",
            name="Market Place", district="middle"),
)  # fmt: skip


def write_town(folder: Path) -> Path:
    folder.mkdir()
    texts = {
        "market.json": json.dumps(MARKET),
        "demand.json": json.dumps(DEMAND),
        "categories.csv": CATEGORIES,
        "boundary.geojson": collection(feature(polygon(SQUARE))),
        "places.geojson": collection(*PLACES),
        "taskers.csv": TASKERS,
        "skills.csv": SKILLS,
        "areas.geojson": collection(*AREAS),
        "chores.csv": CHORES,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def told(folder: Path, limit: int = 100) -> list[tuple[str, int, str]]:
    """File, line and reason of each fault of a folder that is refused."""
    with pytest.raises(FolderRefused) as refused:
        read_folder(folder, limit)
    return [(fault.file, fault.line, fault.reason) for fault in refused.value.faults]


def swap(folder: Path, file: str, old: str, new: str) -> None:
    """Spoil a file: the first `old` becomes `new`."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
