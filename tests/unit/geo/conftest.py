"""What the geo tests share: a market to draw in and real neighbourhoods."""

import json
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import MultiPolygon, box


@pytest.fixture(scope="session")
def london() -> MultiPolygon:
    """London's bounding box as a market."""
    return MultiPolygon([box(-0.51, 51.28, 0.34, 51.70)])


@pytest.fixture(scope="session")
def neighbourhoods(shared_data: Path) -> dict[str, dict[str, Any]]:
    """San Francisco's neighbourhoods: name -> GeoJSON MultiPolygon."""
    path = shared_data / "areas" / "san-francisco.geojson"
    if not path.exists():
        pytest.skip(f"no {path}: see --data in `pytest --help`")
    features = json.loads(path.read_text())["features"]
    return {feature["properties"]["name"]: feature["geometry"] for feature in features}
