"""A city at full size behind a real api: what the measurements of the live map share."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks import crowds
from benchmarks.crowds import NOW, Crowd, open_crowd
from geo.cells import cell_of, centre_of
from geo.points import LonLat
from geo.postgis import to_metric
from service.accounts.passwords import hash_password
from service.app import create_app
from service.db.engine import open_database
from service.db.tables import Account, Chore, LoginSession, new_id
from service.http.tokens import Claims, sign_access
from service.settings import Settings
from service.stream.server import DrainingServer, server_config

EMAIL, PASSWORD = "opal@people.example", "a long sentence works best"


def add_size(parser: argparse.ArgumentParser) -> None:
    """How large the city is."""
    parser.add_argument("--taskers", type=int, default=100_000, help="all of them online")
    parser.add_argument("--chores", type=int, default=2_000, help="open ones")
    parser.add_argument("--seed", type=int, default=1)


async def populate(url: str, arguments: argparse.Namespace) -> tuple[Crowd, dict[str, str]]:
    """London with that many taskers online and open chores around their homes, and an operator who
    may sign in: the city, and the headers of the operator's requests.
    """
    crowds.ONLINE = 1.0
    hashed = await hash_password(PASSWORD)
    async with open_database(url, pool=2) as database:
        crowd = await open_crowd(database, "london", arguments.seed)
        await crowd.grow(arguments.taskers)
        rng = np.random.default_rng(arguments.seed)
        headers = await database.run(
            _fill, crowd=crowd, many=arguments.chores, rng=rng, hashed=hashed
        )
        async with database.engine.connect() as connection:
            await connection.execute(text("ANALYZE chores"))
            await connection.commit()
    return crowd, headers


@asynccontextmanager
async def served(url: str, clock: Callable[[], datetime]) -> AsyncIterator[tuple[str, Any]]:
    """An api on that database, on a socket, in this process: its address and its runtime."""
    settings = Settings(
        environment="test", database_url=SecretStr(url), port=0, log_level="error",
        sign_in_limit="",
    )  # fmt: skip
    app = create_app(settings)
    server = DrainingServer(server_config(app, settings))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (the server has no event to wait for)
        await asyncio.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    app.state.runtime.clock = clock
    try:
        yield f"http://127.0.0.1:{port}", app.state.runtime
    finally:
        server.drain()
        await serving


async def _fill(
    session: AsyncSession, *, crowd: Crowd, many: int, rng: np.random.Generator, hashed: str
) -> dict[str, str]:
    """Open chores around people's homes, and an operator: the headers of their requests."""
    operator, login, client = new_id(), new_id(), new_id()
    for account, email, role in ((operator, EMAIL, "viewer"), (client, "c@people.example", None)):
        session.add(
            Account(
                id=account, email=email, password_hash=hashed, name="Opal Operator",
                is_client=role is None, is_tasker=False, operator_role=role, created_at=NOW,
            )
        )  # fmt: skip
    await session.flush()
    session.add(LoginSession(id=login, account_id=operator, created_at=NOW))
    homes = crowd.homes or []
    places = [homes[n] for n in rng.integers(len(homes), size=many)]
    session.add_all(_chore(crowd, client, place) for place in places)
    key = Settings(environment="test").secret_key.get_secret_value()
    token = sign_access(Claims(operator, login), key=key, now=NOW, lifetime_s=3_600)
    return {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}


def _chore(crowd: Crowd, client: Any, place: LonLat) -> Chore:
    cell, ends = cell_of(place), NOW + timedelta(hours=4)
    return Chore(
        id=new_id(), market_id=crowd.market_id, client_id=client, point=place,
        metric_point=to_metric(centre_of(cell), crowd.city.market.srid), cell=cell,
        category=crowd.city.categories[0].slug, address="", notes="", wanted_now=False,
        window_start=NOW, window_end=ends, duration_minutes=60, budget_rate=None, status="open",
        policy_version=1, wave=0, match_by=ends, created_at=NOW,
    )  # fmt: skip
