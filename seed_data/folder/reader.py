"""Reads a market folder whole: everything in order, or every fault there is (up to a limit)."""

from pathlib import Path

from seed_data.city import Chore, City, CityFolder, Market
from seed_data.folder.areas import Simplified
from seed_data.folder.chores import read_chores
from seed_data.folder.faults import MOST_FAULTS, BadValue, Faults
from seed_data.folder.market import read_categories, read_demand, read_market
from seed_data.folder.people import read_taskers
from seed_data.folder.places import read_boundary, read_places

FILES = frozenset({
    "market.json", "demand.json", "categories.csv", "boundary.geojson", "places.geojson",
    "taskers.csv", "skills.csv", "areas.geojson", "chores.csv",
})  # fmt: skip


def read_folder(folder: Path, limit: int = MOST_FAULTS) -> CityFolder:
    """A market folder in the form of FORMAT.md. Raises FolderRefused with the faults found.

    People and chores are read only when market, places and categories are in order.
    """
    faults = Faults(limit)
    city, of_city = _read_city(folder, faults)
    taskers, of_taskers = read_taskers(folder, city, faults)
    chores = folder / "chores.csv"
    found = read_chores(chores, city, faults) if chores.exists() else ()
    faults.refuse_if_any(complete=True)
    return CityFolder(city, taskers, found, of_city + of_taskers)


def read_city(folder: Path) -> City:
    """Market, places and categories of a folder alone. Raises FolderRefused."""
    return _read_city(folder, Faults())[0]


def read_chores_file(path: Path, city: City, limit: int = MOST_FAULTS) -> tuple[Chore, ...]:
    """The chores of any CSV file in the form of chores.csv. Raises FolderRefused."""
    faults = Faults(limit)
    chores = read_chores(path, city, faults)
    faults.refuse_if_any(complete=True)
    return chores


def _read_city(folder: Path, faults: Faults) -> tuple[City, tuple[Simplified, ...]]:
    _refuse_strangers(folder, faults)
    market, demand = read_market(folder, faults), read_demand(folder, faults)
    categories = read_categories(folder, demand, faults) if demand else ()
    tolerance_m = market.simplify_tolerance_m if market else 5.0
    boundary = read_boundary(folder, tolerance_m, faults)
    places, simplified = read_places(folder, tolerance_m, faults)
    if not market or not demand or not boundary:
        faults.refuse(complete=False)
    _refuse_unknown_in_policy(market, {category.slug for category in categories}, faults)
    faults.refuse_if_any()
    city = City(market, boundary.area, places, categories, demand.windows, demand.with_budget)
    if boundary.tolerance_m:
        simplified = (("boundary.geojson", *boundary[1:]), *simplified)
    return city, simplified


def _refuse_strangers(folder: Path, faults: Faults) -> None:
    """A misspelt taskers.csv must not read as a city without taskers."""
    if not folder.is_dir():
        faults.add(str(folder), 0, BadValue("missing_file", "there is no such folder"))
        faults.refuse_if_any()
    for path in sorted(folder.iterdir()):
        if path.suffix in (".csv", ".json", ".geojson") and path.name not in FILES:
            faults.add(path.name, 0, BadValue("unknown_file", "no file of that name is read"))


def _refuse_unknown_in_policy(market: Market, categories: set[str], faults: Faults) -> None:
    for slug in sorted(set(market.policy.categories) - categories):
        problem = f"policy.categories.{slug}: there is no such category"
        faults.add("market.json", 0, BadValue("unknown_category", problem))
