"""E-mail addresses: what may be signed up with, and the one form in which an address is kept."""

from __future__ import annotations

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field

MOST_CHARACTERS = 254


def checked_email(given: str) -> str:
    """The address in lower case, its domain in ASCII. Raises ValueError, saying what is wrong.

    Only what can be written to from anywhere: no quotes, no bracketed addresses, a real domain.
    """
    try:
        found = validate_email(given.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    return (found.ascii_email or found.normalized).lower()


NewEmail = Annotated[
    str,
    Field(
        max_length=MOST_CHARACTERS,
        examples=["ada@example.com"],
        json_schema_extra={"format": "email"},
    ),
    AfterValidator(checked_email),
]
"""An address to sign up with."""

KnownEmail = Annotated[
    str,
    Field(min_length=1, max_length=MOST_CHARACTERS, examples=["ada@example.com"]),
    AfterValidator(lambda given: given.strip().lower()),
]
"""An address to sign in with: one that nobody could have signed up with is merely unknown."""
