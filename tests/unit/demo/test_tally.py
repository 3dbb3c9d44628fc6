"""The demo's report: counts and latencies as the phones saw them."""

from __future__ import annotations

import pytest

from service.demo.screen import sparkline
from service.demo.tally import COUNTED, Tally, broken, percentile


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile([7.0], 0.99) == 7
    assert percentile([], 0.5) is None


@pytest.mark.parametrize("offer_first", [True, False])
def test_the_time_from_post_to_offer_counts_the_first_offer_once(offer_first: bool) -> None:
    tally = Tally()
    if offer_first:  # a tasker may read the offer before the client reads the answer to the post
        tally.offered("chore", 10.030)
        tally.posting("chore", 10.0)
    else:
        tally.posting("chore", 10.0)
        tally.offered("chore", 10.030)
    tally.offered("chore", 11.0)
    assert tally.times_ms["post_to_offer"] == [pytest.approx(30.0)]
    assert tally.counts["offers_delivered"] == 2


def lively() -> Tally:
    tally = Tally()
    tally.count("posted", 3)
    tally.count("booked", 2)
    return tally


def test_a_report_has_every_count_and_breaks_nothing_when_all_is_well() -> None:
    report = lively().report({"count": 1})
    assert set(COUNTED) <= set(report)
    assert broken(report) == []


@pytest.mark.parametrize(
    "fault",
    [
        "double_bookings",
        "lost_events",
        "errors_5xx",
        "unanswered",
        "not_signed_in",
        "broken_phones",
    ],
)
def test_one_fault_of_any_kind_breaks_a_report(fault: str) -> None:
    tally = lively()
    tally.count(fault)
    assert len(broken(tally.report({}))) == 1


def test_a_city_where_nothing_happens_is_broken() -> None:
    assert broken(Tally().report({})) == ["nothing was posted at all", "nothing was booked at all"]


def test_a_sparkline_is_as_tall_as_its_largest_value() -> None:
    assert sparkline([0, 4, 8]) == " ▄█"
    assert sparkline([]) == ""
