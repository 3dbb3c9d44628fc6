"""Who imported people are: their addresses, made from the market's name, and their password."""

from __future__ import annotations

import os

from service.accounts.passwords import cheap_hash, hash_password
from service.settings import Settings

PASSWORD = "dibs-for-everyone"  # noqa: S105
"""What every imported person signs in with on a laptop. Known to all, so of no use elsewhere."""

CLIENT_NAME = "Client"


def tasker_email(market: str, tasker: str) -> str:
    """`tasker-00001@london.example`: the address of the tasker with this id in their folder."""
    return f"{tasker.lower()}@{market}.example"


def client_email(market: str, number: int) -> str:
    """`client-0001@london.example`: the address of a market's client, counted from 1."""
    return f"client-{number:04}@{market}.example"


async def shared_hash(settings: Settings) -> str:
    """The one password hash of all imported people.

    Outside production it is the cheap one of `PASSWORD`, which counts only where the settings
    allow it. In production it is argon2id's of a random password that nobody keeps.
    """
    if settings.environment == "production":
        return await hash_password(os.urandom(32).hex())
    return cheap_hash(PASSWORD)
