"""What changes while a round reads: who changed after they were read is not offered anything."""

from __future__ import annotations

from typing import Any

import pytest

from service.dispatch import taskers
from tests.integration.dispatch.conftest import City


@pytest.mark.parametrize("reading", ["facts_of", "busy_of", "shares_accepted"])
async def test_who_changes_between_two_readings_is_left_out_of_the_round(
    city: City, monkeypatch: pytest.MonkeyPatch, reading: str
) -> None:
    await city.tasker()
    chore = await city.chore()
    whole = getattr(taskers, reading)

    async def then_changed(*given: Any) -> Any:
        found = await whole(*given)
        city.sql("UPDATE taskers SET revision = revision + 1 RETURNING 1")
        return found

    monkeypatch.setattr(taskers, reading, then_changed)
    report = await city.round()
    assert (report.offers, report.dropped) == (0, 1)
    assert city.chore_row(chore) == ("open", 0, city.now)
