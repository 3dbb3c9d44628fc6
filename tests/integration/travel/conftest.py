"""Routers on real sockets, answering in the documented formats of Valhalla and OSRM.

Durations are the great circle at 10 m/s, whole seconds from Valhalla as it gives them, tenths from
OSRM, so that a test knows what a road would have said.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from geo.distance import pairwise_m
from geo.points import Floats, as_points

ROAD_M_S = 10.0
Answer = tuple[int, bytes]


@dataclass
class LocalRouter:
    """A running server: its address, what it was asked, and a way to make it answer otherwise."""

    url: str
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)
    spoil: Callable[[Any], Answer | None] = lambda answer: None
    go_on: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.go_on.set()


def durations_between(sources: Floats, targets: Floats) -> list[list[float]]:
    rows: list[list[float]] = (pairwise_m(sources, targets) / ROAD_M_S).tolist()
    return rows


def valhalla(path: str, body: bytes) -> dict[str, Any]:
    """The short matrix answer of Valhalla 3.5 (`verbose: false`)."""
    question = json.loads(body)
    assert path == "/sources_to_targets"
    assert question["costing"] in {"auto", "bicycle", "pedestrian"}
    assert question["verbose"] is False
    sources, targets = (
        as_points([(place["lon"], place["lat"]) for place in question[side]])
        for side in ("sources", "targets")
    )
    seconds = [[int(cell) for cell in row] for row in durations_between(sources, targets)]
    kilometres = [[cell / 100 for cell in row] for row in seconds]
    return {
        "sources_to_targets": {"durations": seconds, "distances": kilometres},
        "units": "kilometers",
        "algorithm": "costmatrix",
    }


def osrm(path: str, _body: bytes) -> dict[str, Any]:
    """The table answer of OSRM 5 and 6, waypoints included."""
    parts = urlsplit(path)
    service, version, profile, coordinates = parts.path.split("/")[-4:]
    assert (service, version) == ("table", "v1")
    assert profile in {"car", "bike", "foot"}
    places = as_points([tuple(map(float, at.split(","))) for at in coordinates.split(";")])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert query["annotations"] == "duration"
    sources, targets = (
        places[[int(number) for number in query[side].split(";")]]
        for side in ("sources", "destinations")
    )
    assert len(places) <= 100
    return {
        "code": "Ok",
        "durations": [[round(c, 1) for c in row] for row in durations_between(sources, targets)],
        "sources": [waypoint(place) for place in sources.tolist()],
        "destinations": [waypoint(place) for place in targets.tolist()],
    }


def waypoint(place: list[float]) -> dict[str, Any]:
    return {"location": place, "name": "Friedrichstraße", "distance": 4.15}


def served(speak: Callable[[str, bytes], dict[str, Any]]) -> Iterator[LocalRouter]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            router.asked.append((self.command, self.path, body))
            router.go_on.wait()
            answer = speak(self.path, body)
            status, content = router.spoil(answer) or (200, json.dumps(answer).encode())
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_args: object) -> None:
            pass

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (BrokenPipeError, ConnectionResetError):  # the asker did not wait
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    router = LocalRouter(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield router
    router.go_on.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def valhalla_server() -> Iterator[LocalRouter]:
    """A server that speaks Valhalla's matrix."""
    yield from served(valhalla)


@pytest.fixture
def osrm_server() -> Iterator[LocalRouter]:
    """A server that speaks OSRM's table."""
    yield from served(osrm)


@pytest.fixture(params=["valhalla", "osrm"])
def server(request: pytest.FixtureRequest) -> LocalRouter:
    """Either server; its dialect is the test's parameter."""
    router: LocalRouter = request.getfixturevalue(f"{request.param}_server")
    return router
