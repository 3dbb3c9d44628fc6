"""Travel times from a router on real roads, with the great circle to fall back to.

`geo.travel.TravelModel` says what a model of travel is; `open_travel` gives the one that the
settings ask for. Without a router that is `GreatCircleTravel`; with one it is `RoutedTravel`, which
asks a Valhalla or OSRM server for tables of durations within a time limit, and answers with the
great circle for every trip that the router did not say something sensible about in time.

    routers     the two dialects: the request for one table, and the reading of its answer
    tables      from pairs of places to few, small tables of sources x targets
    routed      the model: asks, judges, falls back, counts

Decisions
- A round must not wait for a router: one limit covers the whole call, and what came in time is
  used. After a call in which nothing came, the router is left alone for some seconds.
- A trip without a route gets the great circle's time, not infinity: where a router finds no way, a
  place was most often put on the wrong piece of road, and the person who lives there would get no
  offers at all. It is counted as `no_route`.
- Routers tell the way; parking and waiting come from the default model's overhead.
- No table of public transport: neither router has one. Those trips keep the great circle.
- Requests hold people's places, so no address, no body and no error text is ever logged.
"""

from __future__ import annotations

from typing import Literal

from geo.travel import GreatCircleTravel, TravelModel
from service.travel.routed import RoutedTravel
from service.travel.routers import Osrm, Valhalla

RouterKind = Literal["valhalla", "osrm"]


def open_travel(
    kind: RouterKind | None,
    url: str = "",
    limit_s: float = 1.0,
    default: GreatCircleTravel | None = None,
) -> TravelModel:
    """The model of travel: the default one, or a router's that falls back to it.

    `limit_s` bounds what one question waits. Raises ValueError for an address that is not http.
    """
    default = default or GreatCircleTravel()
    if kind is None:
        return default
    if not url.startswith(("http://", "https://")):
        raise ValueError("a router has an http address")
    router = Valhalla(url) if kind == "valhalla" else Osrm(url)
    return RoutedTravel(router, default, limit_s=limit_s)
