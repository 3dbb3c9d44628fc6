"""market.json, demand.json and categories.csv -> market, shares of windows, categories."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from geo.points import BadPoint, parse_lonlat
from matching.policy import PolicyDocument
from seed_data.city import Category, Market, WindowShares
from seed_data.folder import fields
from seed_data.folder.faults import BadValue, Faults
from seed_data.folder.projections import srid_of
from seed_data.folder.rows import csv_rows, read_object

MARKET_KEYS = ("slug", "name", "zone", "currency", "projection", "centre")
MARKET_OPTIONS = {"turn_around_s": 900, "simplify_tolerance_m": 5, "policy": {}}
CATEGORY_COLUMNS = (
    "slug", "name", "typical_minutes", "shortest_minutes", "longest_minutes", "minimum_minutes",
    "rate_low", "rate_median", "rate_high", "demand_share", "hours", "weekdays",
)  # fmt: skip

CURRENCIES = frozenset({
    "AED", "AUD", "BRL", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS",
    "INR", "MXN", "NOK", "NZD", "PLN", "RON", "SEK", "SGD", "TRY", "USD", "ZAR",
})  # fmt: skip
"""ISO 4217 codes with a hundred minor units: what rates and budgets in minor units assume."""


@dataclass(frozen=True)
class Demand:
    """demand.json: how windows and budgets are shared out, and the named profiles."""

    windows: WindowShares
    with_budget: float
    by_hour: Mapping[str, tuple[float, ...]]
    by_weekday: Mapping[str, tuple[float, ...]]


def read_market(folder: Path, faults: Faults) -> Market | None:
    """The market, or None with its faults noted."""
    with faults.noting("market.json", 0):
        return _market(read_object(folder / "market.json"))
    return None


def _market(given: dict[str, Any]) -> Market:
    _check_keys(given, MARKET_KEYS, tuple(MARKET_OPTIONS))
    row = {key: str(given[key]) for key in MARKET_KEYS}
    options = {key: given.get(key, default) for key, default in MARKET_OPTIONS.items()}
    numbers = {key: str(value) for key, value in options.items()}
    try:
        centre = parse_lonlat(given["centre"])
    except BadPoint as bad:
        raise BadValue(bad.reason, f"centre: {bad}") from None
    return Market(
        slug=fields.slug(row, "slug"),
        name=fields.text(row, "name"),
        zone=_zone(row["zone"]),
        currency=fields.choice(row, "currency", CURRENCIES, "bad_currency"),
        srid=srid_of(given["projection"], centre),
        centre=centre,
        turn_around_s=fields.integer(numbers, "turn_around_s", 0, 14_400),
        simplify_tolerance_m=fields.number(numbers, "simplify_tolerance_m", 0.1, 100),
        policy=_policy(options["policy"]),
    )


def _check_keys(given: Mapping[str, Any], required: tuple[str, ...], more: tuple[str, ...]) -> None:
    if missing := [key for key in required if key not in given]:
        raise BadValue("missing_value", f"there is no {', '.join(missing)}")
    if unknown := sorted(set(given) - set(required) - set(more)):
        raise BadValue("unknown_key", f"nothing is known of {', '.join(unknown)}")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise BadValue("bad_zone", f"{name!r} is no IANA time zone such as Europe/London") from None


def _policy(given: object) -> PolicyDocument:
    try:
        return PolicyDocument.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadValue("bad_policy", f"policy.{where}: {first['msg']}") from None


def read_demand(folder: Path, faults: Faults) -> Demand | None:
    """Windows, budgets and profiles, or None with the fault noted."""
    with faults.noting("demand.json", 0):
        given = read_object(folder / "demand.json")
        _check_keys(given, ("windows", "with_budget", "hours", "weekdays"), ())
        return Demand(
            _windows(given["windows"]),
            fields.number({"with_budget": str(given["with_budget"])}, "with_budget", 0, 1),
            _profiles(given["hours"], "hours", 24),
            _profiles(given["weekdays"], "weekdays", 7),
        )
    return None


def _windows(given: Any) -> WindowShares:
    if not isinstance(given, dict):
        raise BadValue("bad_profile", "windows is not an object")
    _check_keys(given, ("now", "today", "future"), ())
    row = {key: str(value) for key, value in given.items()}
    shares = [fields.number(row, key, 0, 1) for key in ("now", "today", "future")]
    if abs(sum(shares) - 1) > 1e-6:
        raise BadValue("bad_profile", f"windows add up to {sum(shares):g}, not 1")
    return WindowShares(*shares)


def _profiles(given: Any, key: str, length: int) -> dict[str, tuple[float, ...]]:
    if not isinstance(given, dict):
        raise BadValue("bad_profile", f"{key} is not an object")
    return {name: _weights(weights, f"{key}.{name}", length) for name, weights in given.items()}


def _weights(given: Any, name: str, length: int) -> tuple[float, ...]:
    if not isinstance(given, list) or len(given) != length:
        raise BadValue("bad_profile", f"{name} is not a list of {length} weights")
    row = {name: ""}
    weights = tuple(fields.number(row | {name: str(w)}, name, 0, 1e6) for w in given)
    if sum(weights) <= 0:
        raise BadValue("bad_profile", f"{name} is zero all along")
    return weights


def read_categories(folder: Path, demand: Demand, faults: Faults) -> tuple[Category, ...]:
    """The categories whose rows are in order; the faults of the others are noted."""
    found: dict[str, Category] = {}
    for line, row in csv_rows(folder / "categories.csv", CATEGORY_COLUMNS, (), faults):
        with faults.noting("categories.csv", line):
            category = _category(row, demand)
            if category.slug in found:
                raise BadValue("duplicate_id", f"category {category.slug} stands above already")
            found[category.slug] = category
    if not found:
        faults.add("categories.csv", 0, BadValue("missing_value", "there is no category in order"))
    return tuple(found.values())


def _category(row: Mapping[str, str], demand: Demand) -> Category:
    hours = fields.choice(row, "hours", demand.by_hour.keys(), "unknown_profile")
    weekdays = fields.choice(row, "weekdays", demand.by_weekday.keys(), "unknown_profile")
    typical = fields.integer(row, "typical_minutes", 15, 1_440)
    rates = [fields.rate(row, column) for column in ("rate_low", "rate_median", "rate_high")]
    if rates != sorted(rates):
        raise BadValue("bad_rate", f"rates {rates} do not rise from low over median to high")
    return Category(
        slug=fields.slug(row, "slug"),
        name=fields.text(row, "name"),
        typical_minutes=typical,
        shortest_minutes=fields.integer(row, "shortest_minutes", 15, typical),
        longest_minutes=fields.integer(row, "longest_minutes", typical, 1_440),
        minimum_minutes=fields.integer(row, "minimum_minutes", 0, 1_440),
        rate_low=rates[0],
        rate_median=rates[1],
        rate_high=rates[2],
        demand_share=fields.number(row, "demand_share", 0, 1),
        hours=hours,
        weekdays=weekdays,
        by_hour=demand.by_hour[hours],
        by_weekday=demand.by_weekday[weekdays],
    )
