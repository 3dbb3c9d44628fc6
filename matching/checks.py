"""What a column of a problem may hold, and the refusal that names the column when it does not."""

from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


class ProblemRefused(ValueError):
    """A problem that is not consistent. Facts: `field` (dotted path), `reason`, `row` (or None)."""

    def __init__(self, field: str, reason: str, row: str | int | None = None) -> None:
        super().__init__(f"{field}: {reason}" + ("" if row is None else f" (row {row})"))
        self.field = field
        self.reason = reason
        self.row = row


@dataclass(frozen=True)
class Column:
    """What annotates a field that holds one array, of shape (n,) or, with a width, (n, width).

    Its type, its least and greatest value, and whether NaN may stand for "none".
    """

    dtype: Any
    least: float = 0
    most: float = 1
    none_allowed: bool = False
    width: int = 1


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of one length, checked at construction and read-only afterwards."""

    NAME: ClassVar[str]
    COLUMNS: ClassVar[dict[str, Column]]

    def __init_subclass__(cls) -> None:
        hints = get_type_hints(cls, include_extras=True).items()
        notes = {name: getattr(hint, "__metadata__", (None,))[0] for name, hint in hints}
        cls.COLUMNS = {name: note for name, note in notes.items() if isinstance(note, Column)}

    def __post_init__(self) -> None:
        length: int | None = None
        for name, spec in self.COLUMNS.items():
            path = f"{self.NAME}.{name}"
            values = _checked(path, getattr(self, name), spec)
            if length is not None and len(values) != length:
                raise ProblemRefused(path, f"has {len(values)} rows, other columns {length}")
            length = len(values)
            object.__setattr__(self, name, values)

    def refuse_where(self, bad: NDArray[np.bool_], name: str, reason: str) -> None:
        """Raises ProblemRefused for the first row that is bad, if there is one."""
        if bad.any():
            raise ProblemRefused(f"{self.NAME}.{name}", reason, int(np.argmax(bad)))


def unchecked(kind: type[T], /, **fields: Any) -> T:
    """A table or problem of fields that are right because of where they come from: all are named,
    nothing is checked. For rows of checked tables that are taken again and again.
    """
    made = object.__new__(kind)
    vars(made).update(fields)
    return made


def refuse_duplicates(path: str, ids: tuple[str, ...]) -> None:
    """Raises ProblemRefused if two rows have one id."""
    if len(set(ids)) == len(ids):
        return
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            raise ProblemRefused(path, "two rows have one id", each)
        seen.add(each)


def _checked(path: str, given: Any, spec: Column) -> NDArray[Any]:
    """A read-only view of the column in its type. Raises ProblemRefused."""
    values = _as_type(path, given, spec)
    shape = (len(values),) if spec.width == 1 else (len(values), spec.width)
    if values.shape != shape:
        raise ProblemRefused(path, f"must have shape {shape}, not {values.shape}")
    if values.dtype != np.bool_ and values.size:
        _refuse_values(path, values, spec)
    values = values.view()
    values.flags.writeable = False
    return values


def _as_type(path: str, given: Any, spec: Column) -> NDArray[Any]:
    source = np.asarray(given)
    wanted = np.dtype(spec.dtype)
    if source.size == 0:
        return np.zeros((0,) if spec.width == 1 else (0, spec.width), dtype=wanted)
    if not np.can_cast(source.dtype, wanted, "same_kind"):
        raise ProblemRefused(path, f"must hold {wanted}, not {source.dtype}")
    return source.astype(wanted, copy=False)


def _refuse_values(path: str, values: NDArray[Any], spec: Column) -> None:
    bad = ~((values >= spec.least) & (values <= spec.most))
    if spec.none_allowed:
        bad &= ~np.isnan(values)
    if not bad.any():
        return
    where = np.argwhere(bad)[0]
    value = values[tuple(where)]
    reason = f"must be within {spec.least:g} and {spec.most:g}, not {value}"
    raise ProblemRefused(path, reason, int(where[0]))
