"""When something of ours fails: a problem for the caller, its place for the log, and no secret."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.app import create_app
from service.db.urls import for_psycopg
from service.runtime import Db
from service.settings import Settings

SECRET = "51.5450 Mare Street"


class Wanted(BaseModel):
    place: int


async def _broken_constraint(session: AsyncSession) -> None:
    await session.execute(
        text("INSERT INTO markets (slug, name) VALUES (:slug, :name)"),
        {"slug": SECRET, "name": SECRET},
    )


async def _slow(session: AsyncSession) -> None:
    await session.execute(text("SET LOCAL statement_timeout = 20"))
    await session.execute(text("SELECT pg_sleep(5)"))


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The api of production, with a few routes that fail, each in its way."""
    production = {"environment": "production", "log_level": "info"}
    app = create_app(settings.model_copy(update=production))

    @app.get("/fails/plainly")
    async def plainly(place: str) -> None:
        raise RuntimeError(place)

    @app.get("/fails/validating")
    async def validating(place: str) -> None:
        try:
            Wanted.model_validate({"place": place})
        except ValueError as error:
            raise KeyError(place) from error

    @app.get("/fails/constraint")
    async def constraint(db: Db) -> None:
        await db.run(_broken_constraint)

    @app.get("/fails/slowly")
    async def slowly(db: Db) -> None:
        await db.run(_slow)

    @app.get("/fails/halfway")
    async def halfway() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"first"
            raise RuntimeError(SECRET)

        return StreamingResponse(pieces())

    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://dibs.test") as opened,
    ):
        yield opened


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    out = capsys.readouterr().out
    assert SECRET not in out
    assert "51.5450" not in out
    return [json.loads(line) for line in out.splitlines()]


async def test_a_defect_is_a_500_problem_and_a_line_without_what_it_quotes(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, where, kinds in (
        ("/fails/plainly", "plainly", ["RuntimeError"]),
        ("/fails/validating", "validating", ["KeyError", "ValidationError"]),
        ("/fails/constraint", "_broken_constraint", ["IntegrityError", "NotNullViolation"]),
    ):
        answer = await client.get(path, params={"place": SECRET})
        assert (answer.status_code, answer.json()["type"][-14:]) == (500, "internal-error")
        assert answer.headers["content-type"] == "application/problem+json"
        assert SECRET not in answer.text
        failure, request = lines(capsys)
        assert failure["event"] == "unhandled"
        assert failure["request_id"] == request["request_id"] == answer.headers["x-request-id"]
        assert where in str(failure["failure"])
        assert [name for name in kinds if name in str(failure["failure"])] == kinds
        assert (request["route"], request["status"]) == (path, 500)


async def test_an_answer_that_breaks_off_is_cut_without_saying_what_broke_it(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConnectionAbortedError) as broken:
        await client.get("/fails/halfway")
    assert SECRET not in str(broken.value)
    assert broken.value.__suppress_context__
    assert [line["event"] for line in lines(capsys)] == ["unhandled", "request"]


async def test_a_crowded_database_is_a_503_to_try_again(client: httpx.AsyncClient) -> None:
    answer = await client.get("/fails/slowly")
    assert (answer.status_code, answer.json()["type"][-5:]) == (503, "/busy")
    assert answer.headers["retry-after"] == "1"


async def test_a_database_that_went_away_is_a_503_until_it_is_back(
    client: httpx.AsyncClient, database_server: str, database_url: str
) -> None:
    body = {"email": "ada@example.com", "password": "not hers"}
    name = database_url.rpartition("/")[2].partition("?")[0]
    assert (await client.post("/v1/sessions", json=body)).status_code == 401
    with psycopg.connect(for_psycopg(database_server), autocommit=True) as server:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        for path in ("/readyz", "/v1/sessions", "/v1/sessions"):
            answer = await client.request("GET" if path == "/readyz" else "POST", path, json=body)
            assert (answer.status_code, answer.json()["type"][-9:]) == (503, "not-ready")
            assert answer.headers["retry-after"] == "1"
        assert (await client.get("/healthz")).status_code == 200
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert (await client.post("/v1/sessions", json=body)).status_code == 401
    assert (await client.get("/readyz")).status_code == 200


async def test_a_database_that_was_never_there_is_a_503(settings: Settings) -> None:
    nowhere = "postgresql+psycopg://dibs@127.0.0.1:9/dibs"
    app = create_app(
        settings.model_copy(update={"database_url": type(settings.secret_key)(nowhere)})
    )
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://dibs.test") as client,
    ):
        for path in ("/readyz", "/v1/markets"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["type"][-9:]) == (503, "not-ready")


async def test_a_process_that_drains_or_has_another_schema_is_not_ready(
    client: httpx.AsyncClient, app: FastAPI, connection: psycopg.Connection
) -> None:
    connection.execute("UPDATE alembic_version SET version_num = 'elsewhere'")
    other = await client.get("/readyz")
    assert (other.status_code, other.json()["found"]) == (503, "elsewhere")
    connection.execute("DROP TABLE alembic_version")
    assert (await client.get("/readyz")).status_code == 503
    app.state.runtime.draining = True
    assert (await client.get("/readyz")).json()["detail"] == "This process is draining."
