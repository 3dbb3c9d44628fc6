"""How long a tasker takes from one place to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from geo.distance import great_circle_m
from geo.points import Floats

Modes = NDArray[np.int8]
"""Array of `Mode` values, shape (n,)."""


class Mode(IntEnum):
    """How a tasker gets about; stored and sent by its name in lower case."""

    WALK = 0
    BIKE = 1
    TRANSIT = 2
    CAR = 3
    VAN = 4

    @classmethod
    def named(cls, name: str) -> "Mode":
        """The mode called `name`. Raises ValueError."""
        for mode in cls:
            if mode.label == name:
                return mode
        raise ValueError(f"no mode of travel is called {name!r}: {', '.join(MODE_NAMES)}")

    @property
    def label(self) -> str:
        """Its name, as stored and sent."""
        return self.name.lower()


MODE_NAMES: tuple[str, ...] = tuple(mode.label for mode in Mode)
"""The names, each at the position of its mode's number."""


class TravelModel(Protocol):
    """Anything that can say how long trips take: the default below, or a router behind a port."""

    def travel_s(self, origins: Floats, destinations: Floats, modes: Modes) -> Floats:
        """Seconds from each origin to its destination by its mode, elementwise.

        `origins` and `destinations` are degrees (lon, lat), shape (n, 2), `modes` and the answer
        have shape (n,). Every answer is finite and not negative; empty input gives empty output.
        """
        ...


@dataclass(frozen=True)
class Pace:
    """How one mode moves: metres of way per metre as the crow flies, m/s under way, s per trip."""

    detour: float
    speed_m_s: float
    overhead_s: float

    def __post_init__(self) -> None:
        if not (1.0 <= self.detour < 10.0 and 0.1 <= self.speed_m_s <= 60.0):
            raise ValueError(f"no way to travel: {self}")
        if not 0.0 <= self.overhead_s <= 7_200.0:
            raise ValueError(f"overhead_s is 0 to 7200 seconds, not {self.overhead_s}")


BIG_CITY: Mapping[Mode, Pace] = MappingProxyType(
    {
        Mode.WALK: Pace(detour=1.25, speed_m_s=1.34, overhead_s=60),
        Mode.BIKE: Pace(detour=1.25, speed_m_s=4.2, overhead_s=120),
        Mode.TRANSIT: Pace(detour=1.35, speed_m_s=6.0, overhead_s=600),
        Mode.CAR: Pace(detour=1.35, speed_m_s=5.8, overhead_s=300),
        Mode.VAN: Pace(detour=1.35, speed_m_s=5.4, overhead_s=360),
    }
)
"""A big city by day: 4.8 km/h on foot, 15 by bike, 21 and 19 by car and van, the overhead being
the wait and walk, or the parking. Round figures to start from, not measurements of one city."""


class GreatCircleTravel:
    """Great circle x detour / speed + a fixed overhead per trip, each by mode.

    Nobody travels no distance: a trip to where one already stands takes no time.
    """

    def __init__(self, paces: Mapping[Mode, Pace] = BIG_CITY) -> None:
        """Raises KeyError unless every mode has its pace."""
        self._s_per_m = np.array([paces[mode].detour / paces[mode].speed_m_s for mode in Mode])
        self._overhead_s = np.array([paces[mode].overhead_s for mode in Mode])

    def travel_s(self, origins: Floats, destinations: Floats, modes: Modes) -> Floats:
        """Seconds, elementwise: see TravelModel. Raises BadPoint."""
        return self.trips_s(great_circle_m(origins, destinations), modes)

    def trips_s(self, metres: Floats, modes: Modes) -> Floats:
        """Seconds for trips of so many metres as the crow flies, by mode, elementwise."""
        trips: Floats = metres * self._s_per_m[modes] + self._overhead_s[modes]
        return np.where(metres > 0, trips, 0.0)

    def overhead_s(self, modes: Modes) -> Floats:
        """What a trip takes beyond the way itself (parking, waiting), seconds, shape (n,)."""
        overhead: Floats = self._overhead_s[modes]
        return overhead

    def reach_m(self, within_s: float, mode: Mode) -> float:
        """How far as the crow flies one comes within `within_s` seconds, metres; never negative."""
        return max(0.0, (within_s - float(self._overhead_s[mode])) / float(self._s_per_m[mode]))
