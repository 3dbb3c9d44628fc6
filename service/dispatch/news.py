"""News of a round: what taskers are told of their offers, and clients of their chores."""

from __future__ import annotations

from collections.abc import Sequence

from geo.cells import centre_of
from notifications import messages as wire
from service.dispatch.market import RoundMarket
from service.dispatch.plans import Plan
from service.dispatch.rows import Made, time_of
from service.events.append import Announcement


def news_of(market: RoundMarket, made: Sequence[Made], plans: Sequence[Plan]) -> list[Announcement]:
    """The offers' events first, in the order of `made`; then what the clients are told."""
    told = [
        Announcement(
            each.tasker_id,
            market.id,
            "offer.extended",
            wire.OfferExtended(offer=_offer(each, market.currency)),
        )
        for each in made
    ]
    return told + [
        Announcement(plan.chore.client_id, market.id, *news)
        for plan in plans
        if (news := _to_client(plan))
    ]


def _to_client(plan: Plan) -> tuple[str, wire.Wire] | None:
    chore = plan.chore
    if plan.offers:
        offered = wire.ChoreOffered(chore_id=chore.id, wave=plan.wave, offers=len(plan.offers))
        return "chore.offered", offered
    if plan.is_news:
        unfilled = wire.ChoreUnfilled(chore_id=chore.id, waves=plan.wave, match_by=chore.match_by)
        return "chore.unfilled", unfilled
    return None


def _offer(made: Made, currency: str) -> wire.Offer:
    """The offer as its tasker is told of it: places and distances are of the chore's cell."""
    offer, chore = made.offer, made.plan.chore
    centre = centre_of(chore.cell)
    return wire.Offer(
        id=made.id,
        chore_id=chore.id,
        category=chore.category,
        near=wire.Point(coordinates=[centre.lon, centre.lat]),
        distance_m=float(round(offer.distance_m)),
        travel_s=float(round(offer.travel_s)),
        rate=wire.Money(amount=offer.rate_per_h, currency=currency),
        estimated_pay=wire.Money(amount=offer.pay, currency=currency),
        starts_at=time_of(offer.starts_at_s),
        ends_at=time_of(offer.ends_at_s),
        duration_min=chore.duration_minutes,
        wave=made.plan.wave,
        expires_at=time_of(offer.expires_at_s),
    )
