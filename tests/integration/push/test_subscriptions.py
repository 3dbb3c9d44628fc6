"""Devices that take pushes: registered, listed, revoked; and endpoints that are refused."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest
from pydantic import SecretStr

from service.app import create_app
from service.db.engine import Database
from service.push.keys import from_text, new_pair, public_text
from service.settings import Settings
from tests.support.pushing import Device, b64
from tests.support.scene import Person, make_client
from tests.support.wire import refused

PRIVATE_KEY, PUBLIC_KEY = new_pair()
PUBLIC = "https://93.184.216.34/send/"
PATH = "/v1/push/subscriptions"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The api's settings, with a key to sign pushes with."""
    return settings.model_copy(
        update={
            "vapid_private_key": SecretStr(PRIVATE_KEY),
            "vapid_contact": "mailto:push@dibs.example",
        }
    )


@pytest.fixture
async def ada(database: Database) -> Person:
    """Somebody who is signed in."""
    return await database.run(make_client)


async def put(
    api: httpx.AsyncClient, person: Person, device: str = "phone", **change: Any
) -> httpx.Response:
    body = Device(PUBLIC + device).subscription | change
    return await api.put(f"{PATH}/{device}", json=body, headers=person.headers)


async def listed(api: httpx.AsyncClient, person: Person) -> list[str]:
    answer = await api.get(PATH, headers=person.headers)
    assert answer.status_code == 200
    return [one["device"] for one in answer.json()]


async def test_the_public_key_is_that_of_the_settings(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/push/key")
    assert answer.json() == {"public_key": PUBLIC_KEY}
    assert public_text(from_text(PRIVATE_KEY)) == PUBLIC_KEY


async def test_a_device_is_registered_listed_and_revoked(
    api: httpx.AsyncClient, ada: Person, database: Database
) -> None:
    bob = await database.run(make_client)
    assert (await put(api, ada)).status_code == 204
    answer = await api.get(PATH, headers=ada.headers)
    [shown] = answer.json()
    assert shown["device"] == "phone"
    assert shown["service"] == "93.184.216.34"
    assert "send" not in answer.text
    assert await listed(api, bob) == []
    assert (await api.delete(f"{PATH}/phone", headers=bob.headers)).status_code == 204
    assert await listed(api, ada) == ["phone"]
    assert (await api.delete(f"{PATH}/phone", headers=ada.headers)).status_code == 204
    assert await listed(api, ada) == []


async def test_a_device_has_one_subscription_and_the_newest_counts(
    api: httpx.AsyncClient, ada: Person, connection: psycopg.Connection
) -> None:
    await put(api, ada)
    await put(api, ada, endpoint=PUBLIC + "newer")
    found = connection.execute("SELECT endpoint FROM push_subscriptions").fetchall()
    assert found == [(PUBLIC + "newer",)]


async def test_who_signs_in_on_a_shared_phone_takes_its_endpoint_over(
    api: httpx.AsyncClient, ada: Person, database: Database
) -> None:
    bob = await database.run(make_client)
    await put(api, ada)
    await put(api, bob)
    assert await listed(api, ada) == []
    assert await listed(api, bob) == ["phone"]


async def test_the_ninth_device_takes_the_place_of_the_first(
    api: httpx.AsyncClient, ada: Person
) -> None:
    for i in range(9):
        assert (await put(api, ada, f"device-{i}")).status_code == 204
    assert await listed(api, ada) == [f"device-{i}" for i in range(8, 0, -1)]


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://93.184.216.34/", "https://127.0.0.1/", "https://10.1.2.3/", "https://[::1]/",
        "https://169.254.169.254/latest", "https://[::ffff:127.0.0.1]/", "https://localhost/",
        "https://2130706433/", "https://0x7f.1/", "https://93.184.216.34:8443/",
        "https://user@93.184.216.34/", "https://no-such-host.invalid/", "https://" + "a" * 80 + "/",
    ],
)  # fmt: skip
async def test_an_endpoint_that_leads_elsewhere_than_the_internet_is_refused(
    api: httpx.AsyncClient, ada: Person, endpoint: str
) -> None:
    answer = await put(api, ada, endpoint=endpoint)
    assert refused(answer, "endpoint-not-usable")["field"] == "endpoint"
    assert endpoint not in answer.text
    assert await listed(api, ada) == []


@pytest.mark.parametrize(
    "keys",
    [
        {"p256dh": "%%%", "auth": b64(bytes(16))},
        {"p256dh": b64(bytes(65)), "auth": b64(bytes(16))},
        {"p256dh": b64(b"\x04" + bytes(64)), "auth": b64(bytes(16))},
        Device(PUBLIC).subscription["keys"] | {"auth": b64(bytes(15))},
    ],
)
async def test_keys_that_nothing_can_be_encrypted_for_are_refused(
    api: httpx.AsyncClient, ada: Person, keys: dict[str, str]
) -> None:
    assert refused(await put(api, ada, keys=keys), "endpoint-not-usable")["field"].startswith(
        "keys"
    )


async def test_devices_are_registered_so_many_times_a_minute(
    settings: Settings, ada: Person
) -> None:
    app = create_app(settings.model_copy(update={"subscribe_limit": "1/minute"}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://dibs.test") as api:
            assert [(await put(api, ada)).status_code for _ in range(2)] == [204, 429]


async def test_without_a_key_there_are_no_pushes(settings: Settings, ada: Person) -> None:
    app = create_app(settings.model_copy(update={"vapid_private_key": None}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://dibs.test") as api:
            refused(await api.get("/v1/push/key"), "push-off")
            refused(await put(api, ada), "push-off")
