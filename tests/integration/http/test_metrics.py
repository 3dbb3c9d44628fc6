"""What Prometheus reads of the api."""

from __future__ import annotations

import httpx
from prometheus_client.parser import text_string_to_metric_families


async def seen(api: httpx.AsyncClient, route: str) -> float:
    """How many answers of a route `/metrics` has counted."""
    answer = await api.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == "dibs_http_seconds_count"
        and sample.labels == {"method": "GET", "route": route, "status": "200"}
    )


async def test_every_request_is_in_the_histogram_of_its_route(api: httpx.AsyncClient) -> None:
    before = await seen(api, "/v1/markets")
    await api.get("/v1/markets")
    assert await seen(api, "/v1/markets") == before + 1
