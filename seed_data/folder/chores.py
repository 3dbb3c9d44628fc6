"""chores.csv -> chores with their times, for replay, in the order in which they were posted."""

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from pathlib import Path

from seed_data.city import (
    HIGHEST_RATE_TIMES,
    LOWEST_BUDGET_SHARE,
    Category,
    Chore,
    City,
)
from seed_data.folder import fields
from seed_data.folder.faults import BadValue, Faults
from seed_data.folder.people import refuse_place
from seed_data.folder.rows import csv_rows

CHORE_COLUMNS = (
    "posted_at", "category", "lon", "lat", "address", "window", "duration_minutes", "budget_rate",
    "notes",
)  # fmt: skip


def read_chores(path: Path, city: City, faults: Faults) -> tuple[Chore, ...]:
    """The chores of a file that are in order, by time of posting; faults of others are noted."""
    categories = {category.slug: category for category in city.categories}
    found = []
    for line, row in csv_rows(path, CHORE_COLUMNS, (), faults):
        with faults.noting(path.name, line):
            found.append(_chore(row, city, categories))
    return tuple(sorted(found, key=attrgetter("posted_at")))


def _chore(row: Mapping[str, str], city: City, categories: Mapping[str, Category]) -> Chore:
    posted_at = fields.moment(row["posted_at"])
    point = fields.place(row)
    refuse_place(point, city.boundary, 0)
    slug = fields.choice(row, "category", categories.keys(), "unknown_category")
    return Chore(
        posted_at=posted_at,
        category=slug,
        point=point,
        address=fields.text(row, "address"),
        window=_window(row["window"].strip(), posted_at),
        duration_minutes=fields.integer(row, "duration_minutes", 15, 1_440),
        budget_rate=_budget(row, categories[slug]),
        notes=row["notes"].strip()[: fields.MOST_TEXT],
    )


def _budget(row: Mapping[str, str], category: Category) -> int | None:
    """None for no limit; one at which nobody could be found is refused, as the service does."""
    if not row["budget_rate"].strip():
        return None
    most = category.rate_high * HIGHEST_RATE_TIMES
    least = max(1, category.rate_low // LOWEST_BUDGET_SHARE)
    return fields.rate(row, "budget_rate", most, least)


def _window(value: str, posted_at: datetime) -> tuple[datetime, datetime] | None:
    if value == "now":
        return None
    start, slash, end = value.partition("/")
    if not slash:
        raise BadValue("bad_window", f"{value!r} is neither `now` nor START/END")
    window = fields.moment(start), fields.moment(end)
    if window[0] >= window[1]:
        raise BadValue("bad_window", f"{value!r} ends before it starts")
    if window[1] <= posted_at:
        raise BadValue("bad_window", f"{value!r} was over when the chore was posted")
    return window
