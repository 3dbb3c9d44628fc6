"""Draws a city's districts around its localities, where no true borders may be copied.

Every point of a bank of the river belongs to the district of its nearest locality: a few hundred
true positions give shapes that a resident recognises, from data that is nobody's. They are
approximate, and their properties say so. `python -m seed_data.drawing FOLDER` redraws the
districts of a folder's `places.geojson` in place.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import shapely
import typer
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.ops import split

from geo.frame import LocalFrame
from geo.points import LonLat
from seed_data.folder.writer import write_features

DECIMALS = 5
"""Of a degree, in what is drawn: a metre. Shared corners round alike, so borders still meet."""

NOTE = "approximate: the ground nearest to the district's localities"


def draw_districts(
    boundary: Polygon, river: LineString, localities: dict[str, list[tuple[float, float]]]
) -> dict[str, MultiPolygon]:
    """District -> its part of the boundary, from the (lon, lat) of the localities in it.

    The river is a border: a locality takes ground on its own bank only. Together the districts
    cover the boundary and do not overlap.
    """
    frame = LocalFrame(LonLat(*boundary.centroid.coords[0]))
    names = [name for name, places in localities.items() for _ in places]
    places = np.array([place for places in localities.values() for place in places])
    points = shapely.points(frame.to_metres(places))
    parts: dict[str, list[Polygon]] = {name: [] for name in localities}
    flat, river_m = (shapely.transform(shape, frame.to_metres) for shape in (boundary, river))
    for bank in split(flat, river_m).geoms:
        for index, cell in _cells(cast("Polygon", bank), points):
            parts[names[index]].append(cell)
    united = {name: shapely.union_all(cells) for name, cells in parts.items()}
    return {
        name: _rounded(shapely.transform(shape, frame.to_lonlat)) for name, shape in united.items()
    }


def _cells(bank: Polygon, points: Any) -> Iterator[tuple[int, Polygon]]:
    """The locality (by index) and the ground of each Voronoi cell, cut to one bank."""
    here = np.flatnonzero(shapely.contains(bank, points))
    diagram = shapely.voronoi_polygons(
        shapely.multipoints(points[here]), extend_to=shapely.envelope(bank), ordered=True
    )
    for index, cell in zip(here, diagram.geoms, strict=True):
        yield int(index), cast("Polygon", shapely.intersection(cell, bank))


def _rounded(shape: Any) -> MultiPolygon:
    """A shape in degrees, rounded, as a MultiPolygon."""
    rounded = shapely.transform(shape, lambda points: np.round(points, DECIMALS))
    polygons = shapely.get_parts(rounded)
    return shapely.orient_polygons(MultiPolygon([part for part in polygons if not part.is_empty]))


def redraw(folder: Path) -> None:
    """Give every district of `places.geojson` the shape its localities draw."""
    boundary = _features(folder / "boundary.geojson")[0]["geometry"]
    path = folder / "places.geojson"
    features = _features(path)
    by_kind = {
        kind: [f for f in features if f["properties"]["kind"] == kind]
        for kind in ("district", "locality", "river")
    }
    localities: dict[str, list[tuple[float, float]]] = {}
    for place in by_kind["locality"]:
        point = place["geometry"]["coordinates"]
        localities.setdefault(place["properties"]["district"], []).append((point[0], point[1]))
    edge = cast("Polygon", shapely.geometry.shape(boundary))
    river = cast("LineString", shapely.geometry.shape(by_kind["river"][0]["geometry"]))
    shapes = draw_districts(edge, river, localities)
    for place in by_kind["district"]:
        place["geometry"] = shapely.geometry.mapping(shapes[place["properties"]["id"]])
        place["properties"]["note"] = NOTE
    write_features(path, features)


def _features(path: Path) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", json.loads(path.read_text(encoding="utf-8"))["features"])


if __name__ == "__main__":
    typer.run(redraw)
