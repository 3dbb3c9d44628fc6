"""Which metric projections a market may name, and whether one fits where the market lies.

Distances are measured in the projection's plane, so it must be in metres and made for the place:
one metre in London is 1.6 of Web Mercator's. Taken are the UTM zones of WGS84, ETRS89 and NAD83
and the national grids below; PostGIS must know the code too.
"""

import re

from geo.points import LonLat
from seed_data.folder.faults import BadValue

NATIONAL_GRIDS: dict[int, tuple[float, float, float, float]] = {
    27700: (-9.0, 49.7, 2.0, 61.0),  # British National Grid
    2157: (-10.7, 51.3, -5.3, 55.5),  # Irish Transverse Mercator
    2154: (-9.9, 41.1, 10.4, 51.6),  # Lambert-93, France
    28992: (3.2, 50.7, 7.3, 53.7),  # Amersfoort / RD New, Netherlands
    31370: (2.5, 49.4, 6.5, 51.6),  # Belgian Lambert 72
    2056: (5.9, 45.8, 10.5, 47.9),  # CH1903+ / LV95, Switzerland
    2180: (14.1, 49.0, 24.2, 55.0),  # Poland CS92
    3006: (10.0, 54.9, 24.2, 69.1),  # SWEREF99 TM, Sweden
    3067: (19.0, 58.8, 31.6, 70.1),  # ETRS-TM35FIN, Finland
    2193: (166.3, -47.4, 178.6, -34.0),  # New Zealand Transverse Mercator
}
"""EPSG code -> west, south, east, north of the area it is made for, degrees."""

_UTM = (
    (32600, 1, 60, 1),  # WGS84, north
    (32700, 1, 60, -1),  # WGS84, south
    (25800, 28, 38, 1),  # ETRS89
    (26900, 1, 23, 1),  # NAD83
)


def srid_of(projection: object, centre: LonLat) -> int:
    """The EPSG code of a projection such as `EPSG:32610`. Raises BadValue `bad_projection`."""
    match = re.fullmatch(r"EPSG:(\d{4,5})", str(projection))
    if not match:
        raise BadValue("bad_projection", f"{projection!r} is not of the form EPSG:32610")
    srid = int(match[1])
    if not _known(srid):
        raise BadValue(
            "bad_projection", f"{projection} is neither a UTM zone nor a national grid we know"
        )
    if not _fits(srid, centre):
        raise BadValue("bad_projection", f"{projection} is not made for {tuple(centre)}")
    return srid


def _known(srid: int) -> bool:
    zones = (base + first <= srid <= base + last for base, first, last, _ in _UTM)
    return srid in NATIONAL_GRIDS or any(zones)


def _fits(srid: int, centre: LonLat) -> bool:
    if srid in NATIONAL_GRIDS:
        west, south, east, north = NATIONAL_GRIDS[srid]
        return west <= centre.lon <= east and south <= centre.lat <= north
    base = srid // 100 * 100
    hemisphere = next(side for start, _, _, side in _UTM if start == base)
    meridian = (srid - base) * 6 - 183
    return abs(centre.lon - meridian) <= 4.5 and -1 < centre.lat * hemisphere <= 84
