"""All routes of the taskers' rooms. `me` comes before `{tasker_id}`, which would match it too."""

from __future__ import annotations

from service.taskers.areas.endpoints import router as areas
from service.taskers.endpoints import for_operators
from service.taskers.endpoints import router as profile
from service.taskers.hours.endpoints import router as hours
from service.taskers.presence.endpoints import router as presence
from service.taskers.wishes.endpoints import router as wishes

ROUTERS = (profile, areas, hours, presence, wishes, for_operators)
