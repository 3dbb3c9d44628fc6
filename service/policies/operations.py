"""Use cases of policies: read what is in force, change it, look back, go back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from matching.policy import PolicyDocument
from service import audit
from service.db.engine import wake
from service.db.tables import PolicyVersion
from service.errors import NotFound, OutdatedVersion, UnknownCategory
from service.markets.operations import market_in_path
from service.markets.queries import categories_of
from service.policies import queries
from service.policies.differences import Change, changes
from service.policies.queries import Version


@dataclass(frozen=True, slots=True)
class Policy:
    """A version, the slugs of the categories it governs, and how many open chores it was given."""

    market: str
    version: Version
    categories: list[str]
    applied_to: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """A version and what it changed."""

    version: Version
    changes: list[Change]


async def read_policy(session: AsyncSession, *, market: str, version: int | None = None) -> Policy:
    """A version of a market's policy, the one in force for None. Raises NotFound."""
    facts = await market_in_path(session, slug=market)
    if version is None:
        found: Version | None = await queries.newest_version(session, facts.id)
    else:
        found = await queries.one_version(session, facts.id, version)
    if found is None:
        raise NotFound("There is no such version.")
    return Policy(market, found, await _slugs(session, facts.id))


async def list_versions(
    session: AsyncSession, *, market: str, before: int | None, limit: int
) -> list[Step]:
    """Versions newest first, each with what it changed: one more than `limit` if there are more."""
    facts = await market_in_path(session, slug=market)
    found = await queries.versions(session, facts.id, before=before, limit=limit + 2)
    earlier = [version.document for version in found[1:]]
    if found and found[-1].version == 1:
        earlier.append(found[-1].document)
    return [
        Step(version, changes(document, version.document))
        for version, document in zip(found, earlier, strict=False)
    ][: limit + 1]


async def change_policy(
    session: AsyncSession,
    *,
    market: str,
    document: PolicyDocument,
    made_from: int,
    apply_to_open: bool,
    reason: str,
    operator_id: UUID,
    now: datetime,
    reverted_to: int | None = None,
) -> Policy:
    """Put a new version in force, if `made_from` still is; `reverted_to`: whose document it is.

    Raises NotFound, OutdatedVersion, UnknownCategory for a category the market lacks.
    """
    facts = await market_in_path(session, slug=market)
    slugs = await _slugs(session, facts.id)
    for slug in document.categories:
        if slug not in slugs:
            raise UnknownCategory.field(
                f"document.categories.{slug}", "unknown_category", f"{facts.name} has none such."
            )
    await queries.lock_policy(session, facts.id)
    last = await queries.newest_version(session, facts.id)
    if last.version != made_from:
        raise OutdatedVersion(f"Version {last.version} is in force.", version=last.version)
    kept = PolicyVersion(
        market_id=facts.id,
        version=last.version + 1,
        document=document.model_dump(mode="json"),
        author_id=operator_id,
        reason=reason,
        created_at=now,
    )
    session.add(kept)
    await session.flush()
    applied_to = 0
    if apply_to_open:
        applied_to = await queries.apply_to_open(session, facts.id, version=kept.version, now=now)
    noted = {"applied_to": applied_to} | ({"reverted_to": reverted_to} if reverted_to else {})
    _note(session, kept, last, noted, operator_id)
    wake(session, f"work:{facts.id}")
    found = await queries.newest_version(session, facts.id)
    return Policy(market, found, slugs, applied_to)


async def revert_policy(
    session: AsyncSession,
    *,
    market: str,
    to: int,
    made_from: int,
    apply_to_open: bool,
    reason: str,
    operator_id: UUID,
    now: datetime,
) -> Policy:
    """Put the document of version `to` in force again, as a new version.

    Raises NotFound, and what `change_policy` does: a category may be gone since.
    """
    past = await read_policy(session, market=market, version=to)
    return await change_policy(
        session,
        market=market,
        document=PolicyDocument.model_validate(past.version.document),
        made_from=made_from,
        apply_to_open=apply_to_open,
        reason=reason,
        operator_id=operator_id,
        now=now,
        reverted_to=to,
    )


def _note(
    session: AsyncSession,
    kept: PolicyVersion,
    last: Version,
    facts: Mapping[str, int],
    operator_id: UUID,
) -> None:
    differences = changes(last.document, kept.document)
    audit.record(
        session,
        operator_id=operator_id,
        market_id=kept.market_id,
        action="policy.changed",
        subject=f"policy version {kept.version}",
        reason=kept.reason,
        facts={
            "made_from": last.version,
            "changes": [change._asdict() for change in differences],
            **facts,
        },
        now=kept.created_at,
    )


async def _slugs(session: AsyncSession, market_id: int) -> list[str]:
    return [category.slug for category in await categories_of(session, market_id)]
