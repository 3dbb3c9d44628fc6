"""The policy in the console: changed, used, reverted; and refused beside the field."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import City, Console

POLICY = "/v1/markets/london/policy"


def test_a_changed_radius_is_used_by_the_next_chore_and_can_be_reverted(
    city: City, editor: Console
) -> None:
    page, before = editor.page, _version(city)
    editor.go("policy")
    page.get_by_label("Radius", exact=True).fill("8000")
    _put_in_force(page, "Evenings fill too slowly")
    expect(page.get_by_text(f"Version {before + 1}, by Editor Operator")).to_be_visible()

    editor.go(f"chores/{city.post_chore()}")
    facts = page.get_by_role("region", name="Wave 1")
    expect(facts.get_by_text("8 km", exact=True)).to_be_visible()
    expect(facts.get_by_role("link", name=f"Policy version {before + 1}")).to_be_visible()

    editor.go("policy/history")
    changed = page.locator(f"[data-version='{before + 1}']")
    expect(changed.get_by_text("Chores posted")).to_be_visible()
    expect(changed.get_by_text("Declined")).to_be_visible()
    expect(changed.get_by_text("In force since")).to_be_visible()
    expect(changed.get_by_role("listitem").filter(has_text="Radius")).to_contain_text("8 km")
    version = page.locator(f"[data-version='{before}']")
    version.get_by_role("button", name="Revert to this").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("8 km")).to_be_visible()
    dialog.get_by_label("Reason").fill("It did not help")
    dialog.get_by_role("button", name="Revert").click()
    newest = page.locator(f"[data-version='{before + 2}']")
    expect(newest.get_by_text("It did not help")).to_be_visible()
    assert _radius(city) == 5000

    editor.go("audit")
    line = page.get_by_role("row").filter(has_text="It did not help")
    expect(line.get_by_text("Editor Operator")).to_be_visible()
    expect(line.get_by_text(f"Reverted the policy to version {before}")).to_be_visible()
    expect(line.get_by_role("listitem").filter(has_text="Radius")).to_contain_text("5 km")
    assert editor.complaints == []


def test_a_category_shows_what_it_inherits_and_what_is_its_own(editor: Console) -> None:
    page = editor.page
    editor.go("policy?category=furniture-assembly")
    radius = page.locator("[data-knob='radius_m']")
    expect(radius.get_by_text("Inherited")).to_be_visible()
    radius.get_by_label("Radius").fill("3000")
    expect(radius.get_by_text("Overridden")).to_be_visible()
    radius.get_by_role("button", name="Inherit Radius from the market").click()
    expect(radius.get_by_text("Inherited")).to_be_visible()
    expect(radius.get_by_label("Radius")).to_have_value("5000")


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("Radius", "0", "At least 100 m"),
        ("Radius", "-1", "At least 100 m"),
        ("Radius", "NaN", "This is not a number"),
        ("Radius", "1000000000", "At most 200,000 m"),
        ("Radius cap", "4000", "The cap is below the radius"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    editor: Console, field: str, typed: str, told: str
) -> None:
    page = editor.page
    editor.go("policy")
    box = page.get_by_label(field, exact=True)
    box.fill(typed)
    knob = page.locator("[data-knob]", has=box)
    expect(knob.get_by_role("alert")).to_have_text(told)
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("button", name="Review and save…")).to_be_disabled()
    page.get_by_role("button", name="Discard").click()
    expect(knob.get_by_role("alert")).to_have_count(0)


def test_of_two_who_edit_at_once_the_second_is_shown_beside_the_field_what_the_first_did(
    city: City, editor: Console
) -> None:
    page, before = editor.page, _version(city)
    editor.go("chores")
    editor.go("policy")
    page.get_by_label("Max waves").fill("6")
    document = city.as_editor("GET", POLICY).json()["document"]
    document["default"] |= {"wave_retry_s": 90, "max_waves": 3}
    first = city.as_editor(
        "PUT",
        POLICY,
        headers={"If-Match": f'"{before}"'},
        json={"document": document, "reason": "Others first"},
    )
    assert first.status_code == 200, first.text

    _put_in_force(page, "More waves")
    expect(page.get_by_role("alert").filter(has_text="Others first")).to_be_visible()
    waves = page.locator("[data-knob='max_waves']")
    expect(waves.get_by_role("alert")).to_contain_text("Other Operator made this 3 waves meanwhile")
    expect(waves.get_by_label("Max waves", exact=True)).to_have_value("6")
    expect(waves.get_by_label("Max waves", exact=True)).to_be_focused()
    expect(waves).to_be_in_viewport()
    retry = page.locator("[data-knob='wave_retry_s']")
    expect(retry.get_by_label("Wave retry", exact=True)).to_have_value("90")
    expect(retry).to_contain_text("it was 1 min")
    waves.get_by_role("button", name="Take 3 waves").click()
    expect(waves.get_by_label("Max waves", exact=True)).to_have_value("3")
    waves.get_by_label("Max waves", exact=True).fill("6")
    _put_in_force(page, "More waves")
    expect(page.get_by_text(f"Version {before + 2}, by Editor Operator")).to_be_visible()
    held = city.as_editor("GET", POLICY).json()["document"]["default"]
    assert (held["max_waves"], held["wave_retry_s"]) == (6, 90)


def test_a_viewer_sees_the_policy_and_cannot_edit_it(viewer: Console) -> None:
    page = viewer.page
    viewer.go("policy")
    expect(page.get_by_text("Read only")).to_be_visible()
    expect(page.get_by_label("Radius", exact=True)).not_to_be_editable()
    expect(page.get_by_label("Favourites first")).to_be_disabled()
    viewer.go("policy/history")
    expect(page.locator("[data-version='1']")).to_be_visible()
    expect(page.get_by_role("button", name="Revert to this")).to_have_count(0)
    assert viewer.complaints == []


def _put_in_force(page: Page, reason: str) -> None:
    page.get_by_role("button", name="Review and save…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name="Put in force").click()


def _version(city: City) -> int:
    return int(city.as_editor("GET", POLICY).json()["version"])


def _radius(city: City) -> float:
    return float(city.as_editor("GET", POLICY).json()["document"]["default"]["radius_m"])
