"""The other views in a real browser: what if, experiments, people; and how all of them look."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, City, Console
from tests.support.processes import ServiceProcess

SHOTS = Path(__file__).parents[2] / ".data" / "shots"
AXE = Path(__file__).parents[2] / "console" / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"width": 390, "height": 844}
PLAYED_MS = 90_000
LOOKS = 3


@pytest.fixture(scope="module")
def replaying(city: City) -> Iterator[None]:
    """A process that plays what is asked."""
    environment = os.environ | {
        "DIBS_DATABASE_URL": city.url, "DIBS_ENVIRONMENT": "test", "DIBS_LOG_LEVEL": "error",
    }  # fmt: skip
    process = ServiceProcess("replay", environment=environment)
    yield
    process.kill()


@pytest.mark.usefixtures("replaying")
def test_a_what_if_is_played_and_its_curves_are_read(editor: Console) -> None:
    page = editor.page
    editor.go("whatif")
    page.get_by_label("Values to try").fill("2000, far")
    page.get_by_role("button", name="Play it").click()
    expect(page.get_by_role("alert")).to_have_text("far is not a number")
    page.get_by_label("Values to try").fill("2000, 5000, 9000")
    page.get_by_label("Days to play").fill("1")
    expect(page.get_by_text("To try: 2 km, 5 km, 9 km.")).to_be_visible()
    page.get_by_label("District to look at").select_option("Hackney")
    page.get_by_role("button", name="Play it").click()
    numbers = page.get_by_role("region", name="In numbers").last
    expect(numbers).to_be_visible(timeout=PLAYED_MS)
    expect(numbers.get_by_role("row").filter(has_text="today")).to_contain_text("5,000 m")
    expect(numbers.get_by_role("row")).to_have_count(4)
    expect(page.get_by_role("img", name="Fill rate by Radius")).to_be_visible()
    expect(page.get_by_text("generated days")).to_be_visible()

    expect(page.get_by_text("2 km or 9 km instead of today’s 5 km")).to_be_visible()
    expect(page.get_by_text("From post to acceptance, the middle one")).to_be_visible()
    page.get_by_label("Value to compare").select_option("9000")
    expect(page.get_by_text("In Hackney, 9 km would fill")).to_be_visible()
    page.get_by_label("District", exact=True).select_option("Croydon")
    expect(page.get_by_text("In Croydon, 9 km would fill")).to_be_visible()
    page.get_by_label("District", exact=True).select_option("Hackney")
    expect(page.locator("[data-district=Hackney]")).to_contain_text("%")
    assert {"at=9000", "district=Hackney"} <= set(page.url.partition("?")[2].split("&"))
    page.reload()
    expect(page.get_by_text("In Hackney, 9 km would fill")).to_be_visible()
    editor.wait_until_drawn()
    _look(page, "whatif-result")
    assert editor.complaints == []


def test_what_the_policy_cannot_be_is_told_by_the_value(editor: Console) -> None:
    page = editor.page
    editor.go("whatif")
    page.get_by_label("Values to try").fill("0")
    page.get_by_role("button", name="Play it").click()
    expect(page.get_by_role("alert")).to_contain_text("greater than or equal to 100")
    editor.complaints.clear()  # the browser tells of every 422


def test_a_viewer_starts_no_experiment(viewer: Console) -> None:
    viewer.go("experiments")
    expect(viewer.page.get_by_text("No experiment has run here")).to_be_visible()
    expect(viewer.page.get_by_role("link", name="New experiment")).to_have_count(0)


def test_somebody_is_suspended_with_a_reason_and_reinstated(editor: Console) -> None:
    page = editor.page
    editor.go("people")
    page.get_by_label("Name or e-mail").fill("tasker-00007")
    page.get_by_role("button", name="Search").click()
    row = page.get_by_role("row").filter(has_text="tasker-00007@")
    for act, state in (("Suspend", "Suspended"), ("Reinstate", "in good standing")):
        row.get_by_role("button", name=f"{act}…").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name=act, exact=True).click()
        expect(dialog.get_by_role("alert")).to_have_text("Say why: the audit keeps it")
        dialog.get_by_label("Reason").fill(f"{act} on Monday")
        dialog.get_by_role("button", name=act, exact=True).click()
        expect(row.get_by_text(state)).to_be_visible()
    editor.go("audit")
    expect(page.get_by_text("Suspend on Monday")).to_be_visible()
    assert editor.complaints == []


def test_every_view_is_readable_in_light_and_dark_and_on_a_phone(
    city: City, editor: Console
) -> None:
    page, chore = editor.page, city.post_chore()
    views = ["live", "chores", f"chores/{chore}", "policy", "policy/history", "whatif"]
    views += ["health", "experiments", "experiments/new", "people", "audit"]
    for view in views:
        editor.go(view)
        expect(page.get_by_role("heading", level=1)).to_be_attached()
        editor.wait_until_drawn()
        _look(page, view.replace(chore, "story").replace("/", "-"))
    assert editor.complaints == []


def _look(page: Page, name: str) -> None:
    """Take its picture in both colours and sizes; nothing scrolls sideways or is hard to use."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for size, viewport in (("phone", PHONE), ("desktop", DESKTOP)):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        for colours in ("dark", "light"):
            page.emulate_media(color_scheme=colours, reduced_motion="reduce")
            expect(page.locator("[aria-busy=true]")).to_have_count(0)
            assert _fits(page), f"{name} is wider than a {size}"
            assert _barriers(page) == [], f"{name}, {colours}, on a {size}"
            page.screenshot(path=SHOTS / f"{name}-{size}-{colours}.png")


def _barriers(page: Page) -> list[str]:
    """What keeps people from reading or using the page, by axe's rules: the grave ones. A page that
    is still changing its colours is looked at again.
    """
    page.evaluate(AXE.read_text())
    for _ in range(LOOKS):
        if not _found(page):
            return []
        page.wait_for_timeout(300)
    return _found(page)


def _found(page: Page) -> list[str]:
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def _fits(page: Page) -> bool:
    """Whether nothing makes the page scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
