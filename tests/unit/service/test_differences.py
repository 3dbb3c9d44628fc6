"""Differences of policy documents, knob by knob."""

from __future__ import annotations

from matching.policy import PolicyDocument
from service.policies.differences import Change, changes


def test_equal_documents_do_not_differ() -> None:
    document = PolicyDocument().model_dump(mode="json")
    assert changes(document, document) == []


def test_a_knob_changed_set_or_taken_away_is_one_change_each() -> None:
    before = {
        "default": {"radius_m": 5000, "max_waves": 4},
        "categories": {"moving": {"hold_s": 9}},
    }
    after = {"default": {"radius_m": 4000, "max_waves": 4}, "categories": {"garden": {"hold_s": 0}}}
    assert changes(before, after) == [
        Change("categories.garden.hold_s", None, 0),
        Change("categories.moving.hold_s", 9, None),
        Change("default.radius_m", 5000, 4000),
    ]
