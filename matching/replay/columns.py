"""Columns of one length that rows are added to and dropped from: offers that are out, bookings."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.arrays import Bools

Column = NDArray[Any]


class Columns:
    """Named arrays of one length, each of its type."""

    def __init__(self, **types: Any) -> None:
        self._at: dict[str, Column] = {name: np.zeros(0, kind) for name, kind in types.items()}

    def __getitem__(self, name: str) -> Column:
        return self._at[name]

    def __len__(self) -> int:
        return len(next(iter(self._at.values())))

    def add(self, **rows: Column) -> None:
        """Add rows; every column is named."""
        for name, before in self._at.items():
            self._at[name] = np.concatenate([before, rows[name].astype(before.dtype, copy=False)])

    def keep(self, kept: Bools) -> None:
        """Drop the rows that are not kept."""
        if not kept.all():
            self._at = {name: values[kept] for name, values in self._at.items()}

    def rows(self, chosen: Any) -> dict[str, Column]:
        """Some rows, by name."""
        return {name: values[chosen] for name, values in self._at.items()}
