"""Pictures of the console for the README, taken from a demo that is running: one light picture of
each view that is named, in few colours, so that it is small.

    dibs demo --reset --taskers 400 --online 400 --rate 1.5
    python scripts/pictures.py live policy        (into docs/; --into for another folder)

`whatif` shows the newest that was asked, `chore` the newest that nobody took.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
WINDOW = {"width": 1360, "height": 860}
COLOURS = 128
PATIENCE_MS, MOMENT_MS = 30_000, 3_000


def live(page: Page) -> None:
    """The map, around the reach of a chore that waits."""
    row = page.locator("[data-chore]").last
    row.get_by_role("button").dispatch_event("click")  # the list moves while it is looked at
    expect(page.locator("address")).to_be_visible()
    page.wait_for_timeout(MOMENT_MS)
    page.get_by_role("button", name="Zoom out").click()


def first_row(page: Page) -> None:
    """What the first row of the list leads to."""
    page.locator("tbody a").first.click()


def as_it_is(page: Page) -> None:
    """The view as one comes to it."""


VIEWS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "live": ("live", live),
    "policy": ("policy", as_it_is),
    "history": ("policy/history", as_it_is),
    "chore": ("chores?state=unfilled,expired", first_row),
    "chores": ("chores", as_it_is),
    "whatif": ("whatif", first_row),
    "ask": ("whatif", as_it_is),
    "health": ("health?hours=1", as_it_is),
    "audit": ("audit", as_it_is),
}


def main() -> None:
    """Sign in and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("views", nargs="+", choices=VIEWS)
    parser.add_argument("--at", default="http://127.0.0.1:8000", help="the running service")
    parser.add_argument("--market", default="london")
    parser.add_argument("--into", type=Path, default=Path(__file__).parents[1] / "docs")
    arguments = parser.parse_args()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=WINDOW, color_scheme="light")  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE_MS)
        _sign_in(page, arguments.at, arguments.market)
        for name in arguments.views:
            address, prepare = VIEWS[name]
            page.goto(f"{arguments.at}/console#/{arguments.market}/{address}")
            _settle(page)
            prepare(page)
            _settle(page)
            _keep(page.screenshot(), arguments.into / f"console-{name}.png")
        browser.close()


def _sign_in(page: Page, at: str, market: str) -> None:
    page.goto(f"{at}/console#/{market}/health")
    page.get_by_label("E-mail").fill(f"operator@{market}.example")
    page.get_by_label("Password").fill("dibs-for-everyone")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()


def _settle(page: Page) -> None:
    """Wait until all has been read, and a moment for maps: one of a living city never rests."""
    expect(page.get_by_role("heading", level=1)).to_be_attached()
    page.wait_for_timeout(MOMENT_MS)
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)


def _keep(shot: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
