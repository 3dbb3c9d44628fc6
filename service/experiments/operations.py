"""Use cases of experiments: start one, place a chore in it, look, stop, plan."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import region_of
from matching.switchback import Placement, Switchback
from service import audit
from service.db.tables import Experiment, new_id
from service.errors import ExperimentRuns, Invalid, NotFound, TooLittleRecorded, WrongState
from service.experiments import queries
from service.experiments.queries import Outcome
from service.experiments.results import design_of
from service.http.pages import Cut
from service.markets.operations import market_in_path

RECORDED_DAYS = 28
"""How far back a plan looks: as many weeks as tell one from the other."""
FEWEST_DAYS = 4
SOONEST = timedelta(minutes=5)
"""How late a start may be asked for: the request itself takes a moment."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An experiment as an editor asks for it. No seed: one is drawn; no start: at once."""

    name: str
    version_a: int
    version_b: int
    starts_at: datetime | None
    days: int
    slot_s: int
    washout_s: int
    resolution: int
    seed: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """An experiment, whose idea it was, and where it stands: scheduled, running, ended, stopped."""

    experiment: Experiment
    author: str
    status: str
    outcomes: list[Outcome] | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """Where a chore falls in the experiment that runs, and the version it is matched under."""

    experiment_id: UUID
    version: int
    placement: Placement


async def start_experiment(
    session: AsyncSession, *, market: str, draft: Draft, operator_id: UUID, now: datetime
) -> Told:
    """Start an experiment, or have it start later.

    Raises NotFound, Invalid for versions that are none or the same and for a start that is over,
    ExperimentRuns while another would.
    """
    facts = await market_in_path(session, slug=market)
    starts_at = draft.starts_at or now
    await _refuse_draft(session, facts.id, draft, starts_at, now)
    ends_at = starts_at + timedelta(days=draft.days)
    other = await queries.overlapping(session, facts.id, starts_at, ends_at)
    if other is not None:
        raise ExperimentRuns(
            f"“{other.name}” would run at the same time.", experiment=str(other.id)
        )
    experiment = Experiment(
        id=new_id(),
        market_id=facts.id,
        name=draft.name,
        version_a=draft.version_a,
        version_b=draft.version_b,
        seed=secrets.randbits(32) if draft.seed is None else draft.seed,
        starts_at=starts_at,
        days=draft.days,
        slot_s=draft.slot_s,
        washout_s=draft.washout_s,
        resolution=draft.resolution,
        during=Range(starts_at, ends_at),
        author_id=operator_id,
        reason=draft.reason,
        created_at=now,
    )
    session.add(experiment)
    await session.flush()
    _note(session, experiment, "experiment.started", operator_id, draft.reason, now)
    return await _told(session, facts.id, experiment.id, now)


async def stop_experiment(
    session: AsyncSession,
    *,
    market: str,
    experiment_id: UUID,
    operator_id: UUID,
    reason: str,
    now: datetime,
) -> Told:
    """End an experiment before its time: chores posted from now on have no arm.

    Said again, nothing more happens. Raises NotFound, WrongState for one that ended by itself.
    """
    facts = await market_in_path(session, slug=market)
    experiment = await _existing(session, facts.id, experiment_id, lock=True)
    if experiment.stopped_at is None:
        if status_of(experiment, now) == "ended":
            raise WrongState(state="ended", action="stop")
        experiment.stopped_at = now
        experiment.stopped_by = operator_id
        experiment.stop_reason = reason
        experiment.during = Range(min(experiment.starts_at, now), now)
        await session.flush()
        _note(session, experiment, "experiment.stopped", operator_id, reason, now)
    return await _told(session, facts.id, experiment.id, now)


async def list_experiments(
    session: AsyncSession, *, market: str, cut: Cut, now: datetime
) -> list[Told]:
    """A market's experiments, newest first. Raises NotFound."""
    facts = await market_in_path(session, slug=market)
    rows = await queries.page_of(session, facts.id, cut)
    return [Told(row, author, status_of(row, now)) for row, author in rows]


