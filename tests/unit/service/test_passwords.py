"""Passwords: what counts as the same, what is refused, and that the cheap scheme needs leave."""

from __future__ import annotations

import asyncio

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from service.accounts import passwords
from service.accounts.passwords import cheap_hash, hash_password, matches
from service.errors import Busy

THE_REAL_ONE = passwords._argon2


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id at a hundredth of the work: these tests are about what is made of it."""
    argon2 = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_argon2", PasswordHash((argon2,)))
    passwords._nobodys_hash.cache_clear()


def test_a_real_hash_takes_the_memory_that_is_recommended() -> None:
    kept = THE_REAL_ONE.hash("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,")


def test_a_password_matches_its_own_hash_and_no_other() -> None:
    kept = asyncio.run(hash_password("correct horse battery"))
    assert kept.startswith("$argon2id$")
    assert asyncio.run(matches("correct horse battery", kept, allow_cheap=False))
    assert not asyncio.run(matches("correct horse batterx", kept, allow_cheap=False))


def test_accents_match_however_they_are_composed() -> None:
    kept = cheap_hash("cafe\u0301 au lait")
    assert asyncio.run(matches("caf\u00e9 au lait", kept, allow_cheap=True))


def test_a_cheap_hash_counts_only_where_it_is_allowed() -> None:
    kept = cheap_hash("city of seeded people")
    assert asyncio.run(matches("city of seeded people", kept, allow_cheap=True))
    assert not asyncio.run(matches("another password", kept, allow_cheap=True))
    assert not asyncio.run(matches("city of seeded people", kept, allow_cheap=False))


def test_nobody_is_verified_with_the_work_of_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    real = passwords._argon2.verify

    def watched(password: str, kept: str) -> bool:
        verified.append(kept)
        return real(password, kept)

    monkeypatch.setattr(passwords._argon2, "verify", watched)
    assert not asyncio.run(matches("anything at all", None, allow_cheap=False))
    assert [kept[:10] for kept in verified] == ["$argon2id$"]


def test_a_crowd_is_told_to_come_back_instead_of_queueing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MOST_WAITING", 1)
    monkeypatch.setattr(passwords, "_verify", lambda password, kept: True)

    async def crowd() -> list[bool | BaseException]:
        each = [matches("a password", None, allow_cheap=False) for _ in range(3)]
        return await asyncio.gather(*each, return_exceptions=True)

    answers = asyncio.run(crowd())
    assert answers[0] is True
    assert all(isinstance(answer, Busy) for answer in answers[1:])
