"""Who may call what: one table of every route, and each route called as everybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Literal

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy.ext.asyncio import AsyncSession

from service.app import create_app
from service.db.engine import Database
from service.http.documentation import api_routes
from service.settings import Settings
from tests.support.scene import Person, make_market, make_person

Who = Literal["public", "person", "client", "tasker", "operator", "editor", "ticket"]
Role = Literal["anonymous", "client", "tasker", "viewer", "editor"]

TABLE: dict[str, Who] = {
    "GET /healthz": "public",
    "GET /readyz": "public",
    "GET /metrics": "public",
    "GET /v1/openapi.json": "public",
    "GET /v1/docs": "public",
    "POST /v1/accounts": "public",
    "GET /v1/accounts/me": "person",
    "PATCH /v1/accounts/me": "person",
    "PUT /v1/accounts/me/password": "person",
    "POST /v1/sessions": "public",
    "POST /v1/sessions/refresh": "public",
    "DELETE /v1/sessions/current": "person",
    "DELETE /v1/sessions": "person",
    "GET /v1/markets": "public",
    "GET /v1/markets/{market}": "public",
    "GET /v1/markets/{market}/categories": "public",
    "GET /v1/markets/{market}/policy": "operator",
    "PUT /v1/markets/{market}/policy": "editor",
    "GET /v1/markets/{market}/policy/versions": "operator",
    "GET /v1/markets/{market}/policy/versions/{version}": "operator",
    "POST /v1/markets/{market}/policy/revert": "editor",
    "POST /v1/markets/{market}/whatifs": "operator",
    "GET /v1/markets/{market}/whatifs": "operator",
    "GET /v1/markets/{market}/whatifs/{whatif_id}": "operator",
    "POST /v1/markets/{market}/whatifs/{whatif_id}/cancel": "operator",
    "GET /v1/markets/{market}/experiments": "operator",
    "POST /v1/markets/{market}/experiments": "editor",
    "POST /v1/markets/{market}/experiments/plan": "operator",
    "GET /v1/markets/{market}/experiments/{experiment_id}": "operator",
    "POST /v1/markets/{market}/experiments/{experiment_id}/stop": "editor",
    "GET /v1/markets/{market}/taskers": "operator",
    "GET /v1/markets/{market}/chores": "operator",
    "GET /v1/accounts": "operator",
    "POST /v1/accounts/{account_id}/suspend": "editor",
    "POST /v1/accounts/{account_id}/reinstate": "editor",
    "POST /v1/chores/{chore_id}/offers": "editor",
    "POST /v1/chores/{chore_id}/extend": "editor",
    "GET /v1/markets/{market}/audit": "operator",
    "GET /v1/markets/{market}/health": "operator",
    "GET /v1/markets/{market}/health/versions": "operator",
    "GET /v1/markets/{market}/map": "operator",
    "GET /v1/markets/{market}/tiles/{z}/{x}/{y}": "operator",
    "PUT /v1/taskers/me": "tasker",
    "GET /v1/taskers/me": "tasker",
    "GET /v1/taskers/me/skills": "tasker",
    "PUT /v1/taskers/me/skills": "tasker",
    "PUT /v1/taskers/me/skills/{category}": "tasker",
    "DELETE /v1/taskers/me/skills/{category}": "tasker",
    "GET /v1/taskers/me/areas/{kind}": "tasker",
    "PUT /v1/taskers/me/areas/{kind}": "tasker",
    "DELETE /v1/taskers/me/areas/{kind}": "tasker",
    "GET /v1/taskers/me/hours": "tasker",
    "PUT /v1/taskers/me/hours": "tasker",
    "PUT /v1/taskers/me/hours/exceptions/{day}": "tasker",
    "DELETE /v1/taskers/me/hours/exceptions/{day}": "tasker",
    "GET /v1/taskers/me/availability": "tasker",
    "PUT /v1/taskers/me/presence": "tasker",
    "DELETE /v1/taskers/me/presence": "tasker",
    "GET /v1/taskers/me/decisions": "tasker",
    "GET /v1/taskers/me/blocks": "tasker",
    "PUT /v1/taskers/me/blocks/{client_id}": "tasker",
    "DELETE /v1/taskers/me/blocks/{client_id}": "tasker",
    "GET /v1/taskers/{tasker_id}": "operator",
    "GET /v1/clients/me/favourites": "client",
    "PUT /v1/clients/me/favourites/{tasker_id}": "client",
    "DELETE /v1/clients/me/favourites/{tasker_id}": "client",
    "GET /v1/clients/me/blocks": "client",
    "PUT /v1/clients/me/blocks/{tasker_id}": "client",
    "DELETE /v1/clients/me/blocks/{tasker_id}": "client",
    "POST /v1/chores": "client",
    "POST /v1/chores/estimate": "client",
    "GET /v1/chores": "client",
    "GET /v1/chores/{chore_id}": "person",
    "POST /v1/chores/{chore_id}/cancel": "person",
    "GET /v1/chores/{chore_id}/decisions": "person",
    "GET /v1/chores/{chore_id}/offers": "operator",
    "GET /v1/rounds": "operator",
    "GET /v1/offers": "tasker",
    "GET /v1/offers/{offer_id}": "tasker",
    "POST /v1/offers/{offer_id}/accept": "tasker",
    "POST /v1/offers/{offer_id}/decline": "tasker",
    "GET /v1/bookings": "person",
    "GET /v1/bookings/{booking_id}": "person",
    "POST /v1/bookings/{booking_id}/en-route": "tasker",
    "POST /v1/bookings/{booking_id}/start": "tasker",
    "POST /v1/bookings/{booking_id}/finish": "tasker",
    "POST /v1/bookings/{booking_id}/cancel": "person",
    "GET /v1/console/settings": "public",
    "POST /v1/console/session": "public",
    "POST /v1/console/session/refresh": "public",
    "DELETE /v1/console/session": "public",
    "GET /console": "public",
    "GET /console/{path:path}": "public",
    "GET /v1/push/key": "public",
    "GET /v1/push/subscriptions": "person",
    "PUT /v1/push/subscriptions/{device}": "person",
    "DELETE /v1/push/subscriptions/{device}": "person",
    "GET /v1/asyncapi.json": "public",
    "POST /v1/stream/tickets": "person",
    "WEBSOCKET /v1/stream": "ticket",
}

MAY: dict[Who, set[Role]] = {
    "public": {"anonymous", "client", "tasker", "viewer", "editor"},
    "person": {"client", "tasker", "viewer", "editor"},
    "client": {"client"},
    "tasker": {"tasker"},
    "operator": {"viewer", "editor"},
    "editor": {"editor"},
    "ticket": set(),
}

FLAGS: dict[Role, dict[str, Any]] = {
    "client": {"is_client": True},
    "tasker": {"is_tasker": True},
    "viewer": {"operator_role": "viewer"},
    "editor": {"operator_role": "editor"},
}

SOMEBODY = "0199a7c2-5d1e-7c3a-9b52-3f6f0c1d2e4a"
IN_PATH = {
    "market": "london",
    "version": "1",
    "category": "mounting",
    "kind": "regular",
    "day": "2026-11-24",
    "device": "phone-1",
}


def routes(app: FastAPI) -> Iterator[str]:
    """Every route of the app, `METHOD /path`, whatever kind it is."""
    for context in iter_route_contexts(app.routes):
        path = getattr(context.original_route, "path", "?")
        for method in getattr(context.original_route, "methods", None) or {"WEBSOCKET"}:
            if method != "HEAD":
                yield f"{method} {path}"


def test_every_route_has_a_row_and_every_row_a_route(settings: Settings) -> None:
    assert sorted(routes(create_app(settings))) == sorted(TABLE)


@pytest.fixture
async def people(database: Database) -> dict[str, dict[Role, Person]]:
    """Somebody of each role for each route: some routes sign people out."""

    async def scene(session: AsyncSession) -> dict[str, dict[Role, Person]]:
        await make_market(session)
        return {
            route: {role: await make_person(session, **flags) for role, flags in FLAGS.items()}
            for route in TABLE
        }

    return await database.run(scene)


async def test_each_route_answers_each_role_as_the_table_says(
    api: httpx.AsyncClient, people: dict[str, dict[Role, Person]]
) -> None:
    wrong: list[str] = []
    over_http = {route: who for route, who in TABLE.items() if who != "ticket"}
    for route, who in over_http.items():
        for role in ("anonymous", *people[route]):
            person = people[route].get(role)
            status = await called(api, route, person.headers if person else {})
            if not fits(status, role, MAY[who]):
                wrong.append(f"{route} as {role}: {status}")
    assert wrong == []


def fits(status: int, role: Role, may: set[Role]) -> bool:
    """401 for nobody, 403 for somebody else; whoever may call it gets another answer, no 5xx."""
    if role in may:
        return status not in (401, 403) and status < 500
    return status == (401 if role == "anonymous" else 403)


async def called(api: httpx.AsyncClient, route: str, headers: dict[str, str]) -> int:
    """The status of a call that is well-formed as far as a table can know."""
    method, _, template = route.partition(" ")
    path = template.replace(":path}", "}").format_map(defaultdict(lambda: SOMEBODY, IN_PATH))
    content = b"{}" if method in ("POST", "PUT", "PATCH") else None
    json = {"Content-Type": "application/json"}
    answer = await api.request(method, path, headers=headers | json, content=content)
    return answer.status_code


async def test_the_stream_takes_a_ticket_and_no_access_token(
    api: httpx.AsyncClient, people: dict[str, dict[Role, Person]]
) -> None:
    for person in people["WEBSOCKET /v1/stream"].values():
        sent = await shaken(api, "/v1/stream", person.headers)
        assert sent[0]["type"] == "websocket.http.response.start"
        assert 400 <= sent[0]["status"] < 500


async def shaken(api: httpx.AsyncClient, path: str, headers: dict[str, str]) -> list[Any]:
    """What a websocket's handshake is answered."""
    transport = api._transport
    assert isinstance(transport, httpx.ASGITransport)
    sent: list[Any] = []
    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "subprotocols": [],
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "extensions": {"websocket.http.response": {}},
    }

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await transport.app(scope, receive, send)
    return sent


def test_the_document_asks_for_a_token_exactly_where_the_table_does(settings: Settings) -> None:
    app = create_app(settings)
    paths = app.openapi()["paths"]
    for route in api_routes(app):
        for method in route.methods or ():
            if not route.include_in_schema:
                continue
            operation = paths[route.path][method.lower()]
            who = TABLE[f"{method} {route.path}"]
            assert bool(operation.get("security")) == (who != "public"), route.path
            assert ("401" in operation["responses"]) >= (who != "public"), route.path
            narrow = who in ("client", "tasker", "operator", "editor")
            told = operation["responses"].get("403", {}).get("content", {})
            examples = told.get("application/problem+json", {}).get("examples", {})
            assert ("not-allowed" in examples) >= narrow, route.path
