"""Which constraint means which refusal, said once: what the database stops, the caller hears in
the same words.
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from service.errors import (
    ChoreTaken,
    Conflict,
    EmailTaken,
    ExperimentRuns,
    OverlappingBooking,
    Problem,
)

MEANING: dict[str, type[Problem]] = {
    "uq_accounts_email": EmailTaken,
    "uq_bookings_live": ChoreTaken,
    "uq_bookings_offer_id": ChoreTaken,
    "ex_bookings_tasker_held": OverlappingBooking,
    "ex_experiments_during": ExperimentRuns,
    "uq_offers_pending": Conflict,
}

DEADLOCK = "40P01"
SERIALIZATION = "40001"


def sqlstate_of(error: DBAPIError) -> str | None:
    """The five-character SQLSTATE of what PostgreSQL answered, if it answered."""
    return getattr(error.orig, "sqlstate", None)


def meaning_of(error: DBAPIError) -> Problem | None:
    """The refusal a broken constraint stands for; None if the error is not one that a caller can
    cause.
    """
    diagnostics = getattr(error.orig, "diag", None)
    kind = MEANING.get(getattr(diagnostics, "constraint_name", None) or "")
    return kind() if kind else None
