"""Builds a San Francisco to import: a market folder on the real polygons of its neighbourhoods.

`python -m seed_data.san_francisco NEIGHBOURHOODS.geojson FOLDER` writes the folder. The polygons
come with islands, holes and thousands of vertices, and are written as they are, both as places
and as the service areas of generated taskers: simplifying them is the importer's work. Rates are
London's in dollars, roughly; populations are not in the file, so size stands in for them.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely
import typer
from shapely import MultiPolygon

from geo.areas import parse_area
from geo.points import LonLat
from matching.policy import PolicyDocument
from seed_data import LONDON
from seed_data.city import Category, City, Market, Place, Tasker
from seed_data.folder import read_city, write_folder
from seed_data.folder.areas import READ
from seed_data.folder.fields import as_slug
from seed_data.taskers import generate_taskers

PUBLIC_COPY = (
    "GeoJSON of the neighbourhoods. Public copy: GitHub codeforgermany/click_that_hood, commit"
    " 48ba05a, public/data/san-francisco.geojson (MIT licence)."
)
DOLLARS_PER_POUND = 1.7
RATE_STEP = 50

MARKET = Market(
    slug="san-francisco",
    name="San Francisco",
    zone=ZoneInfo("America/Los_Angeles"),
    currency="USD",
    srid=32610,
    centre=LonLat(-122.4376, 37.7577),
    turn_around_s=900,
    simplify_tolerance_m=5,
    policy=PolicyDocument(),
)


def san_francisco(neighbourhoods: Path) -> City:
    """The city around the neighbourhoods of a GeoJSON file; their union is its boundary."""
    features = json.loads(neighbourhoods.read_text(encoding="utf-8"))["features"]
    places = tuple(map(_place, features))
    whole = shapely.union_all([place.shape for place in places])
    london = read_city(LONDON)
    return City(
        market=MARKET,
        boundary=MultiPolygon(list(shapely.get_parts(whole))),
        places=places,
        categories=tuple(map(_in_dollars, london.categories)),
        windows=london.windows,
        with_budget=london.with_budget,
    )


def taskers_of_neighbourhoods(city: City, count: int, rng: np.random.Generator) -> list[Tasker]:
    """Generated taskers who each serve the whole neighbourhood they live in, as it is on file."""
    shapes = np.array([place.shape for place in city.districts], dtype=object)
    shapely.prepare(shapes)
    taskers = generate_taskers(city, count, rng)
    return [
        replace(tasker, area=_home_of(tasker, shapes), same_day_area=None) for tasker in taskers
    ]


def _home_of(tasker: Tasker, shapes: Any) -> MultiPolygon:
    at = shapely.Point(tasker.home)
    home = shapes[int(shapely.distance(shapes, at).argmin())]
    return MultiPolygon(list(shapely.get_parts(home)))


def _place(feature: dict[str, Any]) -> Place:
    """A neighbourhood as a district; one that crosses itself is mended here, not on import."""
    area = parse_area(feature["geometry"], limits=READ, mend=True)
    middle = shapely.point_on_surface(area)
    name = feature["properties"]["name"]
    return Place(
        id=as_slug(name),
        kind="district",
        name=name,
        shape=area.geoms[0] if len(area.geoms) == 1 else area,
        centre=LonLat(middle.x, middle.y),
    )


def _in_dollars(category: Category) -> Category:
    rates = (category.rate_low, category.rate_median, category.rate_high)
    low, median, high = (round(rate * DOLLARS_PER_POUND / RATE_STEP) * RATE_STEP for rate in rates)
    return replace(category, rate_low=low, rate_median=median, rate_high=high)


def main(
    neighbourhoods: Annotated[Path, typer.Argument(help=PUBLIC_COPY)],
    folder: Annotated[Path, typer.Argument(help="The market folder to write.")],
    taskers: Annotated[int, typer.Option(min=0, help="How many taskers to generate.")] = 400,
    seed: Annotated[int, typer.Option(help="The same seed gives the same city.")] = 1,
) -> None:
    """Build the market folder of San Francisco from its real neighbourhoods."""
    city = san_francisco(neighbourhoods)
    people = taskers_of_neighbourhoods(city, taskers, np.random.default_rng(seed))
    write_folder(folder, city, people)
    typer.echo(f"{folder}: {len(city.places)} neighbourhoods, {len(people)} taskers")


if __name__ == "__main__":
    typer.run(main)
