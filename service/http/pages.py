"""Cursor pages: newest first, by id (UUID version 7, so by time), with an opaque cursor to the
next page.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import Field

from service.errors import BadCursor
from service.http.schemas import Out

T = TypeVar("T")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Cut:
    """Which page is wanted: `limit` rows with an id below `before` (None: from the newest)."""

    limit: int
    before: UUID | None


class Page(Out, Generic[T]):
    """One page. `next` is the cursor of the page after it, null on the last."""

    items: list[T]
    next: str | None = Field(default=None, examples=["AZrTq3xQdAC3AAECAwQFBg"])


async def cut_of(
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> Cut:
    """The page a request asks for. Raises BadCursor."""
    if cursor is None:
        return Cut(limit, None)
    try:
        return Cut(limit, UUID(bytes=base64.urlsafe_b64decode(cursor + "==")))
    except ValueError:
        raise BadCursor from None


PageOf = Annotated[Cut, Depends(cut_of)]


def page(
    rows: Sequence[Row], cut: Cut, id_of: Callable[[Row], UUID], show: Callable[[Row], T]
) -> Page[T]:
    """The page made of `rows`, which a query fetched with `limit + 1` so that a next page is known
    of.
    """
    shown = rows[: cut.limit]
    more = len(rows) > cut.limit
    cursor = base64.urlsafe_b64encode(id_of(shown[-1]).bytes).decode().rstrip("=") if more else None
    return Page[T](items=[show(row) for row in shown], next=cursor)
