"""The built page: what is served, for how long it may be kept, and what is not there."""

from __future__ import annotations

import gzip
from pathlib import Path

import httpx
import pytest

from service.console import files
from tests.support.wire import refused

SCRIPT = "export const answer = 42;\n" * 100


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page as the build leaves it."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>Dibs</title>")
    (static / "assets" / "index-4f2a.js").write_text(SCRIPT)
    (static / "assets" / "odd.exe").write_text("no")
    (tmp_path / "secret.txt").write_text("not for you")
    monkeypatch.setattr(files, "STATIC", static)
    return static


@pytest.mark.usefixtures("built")
async def test_every_view_is_the_page_and_is_asked_for_again(api: httpx.AsyncClient) -> None:
    for path in ("/console", "/console/", "/console/policy", "/console/chores/0199a7c2"):
        page = await api.get(path)
        assert page.status_code == 200, path
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["cache-control"] == "no-cache"
        again = await api.get(path, headers={"If-None-Match": page.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.usefixtures("built")
async def test_what_carries_its_hash_is_kept_for_ever_and_comes_compressed(
    api: httpx.AsyncClient,
) -> None:
    path = "/console/assets/index-4f2a.js"
    packed = await api.get(path, headers={"Accept-Encoding": "gzip"})
    assert "immutable" in packed.headers["cache-control"]
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), 9))
    assert packed.text == SCRIPT
    plain = await api.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == SCRIPT


@pytest.mark.usefixtures("built")
async def test_the_page_is_held_to_its_own_origin(api: httpx.AsyncClient) -> None:
    for path in ("/console/", "/console/assets/index-4f2a.js"):
        headers = (await api.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        policy = headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.usefixtures("built")
async def test_nothing_outside_the_folder_and_of_no_known_kind_is_served(
    api: httpx.AsyncClient,
) -> None:
    for path in (
        "/console/..%2fsecret.txt",
        "/console/assets/..%2f..%2fsecret.txt",
        "/console/%2fetc%2fhosts.txt",
        "/console/assets/odd.exe",
        "/console/assets/index-0000.js",
    ):
        refused(await api.get(path), "not-found")


async def test_a_page_that_was_not_built_says_so(
    api: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "STATIC", tmp_path)
    answer = await api.get("/console/live")
    assert answer.status_code == 404
    assert "make console" in answer.text
