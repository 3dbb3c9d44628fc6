"""Where things are: points, distances, areas, travel time and privacy cells.

Everything here is pure (numpy, shapely, h3) but for one module. A place is a `LonLat`, degrees on
WGS84, longitude first; many places are one float64 array of shape (n, 2). Functions over places are
vectorised; where one place is the usual case there is a form for it too.

    points      what a place is, and the refusal of what is none
    distance    great-circle metres, and where one comes out after some of them
    frame       a flat frame in metres around a place
    areas       service areas and markets: read from GeoJSON, covers, metres outside, simplify
    polygons    the reading of hostile GeoJSON, before any geometry is built
    refusals    why an area is refused, with facts and a sentence
    circles     a radius as a polygon to draw
    cells       the H3 cell that stands for a place
    tiles       the squares that a web map is made of
    coarse      distances and times rounded before strangers see them
    travel      how long a trip takes, by mode: a protocol and the great-circle model
    postgis     the column types and expressions of PostGIS; the one module that needs a database
                library, and so the one that matching never imports

Decisions:

- The sphere, not the ellipsoid: at most 0.56 % off, an order below what a detour factor guesses,
  and no projection library is needed in Python. PostGIS projects where an index needs metres.
- An area's edges are straight in degrees, as RFC 7946 has it. So Python and PostGIS agree on who is
  inside, and no edge bends by a projection.
- Metres outside an area: the nearest place is found in a flat frame, the distance measured on the
  sphere. An error of the frame then moves the foot of the perpendicular and not its length.
- An area that crosses itself is refused, not mended: a mended bow tie is not what somebody drew.
  Polygons that overlap each other are united, for there is only one thing they can mean.
"""
