"""The chances of one who waits at a place: what has lately arrived there, shared among the waiting.

The plane is cut into square cells. For each side two numbers are kept per cell: arrivals lately
(fading over the memory), and how many of the side wait within reach of the cell. An arrival of the
other side in a cell is a chance for each who waits within reach of it, so the chances per second of
one who waits are the sum, over the cells within reach, of arrivals there per second over waiting
there. The cells wrap round far away: a file says nowhere how large its city is.
"""

import numpy as np

from matching.arrays import Floats, Ints

CELLS = 128
"""Cells a side; with a fifth of the reach each, places share a cell from 25 reaches apart."""
CELLS_PER_REACH = 5
SIDES = 2
LAST_CELL = CELLS * CELLS - 1
"""As a mask, it wraps a cell's number, for their count is a power of two."""


class Chances:
    """What has been seen so far of both sides (0 tasks, 1 workers), by cell.

    reach_m: how far workers go. memory_s: the time over which arrivals fade. shared_by: added to
    those who wait, so that one who waits alone does not count on every arrival.
    """

    def __init__(self, reach_m: float, memory_s: float, shared_by: float) -> None:
        self._cell_m = max(reach_m, 1.0) / CELLS_PER_REACH
        self._memory_s, self._shared_by = memory_s, shared_by
        self._recent: Floats = np.zeros((SIDES, CELLS * CELLS))
        self._waiting: Floats = np.zeros((SIDES, CELLS * CELLS))
        self._began_s = self._faded_s = -np.inf
        steps = np.arange(-CELLS_PER_REACH, CELLS_PER_REACH + 1)
        over, up = np.meshgrid(steps, steps)
        inside = np.hypot(over, up) <= CELLS_PER_REACH
        self._offsets: Ints = (up * CELLS + over)[inside]

    def count(self, side: int, x_m: Floats, y_m: Floats, now: float) -> None:
        """Arrivals of one side, now."""
        self._fade(now)
        np.add.at(self._recent[side], self._cell(x_m, y_m), 1.0)

    def wait(self, side: int, x_m: Floats, y_m: Floats, change: int) -> None:
        """Those begin to wait (1), or no longer do (-1)."""
        np.add.at(self._waiting[side], self._around(x_m, y_m).ravel(), float(change))

    def per_second(self, side: int, x_m: Floats, y_m: Floats, now: float) -> Floats:
        """The chances of those of one side who wait at these places, per second, shape (n,)."""
        around = self._around(x_m, y_m)
        seen_s = max(now - self._began_s, 60.0)
        memory_s = self._memory_s * -np.expm1(-seen_s / self._memory_s)
        chances: Floats = (
            self._recent[1 - side][around] / (self._waiting[side][around] + self._shared_by)
        ).sum(axis=1) / memory_s
        return chances

    def _around(self, x_m: Floats, y_m: Floats) -> Ints:
        """The cells within reach of each place, shape (n, cells)."""
        cells: Ints = (self._cell(x_m, y_m)[:, None] + self._offsets) & LAST_CELL
        return cells

    def _cell(self, x_m: Floats, y_m: Floats) -> Ints:
        """The cell of each place: rows of cells one after another, the end joined to the start."""
        column = np.floor(x_m / self._cell_m).astype(np.int64)
        row = np.floor(y_m / self._cell_m).astype(np.int64)
        cell: Ints = (row * CELLS + column) & LAST_CELL
        return cell

    def _fade(self, now: float) -> None:
        """Lets what was seen fade, in steps that are small beside the memory."""
        if self._began_s == -np.inf:
            self._began_s = self._faded_s = now
        if now - self._faded_s >= self._memory_s / 1000:
            self._recent *= np.exp((self._faded_s - now) / self._memory_s)
            self._faded_s = now
