"""Why an area is refused: one reason, the facts behind it, and a sentence for the person."""

REASONS: dict[str, str] = {
    "not_a_polygon": "An area is a GeoJSON Polygon or MultiPolygon: {problem}.",
    "too_many_vertices": "The area has {count} vertices; at most {limit} are taken.",
    "not_closed": "Ring {ring} of polygon {polygon} does not end where it begins.",
    "not_finite": "A coordinate of ring {ring}, polygon {polygon} is not a finite number.",
    "out_of_range": "A position of ring {ring}, polygon {polygon} is no place on Earth: {problem}.",
    "crosses_antimeridian": "An edge at {at} spans over 180 degrees of longitude: an area that "
    "crosses the antimeridian is given as two polygons, cut there (RFC 7946, 3.1.9).",
    "self_crossing": "Polygon {polygon} crosses or touches itself at {at}.",
    "misplaced_hole": "A hole of polygon {polygon} is not inside it, or inside another, at {at}.",
    "empty": "The area has no inside.",
    "too_large": "The area is {km2} km2; at most {limit_km2} km2 are taken.",
    "outside_market": "The area reaches {metres_outside} m outside the market at {at}.",
}
"""Every reason with its sentence; polygons and rings count from 0, places are lon, lat."""


class AreaRefused(ValueError):
    """An area that is not taken: `reason` is a key of REASONS, `facts` can be written as JSON."""

    def __init__(self, reason: str, **facts: object) -> None:
        message = REASONS[reason].format(**facts)
        if facts.get("looks_swapped"):
            message += " Its coordinates look swapped: longitude comes first."
        super().__init__(message)
        self.reason = reason
        self.facts = facts
