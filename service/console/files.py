"""The files of the built page: found, typed, and compressed once."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).with_name("static")
"""Where the build puts the page; not in the repository, but in the wheel."""

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ico": "image/vnd.microsoft.icon",
    ".woff2": "font/woff2",
}
"""What the page may consist of. Said here and not left to the machine's own list."""

PACKED = frozenset({".png", ".webp", ".woff2"})
"""Of these, compressing again saves nothing."""


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent. `gzipped` is None where that would save nothing."""

    media_type: str
    body: bytes
    gzipped: bytes | None
    etag: str


def find(folder: Path, path: str) -> File | None:
    """The file at `path` below the folder; None where there is none, or none of a known type."""
    place = (folder / path).resolve()
    if not place.is_relative_to(folder.resolve()) or place.suffix not in MEDIA_TYPES:
        return None
    try:
        changed = place.stat().st_mtime_ns
        return _read(place, changed)
    except OSError:
        return None


@lru_cache(maxsize=256)
def _read(place: Path, _changed: int) -> File:
    body = place.read_bytes()
    gzipped = None if place.suffix in PACKED else gzip.compress(body, 9, mtime=0)
    return File(
        media_type=MEDIA_TYPES[place.suffix],
        body=body,
        gzipped=gzipped if gzipped and len(gzipped) < len(body) else None,
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
    )
