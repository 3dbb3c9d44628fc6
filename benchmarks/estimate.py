"""What estimates promise against what then happens: days of London in simulated time.

Each chore is estimated when it is posted, by the code behind `POST /v1/chores/estimate` and among
the taskers as they stand at that moment; then the day goes on with rounds, answers and bookings.
Chances are compared with the share that was matched, expected times with the waits of those that
were. Three times: with people who answer as the model believes, which tries the estimate alone;
with the demo's people, who have tempers of their own, under the prior; and with the same people
under a model fitted to the answers of another day.
"""

import argparse
import random
import statistics
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.day import Day, Mood, Outcome, as_believed, together
from benchmarks.frame import Report
from matching.chance import (
    AcceptanceModel,
    brier,
    calibration,
    features_of_offers,
    fit,
    log_loss,
)
from matching.policy import PolicyDocument
from matching.result import Offer
from seed_data import LONDON
from seed_data.folder import read_city
from service.demo.tasker import a_temper

CHANCES = (0.0, 0.05, 0.3, 0.5, 0.7, 0.9, 1.01)
"""Bounds of the buckets of told chances: none at all, up to 0.25, and so on."""
OFFER_BINS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--taskers", type=int, default=1_000)
    parser.add_argument("--chores", type=int, default=600, help="expected in the day")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--day", type=date.fromisoformat, default=date(2027, 6, 3))


def run(arguments: argparse.Namespace, report: Report) -> None:
    city, seed, day = read_city(LONDON), arguments.seed, arguments.day
    tempers = partial(_of_temper, seed)

    def played(on: date, mood: Mood, acceptance: AcceptanceModel | None = None) -> Outcome:
        args = (city, on, arguments.taskers, arguments.chores, seed, PolicyDocument())
        whole = Day(*args, acceptance=acceptance, mood=mood, estimated=True)
        return whole.run(0.0, together)

    fitted = fit(*_offers(played(day - timedelta(days=1), tempers)))
    days = {
        "as the model believes": played(day, as_believed),
        "the demo's, prior": played(day, tempers),
        "the demo's, fitted": played(day, tempers, fitted),
    }
    for people, outcome in days.items():
        for row in (*_chances(outcome), *_times(outcome)):
            report.add(people=people, **row)
    for people, model in (("the demo's, prior", AcceptanceModel()), ("the demo's, fitted", fitted)):
        for row in _acceptance(days[people], model):
            report.add(people=people, **row)
    report.notes += [f"{people}: {_summary(outcome)}" for people, outcome in days.items()]


def _of_temper(seed: int, offer: Offer) -> float:
    """The chance that one of the demo's people accepts: their own, whatever the offer."""
    return a_temper(random.Random(f"{seed}/{offer.tasker_id}")).accepts


def _chances(outcome: Outcome) -> Iterator[Mapping[str, Any]]:
    """By bucket of the chance that was told: how many chores, and the share matched."""
    told = np.array([each.chance for each in outcome.estimates.values()])
    matched = np.array([each in outcome.waits_s for each in outcome.estimates])
    for least, beyond in pairwise(CHANCES):
        here = (told >= least - 1e-9) & (told < beyond - 1e-9)
        if here.any():
            yield {
                "measure": "chance",
                "told": f"{told[here].min():.2f} to {told[here].max():.2f}",
                "chores": int(here.sum()),
                "predicted": float(told[here].mean()),
                "seen": float(matched[here].mean()),
            }


def _times(outcome: Outcome) -> Iterator[Mapping[str, Any]]:
    """By the time that was told (an upper bound): the waits of the chores that were matched."""
    waits: dict[int, list[float]] = {}
    for chore, each in outcome.estimates.items():
        if each.expected_s is not None and chore in outcome.waits_s:
            waits.setdefault(each.expected_s, []).append(outcome.waits_s[chore])
    for expected_s, seen in sorted(waits.items()):
        yield {
            "measure": "wait, s",
            "told": f"within {expected_s} s",
            "chores": len(seen),
            "predicted": expected_s,
            "seen": statistics.fmean(seen),
            "median": statistics.median(seen),
            "within": sum(each <= expected_s for each in seen) / len(seen),
        }


def _acceptance(outcome: Outcome, model: AcceptanceModel) -> Iterator[Mapping[str, Any]]:
    """By rising predicted chance of acceptance: the share of the answered offers accepted."""
    features, accepted = _offers(outcome)
    for each in calibration(model.chances(features), accepted, OFFER_BINS):
        yield {
            "measure": "acceptance",
            "offers": each.offers,
            "predicted": each.predicted,
            "seen": each.accepted,
        }


def _offers(outcome: Outcome) -> tuple[Any, Any]:
    """Features of the offers that were answered, and whether they were accepted."""
    offers = [offer for offer, _, _ in outcome.answered]
    return features_of_offers(
        np.array([each.travel_s for each in offers]),
        np.array([each.ends_at_s - each.starts_at_s for each in offers]),
        np.array([each.rate_per_h for each in offers]),
        np.array([offer.starts_at_s - made_at_s for offer, made_at_s, _ in outcome.answered]),
    ), np.array([accepted for _, _, accepted in outcome.answered])


def _summary(outcome: Outcome) -> str:
    """Means and scores of the chances told, in a line."""
    told = np.array([each.chance for each in outcome.estimates.values()])
    matched = np.array([each in outcome.waits_s for each in outcome.estimates])
    certain = np.clip(told, 0.01, 0.99)
    coin = np.full(len(told), matched.mean())
    return (
        f"{len(told)} chores, told {told.mean():.2f} on average, {matched.mean():.2f} matched; "
        f"Brier score {brier(told, matched):.3f} (of the mean alone {brier(coin, matched):.3f}), "
        f"log loss {log_loss(certain, matched):.3f}"
    )
