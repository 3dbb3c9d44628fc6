"""An access token whose signature was checked once is looked at no less closely the next time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from service.errors import NotSignedIn, TokenExpired
from service.http.tokens import Claims, read_access, sign_access

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY, OTHER_KEY = "k" * 32, "o" * 32
WHO = Claims(UUID(int=1), UUID(int=2))
TOKEN = sign_access(WHO, key=KEY, now=NOW, lifetime_s=60)


def test_a_token_that_was_read_before_expires_all_the_same() -> None:
    assert read_access(TOKEN, key=KEY, now=NOW) == WHO
    assert read_access(TOKEN, key=KEY, now=NOW + timedelta(seconds=59)) == WHO
    with pytest.raises(TokenExpired):
        read_access(TOKEN, key=KEY, now=NOW + timedelta(seconds=60))


def test_a_token_that_was_read_before_is_not_good_under_another_key() -> None:
    assert read_access(TOKEN, key=KEY, now=NOW) == WHO
    with pytest.raises(NotSignedIn):
        read_access(TOKEN, key=OTHER_KEY, now=NOW)


@pytest.mark.parametrize("at", [3, len(TOKEN) // 2, len(TOKEN) - 3])
def test_a_token_one_letter_off_one_that_was_read_is_refused_each_time(at: int) -> None:
    assert read_access(TOKEN, key=KEY, now=NOW) == WHO
    forged = TOKEN[:at] + ("A" if TOKEN[at] != "A" else "B") + TOKEN[at + 1 :]
    for _ in range(2):
        with pytest.raises(NotSignedIn):
            read_access(forged, key=KEY, now=NOW)
