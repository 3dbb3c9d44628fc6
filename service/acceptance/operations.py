"""Fitting: a market's answered offers become its next model of acceptance, with how good it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from matching.chance import (
    AcceptanceModel,
    CalibrationBin,
    brier,
    calibration,
    features_of_offers,
    fit,
    log_loss,
    unseen_chances,
)
from service.acceptance.models import kept
from service.acceptance.queries import Answered, add_model, answered_offers
from service.markets.operations import market_in_path


@dataclass(frozen=True)
class Score:
    """How well chances foretold answers: log loss in nats, Brier score; less is better."""

    log_loss: float
    brier: float


@dataclass(frozen=True)
class Fit:
    """A fitted model and how good it is. Scores and bins are of offers that were not in the fit
    (`ours`), beside the prior's on the same offers; None of no offers. `version` None: not kept.
    """

    market: str
    offers: int
    accepted: int
    model: AcceptanceModel
    ours: Score | None
    prior: Score | None
    bins: list[CalibrationBin]
    version: int | None = None

    def document(self) -> dict[str, Any]:
        """The whole as JSON."""
        return {
            "market": self.market,
            "version": self.version,
            "offers": self.offers,
            "accepted": self.accepted,
            "coefficients": kept(self.model),
            "prior_coefficients": kept(AcceptanceModel()),
            "ours": asdict(self.ours) if self.ours else None,
            "prior": asdict(self.prior) if self.prior else None,
            "calibration": [asdict(each) for each in self.bins],
        }


async def fit_market(
    session: AsyncSession, *, market: str, days: int, note: str, keep: bool, now: datetime
) -> Fit:
    """Fit a market's model from the offers of the last `days`, and keep it for the rounds to come.

    Nothing is kept of no offers. Raises NotFound.
    """
    facts = await market_in_path(session, slug=market)
    found = await answered_offers(session, facts.id, now - timedelta(days=days))
    fitted = fitted_to(market, found)
    if not keep or not fitted.offers:
        return fitted
    version = await add_model(
        session,
        market_id=facts.id,
        coefficients=kept(fitted.model),
        offers=fitted.offers,
        note=note,
        now=now,
    )
    return Fit(**{**vars(fitted), "version": version})


def fitted_to(market: str, found: Answered) -> Fit:
    """The model of these offers, and its scores."""
    features = features_of_offers(found.travel_s, found.duration_s, found.rate_per_h, found.ahead_s)
    accepted, many = found.accepted, len(found.accepted)
    model = fit(features, accepted)
    if not many:
        return Fit(market, 0, 0, model, None, None, [])
    unseen = unseen_chances(features, accepted)
    before = AcceptanceModel().chances(features)
    return Fit(
        market,
        many,
        int(accepted.sum()),
        model,
        Score(log_loss(unseen, accepted), brier(unseen, accepted)),
        Score(log_loss(before, accepted), brier(before, accepted)),
        calibration(unseen, accepted),
    )