async def read_experiment(
    session: AsyncSession, *, market: str, experiment_id: UUID, now: datetime
) -> Told:
    """An experiment and what became of its chores. Raises NotFound."""
    facts = await market_in_path(session, slug=market)
    return await _told(session, facts.id, experiment_id, now)


async def read_record(
    session: AsyncSession, *, market: str, now: datetime
) -> tuple[datetime, list[Outcome]]:
    """What became of the chores of the last weeks, in whole days until now, and since when.

    Raises NotFound, TooLittleRecorded.
    """
    facts = await market_in_path(session, slug=market)
    chores = await queries.recorded(session, facts.id, now - timedelta(days=RECORDED_DAYS), now)
    first = min((chore.posted_at for chore in chores), default=now)
    days = (now - first) // timedelta(days=2) * 2
    if days < FEWEST_DAYS:
        raise TooLittleRecorded(
            f"A plan needs {FEWEST_DAYS} whole days of chores to look at.", days=days
        )
    return now - timedelta(days=days), chores


async def member_of_running(
    session: AsyncSession, *, market_id: int, cell: str, now: datetime
) -> Membership | None:
    """The place of a chore posted now in the experiment that runs, if one does."""
    experiment = await queries.running(session, market_id, now)
    if experiment is None:
        return None
    region = region_of(cell, experiment.resolution)
    placement = design_of(experiment).place(region, now.timestamp())
    if placement is None:
        return None
    version = experiment.version_a if placement.arm == "a" else experiment.version_b
    return Membership(experiment.id, version, placement)


def status_of(experiment: Experiment, now: datetime) -> str:
    """Where an experiment stands."""
    if experiment.stopped_at is not None:
        return "stopped"
    if now < experiment.starts_at:
        return "scheduled"
    return "running" if now.timestamp() < design_of(experiment).ends_at else "ended"


def not_a_design(wrong: ValueError) -> Invalid:
    """The refusal of a design, beside the field of the wire that it is about."""
    field, _, message = str(wrong).partition(": ")
    return Invalid.field(field.replace("_s", "_minutes"), "not_a_design", message)


async def _refuse_draft(
    session: AsyncSession, market_id: int, draft: Draft, starts_at: datetime, now: datetime
) -> None:
    if draft.version_a == draft.version_b:
        raise Invalid.field("version_b", "same_version", "The arms need two different versions.")
    for field, version in (("version_a", draft.version_a), ("version_b", draft.version_b)):
        if not await queries.has_version(session, market_id, version):
            raise Invalid.field(field, "unknown_version", "The policy never had that version.")
    if starts_at < now - SOONEST:
        raise Invalid.field("starts_at", "past", "An experiment starts now or later.")
    try:
        Switchback(0, starts_at.timestamp(), draft.days, draft.slot_s, draft.washout_s)
    except ValueError as wrong:
        raise not_a_design(wrong) from None


async def _existing(
    session: AsyncSession, market_id: int, experiment_id: UUID, *, lock: bool
) -> Experiment:
    found = await queries.one(session, market_id, experiment_id, lock=lock)
    if found is None:
        raise NotFound("There is no such experiment.")
    return found[0]


async def _told(session: AsyncSession, market_id: int, experiment_id: UUID, now: datetime) -> Told:
    found = await queries.one(session, market_id, experiment_id)
    if found is None:
        raise NotFound("There is no such experiment.")
    experiment, author = found
    outcomes = await queries.outcomes(session, experiment, now)
    return Told(experiment, author, status_of(experiment, now), outcomes)


def _note(
    session: AsyncSession,
    experiment: Experiment,
    action: str,
    operator_id: UUID,
    reason: str,
    now: datetime,
) -> None:
    audit.record(
        session,
        operator_id=operator_id,
        market_id=experiment.market_id,
        action=action,
        subject=str(experiment.id),
        reason=reason,
        facts={
            "name": experiment.name,
            "version_a": experiment.version_a,
            "version_b": experiment.version_b,
        },
        now=now,
    )
