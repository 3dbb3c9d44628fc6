"""Which categories a tasker offers, and what they ask for an hour."""

import numpy as np
from numpy.typing import NDArray

from geo.points import Floats
from seed_data.city import MODES, City, Skill
from seed_data.ground import Ints

HOW_MANY = (0.28, 0.34, 0.24, 0.14)
"""The share of taskers with one, two, three and four skills."""

ROUNDED_TO = 50
"""Rates are whole multiples of this many minor units: people ask 18.50, not 18.37."""

NEEDS: dict[str, dict[str, float]] = {
    "man-and-van": {"walk": 0, "bike": 0, "transit": 0, "car": 0, "van": 8},
    "waste-removal": {"walk": 0, "bike": 0, "transit": 0, "car": 0.5, "van": 5},
    "moving-help": {"walk": 0.5, "bike": 0.7, "transit": 1, "car": 1.2, "van": 2.5},
    "gardening": {"walk": 0.4, "bike": 0.7, "transit": 0.5, "car": 1.4, "van": 1.5},
    "delivery": {"walk": 0.4, "bike": 2.5, "transit": 0.5, "car": 1.5, "van": 1},
    "dog-walking": {"walk": 3, "bike": 1.2, "transit": 0.7, "car": 0.7, "van": 0.2},
    "queueing": {"walk": 1.5, "bike": 1.2, "transit": 1.5, "car": 0.5, "van": 0.1},
    "plumbing": {"walk": 0.1, "bike": 0.3, "transit": 0.3, "car": 1.3, "van": 2.5},
    "electrical": {"walk": 0.1, "bike": 0.4, "transit": 0.5, "car": 1.3, "van": 2},
    "painting": {"walk": 0.3, "bike": 0.5, "transit": 0.7, "car": 1.3, "van": 1.8},
}
"""How much a way of travelling helps a category; 1 where nothing is said."""


def draw_skills(city: City, modes: Ints, rng: np.random.Generator) -> list[tuple[Skill, ...]]:
    """One to four skills for each tasker, `modes` being indices into MODES, shape (n,).

    Categories come by demand and by what the mode allows; rates lie within the category's range,
    half of them below its median, and somebody dear in one skill is dear in all.
    """
    many = rng.choice(len(HOW_MANY), size=len(modes), p=HOW_MANY) + 1
    liking = _weights(city)[modes]
    gumbel = rng.gumbel(size=liking.shape)
    with np.errstate(divide="ignore"):
        order = np.argsort(-(np.log(liking) + gumbel), axis=1, kind="stable")
    possible = (liking > 0).sum(axis=1)
    rates = _rates(city, len(modes), rng)
    slugs = [category.slug for category in city.categories]
    return [
        tuple(Skill(slugs[c], int(asked[c])) for c in best[: min(count, most)])
        for best, count, most, asked in zip(order, many, possible, rates, strict=True)
    ]


def _weights(city: City) -> Floats:
    """How likely each mode (row) offers each category (column)."""
    shares = city.shares("demand_share") ** 0.7
    helps = [[NEEDS.get(c.slug, {}).get(mode, 1.0) for c in city.categories] for mode in MODES]
    weights: Floats = np.array(helps) * shares
    return weights


def _rates(city: City, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """What each of `count` people would ask in each category, shape (count, categories)."""
    low, median, high = (
        np.array([getattr(c, column) for c in city.categories], dtype=np.float64)
        for column in ("rate_low", "rate_median", "rate_high")
    )
    person = rng.normal(size=(count, 1))
    mood = rng.normal(size=(count, len(low)))
    z = np.clip((0.8 * person + 0.6 * mood) / 2.5, -1.0, 1.0)
    asked = median + np.where(z < 0, z * (median - low), z * (high - median))
    least, most = np.ceil(low / ROUNDED_TO), np.maximum(np.floor(high / ROUNDED_TO), 1)
    steps = np.clip(np.round(asked / ROUNDED_TO), np.minimum(least, most), most)
    return (steps * ROUNDED_TO).astype(np.int64)
