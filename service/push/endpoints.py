"""The routes of pushes: this service's public key, and the devices that a person has subscribed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Path, Request
from pydantic import ConfigDict, Field
from starlette.requests import HTTPConnection

from notifications.frames import DEVICE
from notifications.push import Target
from notifications.push_addresses import EndpointRefused, check_endpoint
from service.db.tables import PushSubscription
from service.errors import EndpointNotUsable, Invalid, PushOff, TooManyRequests
from service.http.access import Person
from service.http.documentation import refuses
from service.http.schemas import In, Out, UtcTime
from service.push import operations, queries
from service.push.keys import from_base64url, is_point
from service.push.network import Resolver
from service.runtime import Run

router = APIRouter(prefix="/v1/push", tags=["push"], responses=refuses(PushOff))

LOOKED_UP_WITHIN_S = 5.0

Device = Annotated[
    str,
    Path(
        min_length=1,
        max_length=64,
        pattern=DEVICE,
        description="the device's name, the same as in its streams",
        examples=["phone-1"],
    ),
]


@dataclass(frozen=True, slots=True)
class Pushes:
    """What the routes need of a process that pushes."""

    public_key: str
    resolver: Resolver
    private: bool


async def _pushes(connection: HTTPConnection) -> Pushes:
    pushes: Pushes | None = connection.app.state.pushes
    if pushes is None:
        raise PushOff
    return pushes


On = Annotated[Pushes, Depends(_pushes)]


class PushKeyOut(Out):
    """What a browser subscribes with."""

    public_key: str = Field(description="base64url; `applicationServerKey` of the Push API")


class KeysIn(In):
    """The device's keys, in base64url."""

    p256dh: str = Field(max_length=100, description="its public key, an uncompressed P-256 point")
    auth: str = Field(max_length=32, description="its authentication secret, 16 bytes")


class SubscriptionIn(In):
    """A `PushSubscription` as the browser's `toJSON()` gives it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "endpoint": "https://push.example.com/send/kq3Jb0l6gV0",
                    "expirationTime": None,
                    "keys": {
                        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",  # noqa: E501
                        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
                    },
                }
            ]
        }
    )

    endpoint: str = Field(max_length=2000, description="an https URL of the public internet")
    expirationTime: float | None = Field(  # noqa: N815 (the browser's name)
        default=None, description="ignored: the push service says when a subscription has ended"
    )
    keys: KeysIn


class SubscriptionOut(Out):
    """A subscribed device. Its endpoint and keys are never shown."""

    device: str = Field(examples=["phone-1"])
    service: str = Field(description="the host that delivers", examples=["push.example.com"])
    since: UtcTime

    @classmethod
    def of(cls, kept: PushSubscription) -> SubscriptionOut:
        """The device as its person sees it."""
        host = urlsplit(kept.endpoint).hostname or ""
        return cls(device=kept.device, service=host, since=kept.created_at)


@router.get("/key")
async def read_push_key(pushes: On) -> PushKeyOut:
    """The public key that pushes are signed with."""
    return PushKeyOut(public_key=pushes.public_key)


@router.get("/subscriptions")
async def list_push_subscriptions(
    caller: Person, runtime: Run, _pushes: On
) -> list[SubscriptionOut]:
    """One's subscribed devices, newest first."""
    found = await runtime.database.run(queries.subscriptions_of, account_id=caller.account_id)
    return [SubscriptionOut.of(kept) for kept in found]


@router.put(
    "/subscriptions/{device}",
    status_code=204,
    responses=refuses(EndpointNotUsable, TooManyRequests),
)
async def put_push_subscription(
    device: Device,
    body: SubscriptionIn,
    caller: Person,
    request: Request,
    runtime: Run,
    pushes: On,
) -> None:
    """Have this device pushed what its person must know while away, until it is deleted or this
    session is signed out. Sent again, it replaces what was there.
    """
    runtime.limits.check("subscribe", request, str(caller.account_id))
    target = _target(body)
    await _check_reachable(target.endpoint, pushes)
    await runtime.database.run(
        operations.subscribe,
        account_id=caller.account_id,
        session_id=caller.session_id,
        device=device,
        target=target,
        now=runtime.now(),
    )


@router.delete("/subscriptions/{device}", status_code=204)
async def delete_push_subscription(
    device: Device, caller: Person, runtime: Run, _pushes: On
) -> None:
    """Push nothing more to this device."""
    await runtime.database.run(
        queries.delete_subscription, account_id=caller.account_id, device=device
    )


def _target(body: SubscriptionIn) -> Target:
    """The subscription's endpoint and keys. Raises EndpointNotUsable for keys that are none."""
    try:
        p256dh, auth = from_base64url(body.keys.p256dh), from_base64url(body.keys.auth)
    except ValueError:
        raise _unusable("keys", "not_base64url", "the keys are not base64url") from None
    if not is_point(p256dh):
        raise _unusable("keys.p256dh", "not_a_point", "that is no point of the curve P-256")
    if len(auth) != 16:
        raise _unusable("keys.auth", "wrong_length", "an authentication secret has 16 bytes")
    return Target(body.endpoint, p256dh, auth)


async def _check_reachable(endpoint: str, pushes: Pushes) -> None:
    """Refuse an endpoint of a wrong form, or whose host is not on the public internet."""
    try:
        host = check_endpoint(endpoint, private=pushes.private)
        async with asyncio.timeout(LOOKED_UP_WITHIN_S):
            await pushes.resolver.addresses(host, 443)
    except EndpointRefused as refused:
        raise _unusable("endpoint", "not_allowed", str(refused)) from None
    except (OSError, UnicodeError):
        raise _unusable("endpoint", "not_found", "the host cannot be looked up") from None


def _unusable(field: str, reason: str, message: str) -> Invalid:
    return EndpointNotUsable.field(field, reason, message)
