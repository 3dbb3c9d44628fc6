"""A router's times are taken where it answers, and the great circle's wherever it does not."""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import structlog
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from geo.distance import great_circle_m
from geo.points import Floats
from geo.travel import GreatCircleTravel, Mode, Modes
from service.travel import open_travel
from service.travel.routed import RoutedTravel, Source
from service.travel.routers import Osrm, Router, Valhalla
from tests.integration.travel.conftest import ROAD_M_S, LocalRouter

DEFAULT = GreatCircleTravel()
TRIPS = 12
RNG = np.random.default_rng(3)
STARTS, ENDS = RNG.uniform((-0.2, 51.4), (0.0, 51.6), (2, TRIPS, 2))
ALL_BY_CAR: Modes = np.full(TRIPS, Mode.CAR, dtype=np.int8)
BY_ROAD = great_circle_m(STARTS, ENDS) / ROAD_M_S + DEFAULT.overhead_s(ALL_BY_CAR)
BY_DEFAULT = DEFAULT.travel_s(STARTS, ENDS, ALL_BY_CAR)


@pytest.fixture
def router(request: pytest.FixtureRequest, server: LocalRouter) -> Router:
    """The dialect of `server`, at its address."""
    spoken = request.node.callspec.params["server"]
    return Valhalla(server.url) if spoken == "valhalla" else Osrm(server.url)


def asked(model: RoutedTravel, modes: Modes = ALL_BY_CAR) -> Floats:
    return model.travel_s(STARTS, ENDS, modes)


def counted(source: Source) -> float:
    return REGISTRY.get_sample_value("dibs_travel_trips_total", {"source": source.label}) or 0.0


def test_every_trip_takes_what_the_router_says_and_the_overhead(router: Router) -> None:
    before = counted(Source.ROUTER)
    assert asked(RoutedTravel(router, DEFAULT, limit_s=30)) == pytest.approx(BY_ROAD, abs=1)
    assert counted(Source.ROUTER) - before == TRIPS


def test_a_coroutine_asks_without_blocking_its_loop(router: Router) -> None:
    model = RoutedTravel(router, DEFAULT, limit_s=30)
    told = asyncio.run(model.ask(STARTS, ENDS, ALL_BY_CAR))
    assert told == pytest.approx(BY_ROAD, abs=1)


def test_no_trips_ask_nothing(router: Router, server: LocalRouter) -> None:
    none, no_modes = np.empty((0, 2)), np.empty(0, dtype=np.int8)
    assert RoutedTravel(router, DEFAULT).travel_s(none, none, no_modes).shape == (0,)
    assert server.asked == []


def test_staying_takes_no_time_whatever_the_router_says(router: Router) -> None:
    model = RoutedTravel(router, DEFAULT, limit_s=30)
    assert (model.travel_s(STARTS, STARTS, ALL_BY_CAR) == 0).all()


def test_valhalla_is_asked_by_costing_and_never_about_public_transport(
    valhalla_server: LocalRouter,
) -> None:
    modes = np.arange(TRIPS, dtype=np.int8) % len(Mode)
    model = RoutedTravel(Valhalla(valhalla_server.url), DEFAULT, limit_s=30)
    told = asked(model, modes)
    costings = {json.loads(body)["costing"] for _, _, body in valhalla_server.asked}
    assert costings == {"auto", "bicycle", "pedestrian"}
    riding = modes == Mode.TRANSIT
    assert np.array_equal(told[riding], DEFAULT.travel_s(STARTS, ENDS, modes)[riding])
    roads = great_circle_m(STARTS, ENDS) / ROAD_M_S + DEFAULT.overhead_s(modes)
    assert told[~riding] == pytest.approx(roads[~riding], abs=1)


def test_one_osrm_server_is_a_car_s_and_is_not_asked_how_to_walk(osrm_server: LocalRouter) -> None:
    walking: Modes = np.full(TRIPS, Mode.WALK, dtype=np.int8)
    told = asked(RoutedTravel(Osrm(osrm_server.url), DEFAULT), walking)
    assert np.array_equal(told, DEFAULT.travel_s(STARTS, ENDS, walking))
    assert osrm_server.asked == []


def test_an_osrm_server_for_each_mode_is_asked_for_its_own(osrm_server: LocalRouter) -> None:
    modes = np.array([Mode.WALK, Mode.BIKE, Mode.VAN] * 4, dtype=np.int8)
    asked(RoutedTravel(Osrm(osrm_server.url + "/{mode}"), DEFAULT), modes)
    assert {path.split("/")[1] for _, path, _ in osrm_server.asked} == {"foot", "bike", "car"}


def test_the_verbose_answer_of_older_valhallas_is_read_too(valhalla_server: LocalRouter) -> None:
    def verbose(answer: Any) -> tuple[int, bytes]:
        rows = answer["sources_to_targets"]["durations"]
        cells = [
            [
                {"from_index": i, "to_index": j, "time": cell, "distance": 1.2, "cost": 9.0}
                for j, cell in enumerate(row)
            ]
            for i, row in enumerate(rows)
        ]
        return 200, json.dumps({"sources_to_targets": cells, "units": "kilometers"}).encode()

    valhalla_server.spoil = verbose
    told = asked(RoutedTravel(Valhalla(valhalla_server.url), DEFAULT, limit_s=30))
    assert told == pytest.approx(BY_ROAD, abs=1)


def test_a_trip_without_a_route_takes_the_default_time_and_is_counted(
    router: Router, server: LocalRouter
) -> None:
    server.spoil = with_cell(lambda _: None)
    before = counted(Source.NO_ROUTE)
    assert np.array_equal(asked(RoutedTravel(router, DEFAULT, limit_s=30)), BY_DEFAULT)
    assert counted(Source.NO_ROUTE) - before == TRIPS


