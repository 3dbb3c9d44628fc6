"""Meaning: what a wish means in its market, or the refusal of one that cannot be meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of
from geo.points import LonLat
from matching import wave
from matching.policy import MatchingPolicy, PolicyDocument
from service.chores.ground import Ground, ground_of
from service.chores.wishes import Window, checked_window, refuse_duration, window_from_now
from service.experiments.operations import Membership, member_of_running
from service.markets.operations import (
    Rate,
    outside,
    refuse_budget,
    unknown_category,
    unknown_market,
)
from service.markets.queries import MarketFacts
from service.policies.queries import documents


@dataclass(frozen=True, slots=True)
class Wish:
    """A chore as a client asks for it. `between` None: as soon as somebody can; `budget`: an
    hour's.
    """

    market: str
    category: str
    place: LonLat
    address: str
    notes: str
    between: tuple[datetime, datetime] | None
    minutes: int
    budget: Rate | None


@dataclass(frozen=True, slots=True)
class Meant:
    """A wish that can be meant: in which market, under which version of its policy, when, and where
    in the experiment that runs.
    """

    market: MarketFacts
    minimum_minutes: int
    version: int
    document: PolicyDocument
    window: Window
    match_by: datetime
    membership: Membership | None = None


async def check_wish(session: AsyncSession, *, wish: Wish, now: datetime) -> Meant:
    """What a wish means under the policy in force.

    Raises UnknownMarket, UnknownCategory, DurationNotUsable, RateNotUsable, WindowNotUsable,
    OutsideMarket.
    """
    ground = await ground_of(
        session, market=wish.market, category=wish.category, place=wish.place, now=now
    )
    if ground is None:
        raise unknown_market()
    market, category = ground.market, ground.category
    if category is None:
        raise unknown_category(market, "category")
    refuse_duration(wish.minutes)
    if wish.budget is not None:
        refuse_budget(market, category, wish.budget, field="budget")
    membership, version, document = await _arm(session, ground, wish, now)
    policy = document.for_category(category.slug)
    window = _window(wish, policy, now)
    if not ground.inside:
        raise await outside(session, market, wish.place)
    match_by = wave.match_by(
        policy,
        wanted_now=window.now,
        posted_at=now,
        window_end=window.end,
        duration=timedelta(minutes=wish.minutes),
    )
    return Meant(market, category.minimum_minutes, version, document, window, match_by, membership)


async def _arm(
    session: AsyncSession, ground: Ground, wish: Wish, now: datetime
) -> tuple[Membership | None, int, PolicyDocument]:
    """Where the wish falls in the experiment, mostly none, and the version that holds for it."""
    member = None
    if ground.experimenting:
        member = await member_of_running(
            session, market_id=ground.market.id, cell=cell_of(wish.place), now=now
        )
    if member is None or member.version == ground.version:
        return member, ground.version, ground.document
    found = await documents(session, ground.market.id, {member.version})
    return member, member.version, found[member.version]


def _window(wish: Wish, policy: MatchingPolicy, now: datetime) -> Window:
    if wish.between is None:
        return window_from_now(policy, wish.minutes, now)
    return checked_window(*wish.between, wish.minutes, now)
