"""A small London with an api and a dispatcher, and a browser with an operator signed in.

The database is made before the browser starts: its driver keeps an event loop running in this
thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from sqlalchemy.ext.asyncio import AsyncSession

from seed_data import LONDON
from seed_data.folder import read_city
from seed_data.taskers import generate_taskers
from service.accounts.operations import create_operator
from service.accounts.passwords import hash_password
from service.db.engine import open_database
from service.markets.importing.operations import Plan, import_city
from tests.support.databases import cloned
from tests.support.dispatching import dispatcher_process
from tests.support.scene import HACKNEY, Person, make_client
from tests.support.streams import Api, api_process, now

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]
BUILT = Path(__file__).parents[2] / "service" / "console" / "static" / "index.html"
TASKERS = 300
PASSWORD = "a long sentence works best"
PATIENCE_MS = 20_000
DESKTOP = {"width": 1360, "height": 860}


@dataclass
class City:
    """The running service, and somebody who posts chores."""

    api: Api
    client: Person
    url: str
    token: str = ""

    @property
    def console(self) -> str:
        return f"{self.api.http}/console"

    def post_chore(self, *, east: float = 0.0, address: str = "12 Mare Street, E8") -> str:
        """Post a chore for tomorrow in Hackney, or so many degrees east of it; its id."""
        start = (now() + timedelta(days=1)).replace(hour=9, minute=0)
        chore = {
            "market": "london", "category": "furniture-assembly", "address": address,
            "point": {"type": "Point", "coordinates": [HACKNEY[0] + east, HACKNEY[1]]},
            "duration_min": 60,
            "when": {"start": start.isoformat(), "end": start.replace(hour=18).isoformat()},
        }  # fmt: skip
        headers = self.client.headers | {"Idempotency-Key": str(uuid4())}
        answer = httpx.post(f"{self.api.http}/v1/chores", headers=headers, json=chore)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def as_editor(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request of another editor's, past the browser."""
        if not self.token:
            credentials = {"email": "other@dibs.example", "password": PASSWORD}
            signed_in = httpx.post(f"{self.api.http}/v1/sessions", json=credentials, timeout=20)
            self.token = signed_in.json()["access_token"]
        headers = {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        return httpx.request(method, f"{self.api.http}{path}", headers=headers, **more)


@dataclass
class Console:
    """A page with an operator signed in, and what its browser complained of."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Go to a view of London's."""
        self.page.goto(f"{self.address}#/london/{path}")

    def wait_until_drawn(self) -> None:
        """Wait until nothing is being loaded, and every map has been drawn."""
        expect(self.page.get_by_role("status", name="Loading")).to_have_count(0)
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)

    def heard(self, message: ConsoleMessage) -> None:
        """Keep what is an error."""
        if message.type == "error":
            self.complaints.append(message.text)


@pytest.fixture(scope="module")
def city(database_server: str, database_template: str) -> Iterator[City]:
    """Three hundred taskers, one client, two editors, a viewer."""
    assert BUILT.exists(), "the console is not built: make console"
    with cloned(database_server, database_template) as url:
        client = asyncio.run(_people(url))
        limits = {"DIBS_SIGN_IN_LIMIT": "", "DIBS_POST_LIMIT": ""}
        with api_process(url, **limits) as api, dispatcher_process(url):
            yield City(api, client, url)


@pytest.fixture(scope="module")
def browser(city: City) -> Iterator[Browser]:
    """Debian's Chromium, drawing maps in software."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def editor(browser: Browser, city: City) -> Iterator[Console]:
    """The console of an editor."""
    with _signed_in(browser, city, "editor@dibs.example") as console:
        yield console


@pytest.fixture(scope="module")
def viewer(browser: Browser, city: City) -> Iterator[Console]:
    """The console of a viewer."""
    with _signed_in(browser, city, "viewer@dibs.example") as console:
        yield console


@contextmanager
def _signed_in(browser: Browser, city: City, email: str) -> Iterator[Console]:
    page = browser.new_page(viewport=DESKTOP)  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE_MS)
    console = Console(page, city.console)
    page.on("console", console.heard)
    page.on("pageerror", lambda error: console.complaints.append(str(error)))
    page.goto(city.console)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    yield console
    page.close()


async def _people(url: str) -> Person:
    place = read_city(Path(LONDON))
    people = generate_taskers(place, TASKERS, np.random.default_rng(1))
    hashed = await hash_password(PASSWORD)
    at = now()

    async def operators(session: AsyncSession) -> Person:
        for name, role in (("editor", "editor"), ("other", "editor"), ("viewer", "viewer")):
            await create_operator(
                session, email=f"{name}@dibs.example", password_hash=hashed,
                name=f"{name.title()} Operator", role=role, now=at,
            )  # fmt: skip
        return await make_client(session, now=at)

    async with open_database(url) as database:
        await database.run(
            import_city, plan=Plan(place, people, 0, hashed), now=at, progress=_quiet
        )
        return await database.run(operators)


def _quiet(*_: object) -> None:
    """Nobody watches this import."""
