"""What tests say to the api and expect of it: bodies that are fine, and refusals with nothing
written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import psycopg

from geo.points import LonLat
from tests.support.scene import HACKNEY

PROBLEMS = "https://dibs.example/problems/"

TABLES = (
    "chores", "events", "event_counters", "taskers", "skills", "service_areas", "weekly_hours",
    "hours_exceptions", "presence", "presence_cells", "present_skills", "presence_log",
    "favourites", "blocks", "offers", "bookings", "idempotency_keys", "audit_entries",
)  # fmt: skip


def point(place: LonLat = HACKNEY) -> dict[str, Any]:
    """A GeoJSON point."""
    return {"type": "Point", "coordinates": [place.lon, place.lat]}


def chore(**different: Any) -> dict[str, Any]:
    """A chore that can be posted: an hour of mounting in Hackney, now."""
    return {
        "market": "london",
        "category": "mounting",
        "point": point(),
        "address": "12 Mare Street, London E8",
        "notes": "Brick wall.",
        "when": "now",
        "duration_min": 60,
        "budget": {"amount": 3500, "currency": "GBP"},
    } | different


def profile(**different: Any) -> dict[str, Any]:
    """A profile that can be put."""
    return {"market": "london", "base_point": point(), "mode": "bike"} | different


def pounds(amount: float) -> dict[str, Any]:
    """An amount of money; a whole number is as JSON has it."""
    return {"amount": amount, "currency": "GBP"}


def everything(connection: psycopg.Connection) -> dict[str, list[Any]]:
    """All rows of the tables that these rooms write, to compare before and after.

    Without what the relay writes on an event in its own time.
    """
    row = "to_jsonb(t) - 'relayed_at' - 'delivered_at'"
    return {
        table: connection.execute(f"SELECT {row} FROM {table} t ORDER BY 1".encode()).fetchall()
        for table in TABLES
    }


def refused(answer: httpx.Response, problem: str, reason: str | None = None) -> Mapping[str, Any]:
    """Hold the answer to be this refusal, for this reason; gives the first error's members."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert body["type"] == PROBLEMS + problem, answer.text
    assert body["status"] == answer.status_code < 500
    first: Mapping[str, Any] = (body.get("errors") or [{}])[0]
    if reason is not None:
        assert first["reason"] == reason, answer.text
    return first
