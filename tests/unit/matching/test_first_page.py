"""The example on the package's first page is true."""

import doctest
from pkgutil import iter_modules
from zoneinfo import ZoneInfo

from shapely.geometry import MultiPolygon, box

import matching
from geo.cells import cell_of
from geo.points import LonLat
from geo.travel import GreatCircleTravel
from matching.building import Chore, Tasker, build_problem
from matching.engine import match
from matching.policy import PolicyDocument
from matching.problem import Market

NAMES = (
    Chore, GreatCircleTravel, LonLat, Market, MultiPolygon, PolicyDocument, Tasker, ZoneInfo, box,
    build_problem, cell_of, match,
)  # fmt: skip


def test_the_first_page_does_what_it_says() -> None:
    known = {each.__name__: each for each in NAMES}
    found = doctest.testmod(matching, extraglobs=known)
    assert (found.failed, found.attempted > 5) == (0, True)


def test_the_first_page_names_every_module() -> None:
    page = matching.__doc__ or ""
    missing = [each.name for each in iter_modules(matching.__path__) if f"`{each.name}" not in page]
    assert missing == []
