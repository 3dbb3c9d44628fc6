"""The two dialects of routers: what to ask for one table of durations, and what the answer says.

Valhalla: `POST /sources_to_targets` (docs/api/matrix); `verbose: false` is asked for, the verbose
form of older servers is read too. OSRM: `GET /table/v1/{profile}/{coordinates}` (docs/http.md). In
both a duration is in seconds, and null where there is no route.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Protocol, TypeVar

import httpx
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geo.points import Floats
from geo.travel import Mode
from service.travel.tables import DIGITS, Limits, Table


class RouterRefused(Exception):
    """The router answered that it does not answer this."""


class RouterNonsense(Exception):
    """The router answered something that is no table of durations of this shape."""


class Router(Protocol):
    """One server's dialect."""

    @property
    def limits(self) -> Limits:
        """What the server takes in one request, as it comes out of the box."""
        ...

    @property
    def modes(self) -> frozenset[Mode]:
        """The modes it is asked about."""
        ...

    def request(self, table: Table, mode: Mode) -> httpx.Request:
        """The request for the durations of a table."""
        ...

    def durations(self, response: httpx.Response) -> list[list[float | None]]:
        """The seconds that a successful response holds, row by row. Raises RouterNonsense."""
        ...


def read_durations(router: Router, response: httpx.Response, table: Table) -> Floats:
    """The seconds of the table, shape (sources, targets), NaN where there is no route.

    Raises RouterRefused and RouterNonsense.
    """
    if response.status_code != httpx.codes.OK:
        raise RouterRefused
    rows = router.durations(response)
    if len(rows) != len(table.sources) or {len(row) for row in rows} != {len(table.targets)}:
        raise RouterNonsense
    return np.array(rows, dtype=np.float64)


class Valhalla:
    """A Valhalla server, which knows every costing by name."""

    limits = Limits(places=2_501, cells=2_500)
    costings: Mapping[Mode, str] = {
        Mode.WALK: "pedestrian",
        Mode.BIKE: "bicycle",
        Mode.CAR: "auto",
        Mode.VAN: "auto",
    }

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/sources_to_targets"

    @property
    def modes(self) -> frozenset[Mode]:
        """Every mode but public transport, which its matrix does not know."""
        return frozenset(self.costings)

    def request(self, table: Table, mode: Mode) -> httpx.Request:
        """The matrix request: locations as objects, the short form of the answer."""
        question = {
            "sources": [{"lon": lon, "lat": lat} for lon, lat in table.sources.tolist()],
            "targets": [{"lon": lon, "lat": lat} for lon, lat in table.targets.tolist()],
            "costing": self.costings[mode],
            "verbose": False,
        }
        return httpx.Request("POST", self._url, json=question)

    def durations(self, response: httpx.Response) -> list[list[float | None]]:
        """`sources_to_targets.durations`, or the `time` of each cell in the verbose form."""
        told = _read(_ValhallaAnswer, response).sources_to_targets
        if isinstance(told, _Durations):
            return told.durations
        return [[cell.time for cell in row] for row in told]


class Osrm:
    """OSRM servers, each serving the one profile of its data, whatever profile the path names.

    An address with `{mode}` in it stands for a server per mode (`http://osrm-{mode}:5000`: car,
    bike, foot); one without is a car's.
    """

    limits = Limits(places=100, cells=10_000)
    profiles: Mapping[Mode, str] = {
        Mode.WALK: "foot",
        Mode.BIKE: "bike",
        Mode.CAR: "car",
        Mode.VAN: "car",
    }

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    @property
    def modes(self) -> frozenset[Mode]:
        """By car and van, and where there is a server for each also on foot and by bike."""
        driven = {Mode.CAR, Mode.VAN}
        return frozenset(self.profiles if "{mode}" in self._url else driven)

    def request(self, table: Table, mode: Mode) -> httpx.Request:
        """The table request: all coordinates in the path, sources and destinations by number."""
        places = [*table.sources.tolist(), *table.targets.tolist()]
        path = ";".join(f"{lon:.{DIGITS}f},{lat:.{DIGITS}f}" for lon, lat in places)
        profile, many = self.profiles[mode], len(table.sources)
        query = {
            "sources": ";".join(map(str, range(many))),
            "destinations": ";".join(map(str, range(many, len(places)))),
            "annotations": "duration",
            "generate_hints": "false",
        }
        address = f"{self._url.replace('{mode}', profile)}/table/v1/{profile}/{path}"
        return httpx.Request("GET", address, params=query)

    def durations(self, response: httpx.Response) -> list[list[float | None]]:
        """`durations`, row-major, of an answer whose `code` is Ok."""
        return _read(_OsrmAnswer, response).durations


Seconds = Annotated[float, Field(allow_inf_nan=False)]


class _Answer(BaseModel):
    """Numbers are numbers, and what else an answer holds is not looked at."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


AnswerT = TypeVar("AnswerT", bound=_Answer)


class _Durations(_Answer):
    durations: list[list[Seconds | None]]


class _Cell(_Answer):
    time: Seconds | None


class _ValhallaAnswer(_Answer):
    sources_to_targets: _Durations | list[list[_Cell]]


class _OsrmAnswer(_Durations):
    code: Literal["Ok"]


def _read(kind: type[AnswerT], response: httpx.Response) -> AnswerT:
    try:
        return kind.model_validate_json(response.content)
    except ValidationError:
        raise RouterNonsense from None
