"""The live map in a real browser: what was just posted is on it, and can be gone to by mouse and by
keyboard.
"""

from __future__ import annotations

import time

from playwright.sync_api import Page, expect

from tests.browser.conftest import City, Console

SOON_S = 2.0


def test_the_map_shows_a_chore_within_two_seconds_of_its_post(city: City, editor: Console) -> None:
    page = editor.page
    editor.go("live")
    editor.wait_until_drawn()
    before = _in_view(page)
    chore = city.post_chore(east=0.1)
    posted = time.monotonic()
    expect(page.locator(f"[data-chore='{chore}']")).to_be_visible(timeout=_left_ms(posted))
    drawn = page.locator("[data-in-view=chores]")
    expect(drawn).to_have_text(_counted(before + 1), timeout=_left_ms(posted))
    assert editor.complaints == []


def test_a_chore_is_gone_to_from_the_list_and_from_the_map(city: City, editor: Console) -> None:
    page = editor.page
    editor.go("live")
    listed = page.locator(f"[data-chore='{city.post_chore(east=-0.1)}']")
    listed.get_by_role("button").press("Enter")
    expect(listed.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(500)  # the map begins to move
    editor.wait_until_drawn()

    editor.go("live")
    expect(listed.get_by_role("button")).to_have_attribute("aria-pressed", "false")
    box = page.locator("canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(listed.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    chosen = page.get_by_role("region", name="Chosen chore")
    expect(chosen.get_by_text("12 Mare Street, E8")).to_be_visible()
    chosen.get_by_role("link", name="Its story").click()
    expect(page.get_by_role("region", name="Wave 1")).to_be_visible()
    assert editor.complaints == []


def test_a_chore_is_found_by_its_address_its_category_and_its_id(
    city: City, editor: Console
) -> None:
    page, chore = editor.page, city.post_chore(address="7 Needle Row, E8 4QN")
    editor.go("live")
    box = page.get_by_label("Find a chore")
    for text in ("needle row", "e8 4qn", chore[-6:]):
        box.fill(text)
        expect(page.get_by_role("heading", name="1 chore")).to_be_visible()
        expect(page.locator("[data-chore]")).to_have_attribute("data-chore", chore)
    box.fill("furniture")
    expect(page.locator(f"[data-chore='{chore}']")).to_be_visible()
    page.locator(f"[data-chore='{chore}']").get_by_role("button").press("Enter")
    expect(page.get_by_role("region", name="Chosen chore")).to_contain_text("7 Needle Row")
    box.fill("")
    expect(page.get_by_role("heading", name="Waiting for somebody")).to_be_visible()
    editor.go("chores?q=needle")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_label("District").select_option("Croydon")
    expect(page.get_by_text("No chores here")).to_be_visible()
    page.get_by_label("District").select_option("Hackney")
    expect(page.get_by_role("row")).to_have_count(2)
    assert editor.complaints == []


def test_the_keyboard_alone_leads_into_every_view(editor: Console) -> None:
    page = editor.page
    editor.go("live")
    editor.wait_until_drawn()
    page.reload()
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    for name in ("Chores", "Policy", "What if", "Health", "Experiments", "People", "Audit"):
        _tab_to(page, name)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    assert editor.complaints == []


def _tab_to(page: Page, name: str) -> None:
    """Press Tab until the link of this name has the focus."""
    link = page.get_by_role("navigation", name="Views").get_by_role("link", name=name)
    for _ in range(30):
        if link.evaluate("link => link === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} is not to be reached by keyboard")


def _in_view(page: Page) -> int:
    text = page.locator("[data-in-view=chores]").text_content() or ""
    return int(text.split()[0])


def _counted(chores: int) -> str:
    return f"{chores} chore{'' if chores == 1 else 's'}"


def _left_ms(since: float) -> float:
    """What is left of the time that a chore may take to appear; never nought, which is for ever."""
    return max(1.0, 1_000 * (SOON_S - (time.monotonic() - since)))
