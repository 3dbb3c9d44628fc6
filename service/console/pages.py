"""The built page under `/console`: its files, how long they may be kept, and what they may do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from service.console import files
from service.errors import NotFound
from service.runtime import runtime_of

router = APIRouter(prefix="/console", include_in_schema=False)

HASHED = "assets/"
"""Below it every name carries a hash of its file, so that it never changes."""
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

NOT_BUILT = """<!doctype html>
<html lang="en">
<title>Dibs: the console is not built</title>
<h1>The console is not built</h1>
<p>This api runs from sources whose console was never built. Run <code>make console</code> in the
repository, which needs Node.js, and load this page again. The api itself is at
<a href="/v1/docs">/v1/docs</a>.</p>
</html>
"""


@router.get("")
@router.get("/{path:path}")
async def serve_console(request: Request, path: str = "") -> Response:
    """A file of the page, or the page itself: its own views are paths without an ending.

    Raises NotFound.
    """
    headers = _headers(runtime_of(request).settings.map_style_url)
    is_view = "." not in path.rpartition("/")[2]
    wanted = "index.html" if is_view else path
    found = await asyncio.to_thread(files.find, files.STATIC, wanted)
    if found is None and is_view:
        return Response(NOT_BUILT, 404, headers | {"Cache-Control": "no-store"}, "text/html")
    if found is None:
        raise NotFound
    headers["Cache-Control"] = FOR_EVER if path.startswith(HASHED) else ASK_AGAIN
    return _answer(found, request, headers)


def _answer(found: files.File, request: Request, headers: dict[str, str]) -> Response:
    headers |= {"ETag": found.etag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == found.etag:
        return Response(status_code=304, headers=headers)
    body = found.body
    if found.gzipped and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = found.gzipped, "gzip"
    return Response(body, headers=headers, media_type=found.media_type)


def _headers(map_style_url: str | None) -> dict[str, str]:
    return {
        "Content-Security-Policy": content_policy(map_style_url),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    }


def content_policy(map_style_url: str | None) -> str:
    """What the page may load and whom it may ask: this origin, and the map style's where one is
    set.

    No script and no style stands in the page itself. MapLibre draws sprites from `data:` and
    `blob:` images and runs its worker from a file.
    """
    elsewhere = f" {_origin(map_style_url)}" if map_style_url else ""
    allowed: Mapping[str, str] = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "font-src": f"'self'{elsewhere}",
        "img-src": f"'self' data: blob:{elsewhere}",
        "connect-src": f"'self'{elsewhere}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{what} {whom}" for what, whom in allowed.items())


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
