"""The policy describes itself, keeps its bounds, and lays categories over the default."""

from typing import Any

import pytest
from pydantic import ValidationError

from matching.policy import MatchingPolicy, PolicyDocument

FIELDS = MatchingPolicy.model_fields


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_has_a_unit_and_one_sentence(name: str) -> None:
    extra: Any = FIELDS[name].json_schema_extra
    assert extra["unit"]
    description = FIELDS[name].description or ""
    assert description.endswith(".")
    assert description.count(".") == 1


@pytest.mark.parametrize("name", [n for n in FIELDS if FIELDS[n].annotation is not bool])
def test_every_number_is_bounded_on_both_sides(name: str) -> None:
    schema = MatchingPolicy.model_json_schema()["properties"][name]
    for beyond in (schema["minimum"] - 1, schema["maximum"] + 1, float("nan"), float("inf")):
        with pytest.raises(ValidationError):
            MatchingPolicy.model_validate({name: beyond})


def test_a_cap_below_the_radius_is_refused() -> None:
    with pytest.raises(ValidationError, match="radius_cap_m") as refused:
        MatchingPolicy(radius_m=5_000, radius_cap_m=4_000)
    assert [error["loc"] for error in refused.value.errors()] == [("radius_cap_m",)]


def test_deadlines_that_shrink_are_refused_at_the_shorter_one() -> None:
    with pytest.raises(ValidationError) as refused:
        MatchingPolicy(offer_deadline_now_s=600, offer_deadline_today_s=300)
    assert [error["loc"] for error in refused.value.errors()] == [("offer_deadline_today_s",)]


def test_a_category_differs_only_where_it_says_so() -> None:
    document = PolicyDocument(
        default=MatchingPolicy(radius_m=3_000), categories={"plumbing": {"max_waves": 7}}
    )
    plumbing = document.for_category("plumbing")
    assert (plumbing.radius_m, plumbing.max_waves) == (3_000, 7)
    assert document.for_category("cleaning") == document.default


def test_what_holds_for_a_category_is_worked_out_once() -> None:
    document = PolicyDocument(categories={"plumbing": {"max_waves": 7}})
    assert document.for_category("plumbing") is document.for_category("plumbing")


def test_a_bad_category_is_refused_where_it_stands() -> None:
    with pytest.raises(ValidationError) as refused:
        PolicyDocument.model_validate({"categories": {"plumbing": {"radius_m": -1, "colour": 3}}})
    places = {error["loc"] for error in refused.value.errors()}
    assert places == {("categories", "plumbing", "radius_m"), ("categories", "plumbing", "colour")}


def test_a_category_may_not_break_a_rule_across_fields_with_the_default() -> None:
    with pytest.raises(ValidationError, match="radius_cap_m"):
        PolicyDocument(categories={"plumbing": {"radius_m": 150_000}})


def test_a_document_survives_json() -> None:
    document = PolicyDocument(categories={"plumbing": {"favourites_first": False}})
    assert PolicyDocument.model_validate_json(document.model_dump_json()) == document
