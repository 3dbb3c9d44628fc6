"""The wire shapes of accounts and sessions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, StringConstraints

from service.accounts.emails import KnownEmail, NewEmail
from service.accounts.operations import Role
from service.accounts.passwords import LEAST_CHARACTERS, MOST_CHARACTERS
from service.db.tables import Account
from service.http.schemas import In, Out, UtcTime


def _long_enough(secret: SecretStr) -> SecretStr:
    if not LEAST_CHARACTERS <= len(secret.get_secret_value()) <= MOST_CHARACTERS:
        raise ValueError(f"a password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters")
    return secret


def _not_too_long(secret: SecretStr) -> SecretStr:
    if not 1 <= len(secret.get_secret_value()) <= MOST_CHARACTERS:
        raise ValueError(f"a password has at most {MOST_CHARACTERS} characters")
    return secret


PASSWORD_EXAMPLE = "a long sentence works best"  # noqa: S105
NewPassword = Annotated[
    SecretStr,
    Field(
        examples=[PASSWORD_EXAMPLE],
        json_schema_extra={"minLength": LEAST_CHARACTERS, "maxLength": MOST_CHARACTERS},
    ),
    AfterValidator(_long_enough),
]
KnownPassword = Annotated[
    SecretStr,
    Field(
        examples=[PASSWORD_EXAMPLE],
        json_schema_extra={"minLength": 1, "maxLength": MOST_CHARACTERS},
    ),
    AfterValidator(_not_too_long),
]
Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
    Field(examples=["Ada"]),
]


def _each_once(roles: list[Role]) -> list[Role]:
    if len(set(roles)) < len(roles):
        raise ValueError("a role is named twice")
    return roles


Roles = Annotated[
    list[Annotated[Role, Field(strict=False)]],
    Field(max_length=2, examples=[["client"]], json_schema_extra={"uniqueItems": True}),
    AfterValidator(_each_once),
]


class Secret(In):
    """A body with a password in it, taken as it is typed: its spaces count."""

    model_config = ConfigDict(str_strip_whitespace=False)


class SignUpIn(Secret):
    """Somebody who wants chores done, does them, or both."""

    email: NewEmail
    password: NewPassword
    name: Name
    roles: Roles = Field(min_length=1)


class SignInIn(Secret):
    """An e-mail and its password."""

    email: KnownEmail
    password: KnownPassword


class RefreshIn(Secret):
    """The newest refresh token of a session."""

    refresh_token: str = Field(
        min_length=1, max_length=200, examples=["kq3Jb0l6gV0mWq8o8YtK2p0qkXc1h5b7Zr9sT4uVwXy"]
    )


class AccountPatch(In):
    """What is to change; what is left out stays."""

    name: Name | None = None
    roles: Roles = Field(default=[], description="roles to add")


class PasswordIn(Secret):
    """The password as it is and as it shall be."""

    current_password: KnownPassword
    new_password: NewPassword


class AccountOut(Out):
    """A person's own account."""

    id: str = Field(
        json_schema_extra={"format": "uuid"}, examples=["0199a7c2-5d1e-7c3a-9b52-3f6f0c1d2e4a"]
    )
    email: str = Field(examples=["ada@example.com"])
    name: str = Field(examples=["Ada"])
    roles: list[Role] = Field(examples=[["client"]])
    operator_role: Literal["viewer", "editor"] | None = Field(examples=[None])
    created_at: UtcTime

    @classmethod
    def of(cls, account: Account) -> AccountOut:
        """The account as its person sees it."""
        held = ((Role.CLIENT, account.is_client), (Role.TASKER, account.is_tasker))
        return cls.model_validate(
            {
                "id": str(account.id),
                "email": account.email,
                "name": account.name,
                "roles": [role for role, has in held if has],
                "operator_role": account.operator_role,
                "created_at": account.created_at,
            }
        )


class SessionOut(Out):
    """The credentials of a session. Neither token can be shown again."""

    access_token: str = Field(description="a JWT, for `Authorization: Bearer`")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(description="seconds the access token is good for", examples=[600])
    refresh_token: str = Field(description="gets the next pair, once")
    refresh_expires_at: UtcTime
    account: AccountOut
