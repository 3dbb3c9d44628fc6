"""The ground of a city: where people live, and points and shapes on it, drawn many at a time."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry, MultiPolygon
from shapely.ops import split

from geo.areas import simplify
from geo.frame import LocalFrame
from geo.points import Floats
from seed_data.city import City, Place

Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]

DECIMALS = 6
"""Of a degree, in what is drawn: 11 cm."""

NEAR_A_LOCALITY = 0.65
LOCALITY_SPREAD_M = 700.0
RIVERSIDE_M = 180.0
EDGE_VERTICES = 200
EDGE_TOLERANCE_M = 25.0
MOST_TRIES = 200


@dataclass(frozen=True)
class Ground:
    """A city laid out for drawing: made once by `ground_of`, then asked for homes and districts.

    `districts` are the shapes of `city.districts`; `unlived` is river, parks and the like;
    `localities` and `names` are those of each district's localities, or the district's own name;
    `banks` are the two sides of the river within the edge, or the edge alone where there is none.
    """

    city: City
    frame: LocalFrame
    edge: MultiPolygon
    districts: Shapes
    weights: Floats
    localities: tuple[Floats, ...]
    names: tuple[tuple[str, ...], ...]
    unlived: Geometry
    banks: Shapes

    def draw_districts(self, count: int, rng: np.random.Generator) -> Ints:
        """Indices of districts, by population, shape (count,)."""
        drawn: Ints = rng.choice(len(self.weights), size=count, p=self.weights)
        return drawn

    def draw_homes(self, districts: Ints, rng: np.random.Generator) -> Floats:
        """A place to live in each of these districts, degrees, shape (n, 2).

        Two thirds lie around the district's localities, the others anywhere in it; none on
        unlived ground, except where a district has hardly any other.
        """
        homes = np.zeros((len(districts), 2))
        missing = np.arange(len(districts))
        for _ in range(MOST_TRIES):
            homes[missing] = self._candidates(districts[missing], rng)
            missing = missing[~self._liveable(homes[missing], districts[missing])]
            if not len(missing):
                break
        centres = shapely.get_coordinates(shapely.point_on_surface(self.districts))
        homes[missing] = np.round(centres[districts[missing]], DECIMALS)
        return homes

    def quarters(self, points: Floats, districts: Ints) -> list[str]:
        """The name of the nearest locality of each point's district, or the district's own."""
        nearest = np.zeros(len(points), dtype=np.int64)
        metres = self.frame.to_metres(points)
        for district in np.unique(districts):
            if len(places := self.localities[district]):
                here = districts == district
                apart = metres[here][:, None] - self.frame.to_metres(places)
                nearest[here] = (apart**2).sum(axis=2).argmin(axis=1)
        return [self.names[d][n] for d, n in zip(districts, nearest, strict=True)]

    def _candidates(self, districts: Ints, rng: np.random.Generator) -> Floats:
        near = rng.random(len(districts)) < NEAR_A_LOCALITY
        west, south, east, north = shapely.bounds(self.districts)[districts].T
        anywhere = np.column_stack((rng.uniform(west, east), rng.uniform(south, north)))
        around = anywhere.copy()
        picks = rng.random(len(districts))
        for district in np.unique(districts):
            here, places = districts == district, self.localities[district]
            if len(places):
                around[here] = places[(picks[here] * len(places)).astype(np.int64)]
            else:
                near &= ~here
        spread = rng.normal(0.0, LOCALITY_SPREAD_M, (len(districts), 2))
        around = self.frame.to_lonlat(self.frame.to_metres(around) + spread)
        drawn: Floats = np.where(near[:, None], around, anywhere)
        return np.asarray(np.round(drawn, DECIMALS), dtype=np.float64)

    def _liveable(self, points: Floats, districts: Ints) -> NDArray[np.bool_]:
        x, y = points.T
        inside = shapely.contains_xy(self.districts[districts], x, y)
        inside &= shapely.contains_xy(self.edge, x, y)
        return np.asarray(inside & ~shapely.contains_xy(self.unlived, x, y), dtype=np.bool_)


def ground_of(city: City) -> Ground:
    """The ground of a city. Districts without any population known are weighed by their size."""
    middle = city.market.centre
    frame, edge = LocalFrame(middle), _edge_of(city.boundary)
    districts = np.array([place.shape for place in city.districts], dtype=object)
    people = np.array([place.population for place in city.districts], dtype=np.float64)
    weights = people if people.any() else _sizes(districts)
    unlived = _unlived(city.places, frame)
    for shape in (*districts, edge, unlived):
        shapely.prepare(shape)
    return Ground(
        city=city,
        frame=frame,
        edge=edge,
        districts=districts,
        weights=weights / weights.sum(),
        localities=tuple(_localities(city, place) for place in city.districts),
        names=tuple(_names(city, place) for place in city.districts),
        unlived=unlived,
        banks=_banks(edge, city.places),
    )


def _sizes(shapes: Shapes) -> Floats:
    return np.asarray(shapely.area(shapes), dtype=np.float64)


def _edge_of(boundary: MultiPolygon) -> MultiPolygon:
    """The boundary, simple enough for an area cut along it to keep few vertices."""
    if shapely.get_num_coordinates(boundary) <= EDGE_VERTICES:
        return boundary
    return simplify(boundary, EDGE_TOLERANCE_M)


def _localities(city: City, district: Place) -> Floats:
    points = [place.shape for place in city.localities_of(district.id)]
    return np.asarray(shapely.get_coordinates(np.array(points, dtype=object))).reshape(-1, 2)


def _names(city: City, district: Place) -> tuple[str, ...]:
    return tuple(place.name for place in city.localities_of(district.id)) or (district.name,)


def _unlived(places: tuple[Place, ...], frame: LocalFrame) -> Geometry:
    shapes: list[Any] = [p.shape for p in places if p.kind in ("park", "no_homes")]
    for place in places:
        if place.kind == "river":
            flat = shapely.transform(place.shape, frame.to_metres)
            shapes.append(shapely.transform(shapely.buffer(flat, RIVERSIDE_M), frame.to_lonlat))
    return shapely.union_all(shapes)


def _banks(edge: MultiPolygon, places: tuple[Place, ...]) -> Shapes:
    """The edge cut along the rivers; slivers between edge and river are no bank."""
    parts: list[Any] = list(edge.geoms)
    for river in (place.shape for place in places if place.kind == "river"):
        parts = [piece for part in parts for piece in split(part, cast("Any", river)).geoms]
    least = 0.02 * shapely.area(edge)
    banks = np.array([part for part in parts if shapely.area(part) >= least], dtype=object)
    shapely.prepare(banks)
    return banks
