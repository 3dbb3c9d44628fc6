"""The audit: what operators did by hand, each written with the change itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.db.tables import AuditEntry
from service.errors import Invalid


def record(
    session: AsyncSession,
    *,
    operator_id: UUID,
    market_id: int | None,
    action: str,
    subject: str,
    reason: str,
    facts: dict[str, Any],
    now: datetime,
) -> None:
    """Note who did what to what, and why. `facts` holds JSON values, never a secret or a place.

    Raises Invalid without a reason, which takes back what was to be noted.
    """
    if not reason.strip():
        raise Invalid.field("reason", "missing", "Say why: the audit keeps it.")
    session.add(
        AuditEntry(
            at=now,
            operator_id=operator_id,
            market_id=market_id,
            action=action,
            subject=subject,
            reason=reason,
            facts=facts,
        )
    )
