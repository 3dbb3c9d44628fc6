"""What Prometheus reads of the api, and who may."""

from __future__ import annotations

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.app import create_app
from service.settings import Settings


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


@pytest.mark.parametrize(
    ("peers", "peer", "status"),
    [
        ((), "127.0.0.1", 200),
        ((), "::1", 200),
        ((), "::ffff:127.0.0.1", 200),
        ((), "203.0.113.9", 404),
        (("10.0.0.0/8",), "203.0.113.9", 404),
        (("10.0.0.0/8", "203.0.113.9"), "203.0.113.9", 200),
        (("10.0.0.0/8",), "::ffff:10.1.2.3", 200),
    ],
)
async def test_metrics_are_for_this_machine_and_for_those_that_are_named(
    settings: Settings, peers: tuple[str, ...], peer: str, status: int
) -> None:
    app = create_app(settings.model_copy(update={"metrics_peers": peers}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://dibs.test") as outside:
            assert (await outside.get("/metrics")).status_code == status