VALHALLA_REFUSAL = json.dumps(
    {
        "error_code": 171,
        "error": "No suitable edges near location",
        "status_code": 400,
        "status": "Bad Request",
    }
).encode()
REFUSALS: dict[str, tuple[int, bytes]] = {
    "no road near (Valhalla)": (400, VALHALLA_REFUSAL),
    "no road near (OSRM)": (
        400,
        b'{"code":"NoSegment","message":"Could not find a matching segment for coordinate 0"}',
    ),
    "too many places": (400, b'{"code":"TooBig","message":"Too many table coordinates"}'),
    "broken": (500, b"<html>Internal Server Error</html>"),
    "moved": (301, b""),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_refusing_router_leaves_the_default_times(
    router: Router, server: LocalRouter, refusal: tuple[int, bytes]
) -> None:
    server.spoil = lambda _: refusal
    before = counted(Source.REFUSED)
    assert np.array_equal(asked(RoutedTravel(router, DEFAULT, limit_s=30)), BY_DEFAULT)
    assert counted(Source.REFUSED) - before == TRIPS


def with_cell(change: Callable[[float], object]) -> Callable[[Any], tuple[int, bytes]]:
    """The server's answer with every duration changed."""

    def spoil(answer: Any) -> tuple[int, bytes]:
        told = answer.get("sources_to_targets", answer)
        told["durations"] = [[change(cell) for cell in row] for row in told["durations"]]
        return 200, json.dumps(answer).encode()

    return spoil


def without_a_row(answer: Any) -> tuple[int, bytes]:
    told = answer.get("sources_to_targets", answer)
    told["durations"] = told["durations"][1:]
    return 200, json.dumps(answer).encode()


NONSENSE: dict[str, Callable[[Any], tuple[int, bytes]]] = {
    "not JSON": lambda _: (200, b"<html>It works!</html>"),
    "nothing": lambda _: (200, b""),
    "a list": lambda _: (200, b"[]"),
    "nested 100,000 deep": lambda _: (200, b"[" * 100_000),
    "another table": without_a_row,
    "text": with_cell(str),
    "true": with_cell(lambda _: True),
    "not a number": with_cell(lambda _: float("nan")),
    "infinite": with_cell(lambda _: float("inf")),
    "an integer beyond floats": with_cell(lambda _: 10**400),
    "negative": with_cell(lambda s: -s),
    "a thousand times as fast": with_cell(lambda s: s / 1000),
    "a week": with_cell(lambda _: 7 * 86_400),
}


@pytest.mark.parametrize("spoil", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_leaves_the_default_times(
    router: Router, server: LocalRouter, spoil: Callable[[Any], tuple[int, bytes]]
) -> None:
    server.spoil = spoil
    before = counted(Source.NONSENSE)
    assert np.array_equal(asked(RoutedTravel(router, DEFAULT, limit_s=30)), BY_DEFAULT)
    assert counted(Source.NONSENSE) - before == TRIPS


def test_a_silent_router_costs_the_limit_once_and_is_left_alone_for_a_while(
    router: Router, server: LocalRouter
) -> None:
    now = 100.0
    model = RoutedTravel(router, DEFAULT, limit_s=1.0, rest_s=10, clock=lambda: now)
    server.go_on.clear()
    began = time.monotonic()
    assert np.array_equal(asked(model), BY_DEFAULT)
    assert 1 <= time.monotonic() - began < 3

    requests, resting = len(server.asked), counted(Source.RESTING)
    assert np.array_equal(asked(model), BY_DEFAULT)
    assert len(server.asked) == requests
    assert counted(Source.RESTING) - resting == TRIPS

    server.go_on.set()
    now = 110.0
    assert asked(model) == pytest.approx(BY_ROAD, abs=1)


def test_a_router_that_is_not_there_costs_no_wait() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}"
        before = counted(Source.UNREACHABLE)
        told = asked(RoutedTravel(Valhalla(closed), DEFAULT, limit_s=30))
    assert np.array_equal(told, BY_DEFAULT)
    assert counted(Source.UNREACHABLE) - before == TRIPS


def test_what_came_in_time_is_used_though_the_rest_is_late(osrm_server: LocalRouter) -> None:
    """The first answer is let through, the others wait: some trips are routed, some are not."""
    first = True

    def first_only(_: Any) -> None:
        nonlocal first
        if not first:
            osrm_server.go_on.clear()
            osrm_server.go_on.wait()
        first = False

    osrm_server.spoil = first_only
    told = asked(RoutedTravel(Osrm(osrm_server.url), DEFAULT, limit_s=1.0, at_once=1))
    by_road = np.isclose(told, BY_ROAD, atol=1)
    assert 0 < by_road.sum() < TRIPS
    assert np.array_equal(told[~by_road], BY_DEFAULT[~by_road])


def test_failures_are_logged_without_a_place_or_an_address(osrm_server: LocalRouter) -> None:
    structlog.reset_defaults()  # whatever level an api of another test's module has set
    osrm_server.spoil = lambda _: REFUSALS["broken"]
    with capture_logs() as logs:
        asked(RoutedTravel(Osrm(osrm_server.url), DEFAULT, limit_s=30))
    assert logs == [
        {"event": "router_failed", "log_level": "warning", "trips": TRIPS, "refused": TRIPS}
    ]


def test_the_settings_choose_the_model(osrm_server: LocalRouter) -> None:
    assert isinstance(open_travel(None), GreatCircleTravel)
    told = open_travel("osrm", osrm_server.url, 30).travel_s(STARTS, ENDS, ALL_BY_CAR)
    assert told == pytest.approx(BY_ROAD, abs=1)
    with pytest.raises(ValueError, match="http address"):
        open_travel("valhalla", "localhost:8002")
