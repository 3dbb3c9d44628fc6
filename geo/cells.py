"""Privacy cells: the H3 hexagon that stands for a place when its exact point is nobody's business.

Resolution 8: a hexagon of 0.74 km2 on average, its centre at most some 600 m from any place in it.
"""

from collections.abc import Iterable

import h3

from geo.points import Floats, LonLat, as_points, lonlat

RESOLUTION = 8


def cell_of(place: LonLat) -> str:
    """The cell that holds the place, as H3 writes it (15 hexadecimal digits). Raises BadPoint."""
    lon, lat = lonlat(*place)
    return str(h3.latlng_to_cell(lat, lon, RESOLUTION))


def centre_of(cell: str) -> LonLat:
    """The centre of a cell. Raises ValueError for a text that is no cell of this resolution."""
    lat, lon = h3.cell_to_latlng(_checked(cell))
    return LonLat(lon, lat)


def cells_of(points: Floats) -> list[str]:
    """The cell of each place of an (n, 2) array. Raises BadPoint."""
    latlng_to_cell = h3.latlng_to_cell
    return [latlng_to_cell(lat, lon, RESOLUTION) for lon, lat in as_points(points).tolist()]


def centres_of(cells: Iterable[str]) -> Floats:
    """The centre of each cell, shape (n, 2). Raises ValueError."""
    return as_points([centre_of(cell) for cell in cells])


def is_cell(text: object) -> bool:
    """True for the name of a cell of this resolution."""
    return (
        isinstance(text, str) and h3.is_valid_cell(text) and h3.get_resolution(text) == RESOLUTION
    )


def region_of(cell: str, resolution: int) -> str:
    """The larger hexagon that holds most of a cell: 5 is some 10 km across, 4 some 26 km.

    Raises ValueError for a text that is no cell, or a resolution that is not coarser.
    """
    if not 0 <= resolution < RESOLUTION:
        raise ValueError(f"a region's resolution is below {RESOLUTION}: {resolution}")
    return str(h3.cell_to_parent(_checked(cell), resolution))


def _checked(cell: str) -> str:
    if not is_cell(cell):
        raise ValueError(f"not an H3 cell of resolution {RESOLUTION}: {cell!r}")
    return cell
