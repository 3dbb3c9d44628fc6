"""Who tells travel times: the great circle unless the settings name a router."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from geo.travel import GreatCircleTravel
from service.dispatch.loop import travel_of
from service.settings import Settings
from service.travel.routed import RoutedTravel


def test_without_a_router_rounds_go_by_the_great_circle() -> None:
    assert isinstance(travel_of(Settings(environment="test")), GreatCircleTravel)


@pytest.mark.parametrize("kind", ["valhalla", "osrm"])
def test_rounds_ask_the_router_that_the_settings_name(kind: str) -> None:
    chosen = Settings.model_validate(
        {"environment": "test", "router": kind, "router_url": "http://127.0.0.1:1"}
    )
    assert isinstance(travel_of(chosen), RoutedTravel)


@pytest.mark.parametrize("url", ["", "router.example:8002", "ftp://router.example"])
def test_a_router_without_an_http_address_is_refused_at_start(url: str) -> None:
    with pytest.raises(ValidationError, match="DIBS_ROUTER_URL"):
        Settings.model_validate({"router": "osrm", "router_url": url})
