"""What operators who watch a market are told of it: the whole first, then what changed.

These frames are not numbered, not kept and not acknowledged: who comes back watches anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from pydantic import Field

from notifications.messages import BookingState, Instant, Wire

T = TypeVar("T")

PAGE = 400
"""Chores and bookings of one frame: about 100 KB, which a slow line takes in a second or two."""

MarketName = Annotated[
    str, Field(max_length=41, pattern="^[a-z][a-z0-9-]{1,40}$", examples=["london"])
]
Lon = Annotated[float, Field(ge=-180, le=180, examples=[-0.0553])]
Lat = Annotated[float, Field(ge=-90, le=90, examples=[51.545])]


class MarketCounts(Wire):
    """How many there are at this moment, shown or not."""

    open: int = Field(ge=0, description="chores whose next wave is to come")
    offered: int = Field(ge=0, description="chores with offers that are unanswered")
    unfilled: int = Field(ge=0, description="chores whose last wave has passed")
    bookings: int = Field(ge=0, description="bookings that stand")
    online: int = Field(ge=0, description="taskers")
    offers: int = Field(ge=0, description="unanswered")


class WatchedChore(Wire):
    """A chore that looks for somebody, at its exact place."""

    id: UUID
    status: Literal["open", "offered", "unfilled"]
    category: str = Field(examples=["mounting"])
    lon: Lon
    lat: Lat
    wave: int = Field(ge=0, description="waves extended so far")
    radius_m: float = Field(ge=0, description="how far the newest wave reaches, or the first will")
    offers: int = Field(ge=0, description="unanswered")
    starts_at: Instant


class WatchedBooking(Wire):
    """A booking that stands."""

    id: UUID
    chore_id: UUID
    tasker_id: UUID
    status: BookingState
    lon: Lon
    lat: Lat


class WatchedTasker(Wire):
    """A tasker who came online or moved: the centre of the cell they are in."""

    id: UUID
    lon: Lon
    lat: Lat


class MarketNow(Wire):
    """A market that you watch: all of it at first, in one frame or several, then what changed."""

    frame: Literal["market"] = "market"
    market: MarketName
    at: Instant
    begin: bool = Field(description="the first frame of a whole: forget what you have of it")
    counts: MarketCounts
    chores: list[WatchedChore] = Field(description="new or changed")
    bookings: list[WatchedBooking] = Field(description="new or changed")
    taskers: list[WatchedTasker] = Field(
        description="who came online or moved since; those of the whole are on the tiles"
    )
    gone: list[UUID] = Field(
        description="chores, bookings and taskers that are to be shown no longer"
    )
    reload: bool = Field(description="more taskers moved than are listed: load the tiles anew")


class Refused(Wire):
    """You may not watch that, or there is no such market. The stream goes on."""

    frame: Literal["refused"] = "refused"
    watch: MarketName
    reason: Literal["not_allowed", "unknown_market"]


@dataclass(frozen=True, slots=True)
class MarketView:
    """A market at a moment, and which taskers came, moved (`moved`) or went (`left`) since the
    view before; `many`: more than are listed.
    """

    market: str
    at: datetime
    counts: MarketCounts
    chores: Mapping[UUID, WatchedChore]
    bookings: Mapping[UUID, WatchedBooking]
    moved: Sequence[WatchedTasker] = ()
    left: Sequence[UUID] = ()
    many: bool = False


def whole(view: MarketView) -> Iterator[MarketNow]:
    """All of a market, in frames of bounded size; there is always a first one."""
    chores, bookings = iter(view.chores.values()), iter(view.bookings.values())
    begin = True
    while True:
        some = list(islice(chores, PAGE))
        more = list(islice(bookings, PAGE - len(some)))
        if not (begin or some or more):
            return
        yield _frame(view, begin=begin, chores=some, bookings=more)
        begin = False


def change(before: MarketView, after: MarketView) -> MarketNow | None:
    """What is different, None if nothing is. Looks may overlap in time: a move is told once."""
    chores, bookings = (
        _new(before.chores, after.chores),
        _new(before.bookings, after.bookings),
    )
    gone = [*_gone(before.chores, after.chores), *_gone(before.bookings, after.bookings)]
    moved = [tasker for tasker in after.moved if tasker not in before.moved]
    gone += [tasker_id for tasker_id in after.left if tasker_id not in before.left]
    nothing = not (chores or bookings or gone or moved or after.many)
    if nothing and before.counts == after.counts:
        return None
    frame = _frame(after, begin=False, chores=chores, bookings=bookings)
    return frame.model_copy(update={"taskers": moved, "gone": gone, "reload": after.many})


def _frame(
    view: MarketView,
    *,
    begin: bool,
    chores: list[WatchedChore],
    bookings: list[WatchedBooking],
) -> MarketNow:
    return MarketNow(
        market=view.market,
        at=view.at,
        begin=begin,
        counts=view.counts,
        chores=chores,
        bookings=bookings,
        taskers=[],
        gone=[],
        reload=False,
    )


def _new(before: Mapping[UUID, T], after: Mapping[UUID, T]) -> list[T]:
    return [item for key, item in after.items() if before.get(key) != item]


def _gone(before: Mapping[UUID, T], after: Mapping[UUID, T]) -> list[UUID]:
    return [key for key in before if key not in after]
