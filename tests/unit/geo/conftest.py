"""What the geo tests share: a market to draw in and real neighbourhoods.

The real polygons are `public/data/san-francisco.geojson` of GitHub codeforgermany/click_that_hood
(MIT licence), commit 48ba05a. The tests look for them in the folder that DIBS_AREAS names, else in
../shared/data/areas beside the checkout, and are skipped where they are not.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import MultiPolygon, box

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def london() -> MultiPolygon:
    """London's bounding box as a market."""
    return MultiPolygon([box(-0.51, 51.28, 0.34, 51.70)])


@pytest.fixture(scope="session")
def neighbourhoods() -> dict[str, dict[str, Any]]:
    """San Francisco's neighbourhoods: name -> GeoJSON MultiPolygon."""
    folder = Path(os.environ.get("DIBS_AREAS", REPOSITORY.parent / "shared" / "data" / "areas"))
    path = folder / "san-francisco.geojson"
    if not path.exists():
        pytest.skip(
            f"no {path}; copy public/data/san-francisco.geojson of codeforgermany/click_that_hood "
            "into a folder and name that folder in DIBS_AREAS"
        )
    features = json.loads(path.read_text())["features"]
    return {feature["properties"]["name"]: feature["geometry"] for feature in features}
