"""The console's live map in a browser, with 100,000 taskers online and 2,000 open chores.

Debian's Chromium, headless, signs in to one api process in this one and looks at London. First the
bytes on the wire until the live map has been drawn, by what they are, from an empty cache; then the
time from one frame to the next while the mouse drags the map about, at the zoom of the city, of a
part of it, and of streets. SwiftShader draws on the CPU, which the api shares: so the same drag is
measured with everything switched off but the ground (`ground`), and with a page that draws nothing
at all (`nothing`), the floor of this browser on this machine.
"""

import argparse
import asyncio
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import numpy as np
from playwright.async_api import Browser, Page, Request, async_playwright

from benchmarks.crowds import NOW, benchmark_server, run_async
from benchmarks.frame import Report
from benchmarks.live_city import EMAIL, PASSWORD, add_size, populate, served

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]
WINDOW = {"width": 1360, "height": 860}
GOAL_BYTES = 1_000_000
PATIENCE_MS = 120_000
LAYERS = ("Chores", "Reaches", "Bookings", "Taskers")
ZOOMED_IN = (0, 2, 3)
"""How often the button is pressed before each drag: the city, a part of it, streets."""

COUNT_FRAMES = """() => {
  window.frames_ms = [];
  let last = performance.now();
  const count = (now) => { window.frames_ms.push(now - last); last = now; next(); };
  const next = () => { window.counting = requestAnimationFrame(count); };
  next();
}"""
TAKE_FRAMES = "() => (cancelAnimationFrame(window.counting), window.frames_ms.slice(1))"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_size(parser)
    parser.add_argument("--drags", type=int, default=4, help="of each zoom and kind")


def run(arguments: argparse.Namespace, report: Report) -> None:
    with benchmark_server() as url:
        run_async(_measure(url, arguments, report))


async def _measure(url: str, arguments: argparse.Namespace, report: Report) -> None:
    await populate(url, arguments)
    began = time.monotonic()
    async with (
        served(url, lambda: NOW + timedelta(seconds=time.monotonic() - began)) as (base, _),
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await _first_view(browser, base, report)
        await _pan(browser, page, arguments.drags, report)
        await browser.close()


async def _first_view(browser: Browser, base: str, report: Report) -> Page:
    """Sign in and wait for the map: the bytes that took, as they came over the wire."""
    page = await browser.new_page(viewport=WINDOW)  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE_MS)
    wire = Wire(page)
    await page.goto(f"{base}/console")
    await page.get_by_label("E-mail").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    started = time.perf_counter()
    await page.get_by_role("button", name="Sign in").click()
    await page.locator("[data-in-view=taskers]").wait_for()
    await _drawn(page)
    took_ms = (time.perf_counter() - started) * 1_000
    seen = await page.locator("[data-in-view=taskers]").text_content()
    received = await wire.by_kind()
    for kind, size in received.most_common():
        report.add(what="first view", kind=kind, bytes=size)
    total = sum(received.values())
    report.add(what="first view", kind="all", bytes=total)
    verdict = "met" if total <= GOAL_BYTES else "missed"
    report.notes.append(f"goal {verdict}: {total:,} bytes to the first view, wanted {GOAL_BYTES:,}")
    report.notes.append(f"{took_ms:,.0f} ms from signing in to the map drawn, {seen} in view")
    return page


class Wire:
    """Bytes as they came over the wire, by kind, headers included; those of the stream are its
    text's.
    """

    def __init__(self, page: Page) -> None:
        self.received: Counter[str] = Counter()
        self._requests: list[Request] = []
        page.on("requestfinished", self._finished)
        page.on("websocket", lambda socket: socket.on("framereceived", self._told))

    async def by_kind(self) -> Counter[str]:
        """All that was received so far."""
        found = Counter(self.received)
        for request in self._requests:
            sizes = await request.sizes()
            kind = "tiles" if "/tiles/" in request.url else request.resource_type
            found[kind] += sizes["responseBodySize"] + sizes["responseHeadersSize"]
        return found

    def _finished(self, request: Request) -> None:
        self._requests.append(request)

    def _told(self, payload: str | bytes) -> None:
        self.received["stream"] += len(payload)


async def _pan(browser: Browser, page: Page, drags: int, report: Report) -> None:
    empty = await browser.new_page(viewport=WINDOW)  # type: ignore[arg-type]
    await empty.bring_to_front()
    report.add(what="pan", kind="nothing", zoomed_in=0, **await _dragged(empty, drags))
    await empty.close()
    await page.bring_to_front()
    deep = 0
    for presses in ZOOMED_IN:
        for _ in range(presses):
            await page.get_by_role("button", name="Zoom in").click()
            await asyncio.sleep(0.6)
            deep += 1
        for kind, checked in (("all", True), ("ground", False)):
            for layer in LAYERS:
                await page.get_by_label(layer, exact=True).set_checked(checked)
            await _drawn(page)
            report.add(what="pan", kind=kind, zoomed_in=deep, **await _dragged(page, drags))


async def _dragged(page: Page, drags: int) -> dict[str, Any]:
    """The frames while the mouse drags to and fro in the middle of the window."""
    await page.evaluate(COUNT_FRAMES)
    for drag in range(drags):
        way = 1 if drag % 2 else -1
        await page.mouse.move(620, 430)
        await page.mouse.down()
        for step in range(40):
            await page.mouse.move(620 + way * step * 7, 430 + way * step * 4)
            await asyncio.sleep(0.02)
        await page.mouse.up()
    frames = np.array(await page.evaluate(TAKE_FRAMES))
    return {
        "frames": len(frames),
        "p50_ms": float(np.median(frames)),
        "p95_ms": float(np.percentile(frames, 95)),
        "p99_ms": float(np.percentile(frames, 99)),
        "over_50_ms": float((frames > 50).mean()),
    }


async def _drawn(page: Page) -> None:
    await page.locator(".map[aria-busy=false]").wait_for()
    await asyncio.sleep(0.3)
    await page.locator(".map[aria-busy=false]").wait_for()
