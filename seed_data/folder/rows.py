"""Files -> rows with their line numbers: CSV with a header, GeoJSON features, one JSON object."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from seed_data.folder.faults import BadValue, Faults

_FEATURES = re.compile(r'"features"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")


class Row(NamedTuple):
    """A row of a CSV file and the line it begins on."""

    line: int
    cells: dict[str, str]


class Feature(NamedTuple):
    """A GeoJSON feature and the line it begins on."""

    line: int
    properties: dict[str, Any]
    geometry: Any


def read_text(path: Path) -> str:
    """A whole UTF-8 file. Raises BadValue `missing_file` or `not_utf8`."""
    try:
        whole = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise BadValue("missing_file", "there is no such file") from None
    except UnicodeDecodeError as error:
        raise BadValue("not_utf8", f"byte {error.start} is not UTF-8") from None
    if (at := whole.find("\0")) >= 0:
        raise BadValue("not_utf8", f"character {at} is NUL")
    return whole


def read_object(path: Path) -> dict[str, Any]:
    """A file that is one JSON object. Raises BadValue."""
    try:
        value = json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadValue("not_json", str(error)) from None
    if not isinstance(value, dict):
        raise BadValue("not_json", "it is not a JSON object")
    return value


def csv_rows(
    path: Path, required: tuple[str, ...], optional: tuple[str, ...], faults: Faults
) -> Iterator[Row]:
    """The rows of a CSV file whose header has all required columns and no unknown one.

    Faults of the header end the file, a row with too few or too many cells is left out; both are
    noted. Blank lines are skipped.
    """
    whole = ""
    with faults.noting(path.name, 0):
        whole = read_text(path)
    reader = csv.reader(io.StringIO(whole, newline=""), strict=True)
    try:
        with faults.noting(path.name, 1):
            header = _header(next(reader, []), required, optional)
            yield from _rows(reader, header, path.name, faults)
    except csv.Error as error:
        faults.add(path.name, reader.line_num, BadValue("not_csv", str(error)))


def _header(header: list[str], required: tuple[str, ...], optional: tuple[str, ...]) -> list[str]:
    names = [name.strip() for name in header]
    missing = [name for name in required if name not in names]
    unknown = [name for name in names if name not in required + optional]
    if missing:
        raise BadValue("missing_column", f"the header has no {', '.join(missing)}")
    if unknown or len(set(names)) < len(names):
        raise BadValue("unknown_column", f"the header has {', '.join(unknown) or 'one twice'}")
    return names


def _rows(reader: Any, header: list[str], file: str, faults: Faults) -> Iterator[Row]:
    line = reader.line_num + 1
    for cells in reader:
        begins, line = line, reader.line_num + 1
        if not cells:
            continue
        if len(cells) != len(header):
            problem = f"{len(cells)} cells under {len(header)} columns"
            faults.add(file, begins, BadValue("wrong_cells", problem))
        else:
            yield Row(begins, dict(zip(header, cells, strict=True)))


def features(path: Path, faults: Faults) -> Iterator[Feature]:
    """The features of a GeoJSON FeatureCollection, each with its line; other members are left."""
    found: list[tuple[int, Any]] = []
    with faults.noting(path.name, 0):
        found = _numbered(read_text(path))
    for line, feature in found:
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            faults.add(path.name, line, BadValue("not_geojson", "a feature without properties"))
        else:
            yield Feature(line, properties, feature.get("geometry"))


def _numbered(whole: str) -> list[tuple[int, Any]]:
    """The features, unread, with their lines. Raises BadValue."""
    try:
        document = json.loads(whole)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadValue("not_json", str(error)) from None
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise BadValue("not_geojson", "it is no FeatureCollection")
    features: list[Any] = document["features"]
    return list(zip(_feature_lines(whole, len(features)), features, strict=True))


def _feature_lines(whole: str, count: int) -> list[int]:
    """The line each of `count` features begins on, found by decoding one after the other."""
    match = _FEATURES.search(whole)
    decoder, lines, line, seen = json.JSONDecoder(), list[int](), 1, 0
    at = match.end() if match else 0
    for _ in range(count):
        between = _BETWEEN.match(whole, at)
        start = between.end() if between else at
        line += whole.count("\n", seen, start)
        seen = start
        lines.append(line)
        _, at = decoder.raw_decode(whole, start)
    return lines
