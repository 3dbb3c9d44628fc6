"""What a run needs to be there first: the market, its people, their addresses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from seed_data import LONDON
from seed_data.city import City
from seed_data.folder import read_city
from seed_data.taskers import generate_taskers
from service.accounts.operations import create_operator
from service.accounts.passwords import cheap_hash
from service.accounts.queries import account_by_email
from service.db.engine import Database
from service.db.tables import Account, Market, Tasker
from service.demo.city import People
from service.markets.importing.cities import city_of
from service.markets.importing.operations import Plan, Progress, import_city
from service.markets.importing.people import PASSWORD, shared_hash
from service.runtime import utc_now
from service.settings import settings

CLIENTS = 200

Watched = Callable[[Plan], AbstractContextManager[Progress]]
"""Shows how an import goes on."""


async def ensure_city(
    database: Database, *, market: str, taskers: int, seed: int, watched: Watched
) -> City:
    """The market's city; London is seeded with generated people if it is not there yet.

    Raises NotFound for another market that was not imported.
    """
    if market == "london" and not await database.run(_is_there, slug=market):
        plan = await _plan(taskers, seed)
        with watched(plan) as progress:
            await database.run(import_city, plan=plan, now=utc_now(), progress=progress)
    return await database.run(city_of, slug=market)


async def people_of(session: AsyncSession, *, market: str, online: int, seed: int) -> People:
    """The market's clients, and `online` of its taskers, chosen by lot."""
    market_id = await session.scalar(select(Market.id).where(Market.slug == market))
    emails = select(Account.email).order_by(Account.email)
    taskers = await session.scalars(
        emails.join(Tasker, Tasker.id == Account.id).where(Tasker.market_id == market_id)
    )
    clients = await session.scalars(
        emails.where(Account.is_client, Account.email.endswith(f"@{market}.example"))
    )
    everybody = taskers.all()
    chosen = np.random.default_rng(seed).permutation(len(everybody))[:online]
    return People(clients.all()[:CLIENTS], [everybody[n] for n in chosen], PASSWORD)


async def ensure_operator(session: AsyncSession, *, market: str) -> str:
    """Somebody who may use the console, with everybody's password; their e-mail.

    The hash is the development's, which counts only where cheap hashes are allowed: the demo's own
    processes, and never in production.
    """
    email = f"operator@{market}.example"
    if await account_by_email(session, email) is None:
        await create_operator(
            session,
            email=email,
            password_hash=cheap_hash(PASSWORD),
            name="Opal Operator",
            role="editor",
            now=utc_now(),
        )
    return email


async def _is_there(session: AsyncSession, *, slug: str) -> bool:
    return await session.scalar(select(Market.id).where(Market.slug == slug)) is not None


async def _plan(taskers: int, seed: int) -> Plan:
    city = read_city(Path(LONDON))
    people = generate_taskers(city, taskers, np.random.default_rng(seed))
    return Plan(city, people, CLIENTS, await shared_hash(settings()))
