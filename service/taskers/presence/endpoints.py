"""Presence over HTTP: the heartbeat of a tasker's phone."""

from __future__ import annotations

from typing import Any, Self

from fastapi import APIRouter
from pydantic import ConfigDict, Field, model_validator

from geo.cells import centre_of
from service.errors import NotAllowed, OutsideMarket, ProfileNeeded
from service.http.access import Tasker
from service.http.documentation import refuses
from service.http.schemas import In, Out, PointIn, PointOut, UtcTime
from service.runtime import Db, Now
from service.taskers.presence import operations

router = APIRouter(prefix="/v1/taskers/me/presence", tags=["taskers"])

HERE: dict[str, Any] = {"type": "Point", "coordinates": [-0.0553, 51.545]}


class PresenceIn(In):
    """Online, and where; or offline."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"online": True, "point": HERE}, {"online": False}]}
    )

    online: bool
    point: PointIn | None = Field(default=None, description="needed while online, and only then")

    @model_validator(mode="after")
    def _a_point_while_online(self) -> Self:
        if self.online != (self.point is not None):
            raise ValueError("a point goes with being online, and with nothing else")
        return self


class PresenceOut(Out):
    """What is kept: the centre of the cell, never the point."""

    online: bool
    near: PointOut | None = Field(description="the centre of the cell that holds the point")
    online_since: UtcTime | None


OFFLINE = PresenceOut(online=False, near=None, online_since=None)


@router.put("", responses=refuses(ProfileNeeded, OutsideMarket, NotAllowed))
async def put_presence(body: PresenceIn, caller: Tasker, db: Db, now: Now) -> PresenceOut:
    """The caller is online, at this point; said again every minute at least. Or offline."""
    if body.point is None:
        await db.run(operations.go_offline, tasker_id=caller.account_id, now=now)
        return OFFLINE
    cell, since = await db.run(
        operations.come_online,
        tasker_id=caller.account_id,
        place=body.point.lonlat(),
        now=now,
    )
    return PresenceOut(online=True, near=PointOut.of(centre_of(cell)), online_since=since)


@router.delete("", status_code=204, responses=refuses(ProfileNeeded))
async def delete_presence(caller: Tasker, db: Db, now: Now) -> None:
    """The caller is offline."""
    await db.run(operations.go_offline, tasker_id=caller.account_id, now=now)
