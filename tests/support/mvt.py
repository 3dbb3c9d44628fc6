"""Vector tiles, read back: layers of features with their properties and their first point."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from geo.points import LonLat
from geo.tiles import Tile


@dataclass(frozen=True)
class Feature:
    """A feature: its properties, and its point in units of the tile."""

    properties: dict[str, Any]
    x: int
    y: int


def layers_of(body: bytes) -> dict[str, list[Feature]]:
    """The features of a tile by layer."""
    found: dict[str, list[Feature]] = {}
    for _, layer in _fields(body):
        name, features = _layer(layer)
        found.setdefault(name, []).extend(features)
    return found


def place_of(tile: Tile, feature: Feature, extent: int = 4096) -> LonLat:
    """Where a feature is, to about a unit of the tile."""
    across, down = (
        (start + at / extent) / (1 << tile.z)
        for start, at in ((tile.x, feature.x), (tile.y, feature.y))
    )
    return LonLat(across * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * down)))))


def _layer(body: Any) -> tuple[str, list[Feature]]:
    keys: list[str] = []
    values: list[Any] = []
    packed: list[bytes] = []
    name = ""
    for number, value in _fields(body):
        if number == 1:
            name = value.decode()
        elif number == 2:
            packed.append(value)
        elif number == 3:
            keys.append(value.decode())
        elif number == 4:
            values.append(_value(value))
    return name, [_feature(each, keys, values) for each in packed]


def _feature(body: bytes, keys: list[str], values: list[Any]) -> Feature:
    members = dict(_fields(body))
    tags = list(_varints(members.get(2, b"")))
    properties = {keys[tags[n]]: values[tags[n + 1]] for n in range(0, len(tags), 2)}
    _, x, y = list(_varints(members[4]))[:3]
    return Feature(properties, _signed(x), _signed(y))


def _value(body: bytes) -> Any:
    ((number, value),) = _fields(body)
    if number == 1:
        return value.decode()
    if number == 2:
        return struct.unpack("<f", value)[0]
    if number == 3:
        return struct.unpack("<d", value)[0]
    if number == 6:
        return _signed(value)
    return bool(value) if number == 7 else int(value)


def _fields(body: bytes) -> Iterator[tuple[int, Any]]:
    """The members of a protobuf message: number and value, bytes where it has a length."""
    at = 0
    while at < len(body):
        key, at = _varint(body, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(body, at)
            yield key >> 3, value
            continue
        size = {1: 8, 5: 4}.get(kind)
        if size is None:
            size, at = _varint(body, at)
        yield key >> 3, body[at : at + size]
        at += size


def _varints(body: bytes) -> Iterator[int]:
    at = 0
    while at < len(body):
        value, at = _varint(body, at)
        yield value


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = body[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _signed(value: int) -> int:
    return (value >> 1) ^ -(value & 1)
