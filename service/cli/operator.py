"""`dibs operator`: the people who watch and steer the markets. Nothing else can make one."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from service.cli._database import migrated_url
from service.cli._failures import Refused
from service.cli._terminal import answer, say

if TYPE_CHECKING:
    from service.db.engine import Database

T = TypeVar("T")

PASSWORD_VARIABLE = "DIBS_OPERATOR_PASSWORD"  # noqa: S105

commands = typer.Typer(help="Operators: make one, list them, shut one out.", no_args_is_help=True)


class Role(StrEnum):
    """What an operator may do: look, or change things as well."""

    VIEWER = "viewer"
    EDITOR = "editor"


def register(app: typer.Typer) -> None:
    """Add the `operator` commands."""
    app.add_typer(commands, name="operator")


@commands.command()
def create(
    email: Annotated[str, typer.Argument(help="The address to sign in with.")],
    role: Annotated[Role, typer.Option(help="viewer may look, editor may change things.")],
    name: Annotated[str, typer.Option(help="Their name; the address's first part if none.")] = "",
    password_file: Annotated[
        Path | None, typer.Option(help="Read the password from this file; - is standard input.")
    ] = None,
) -> None:
    """Make an operator. The password is asked for, or read from DIBS_OPERATOR_PASSWORD."""
    from service.accounts import operations
    from service.accounts.passwords import hash_password
    from service.errors import EmailTaken
    from service.runtime import utc_now

    address = _address(email)
    password = _password(password_file)

    async def work(database: Database) -> None:
        await database.run(
            operations.create_operator,
            email=address,
            password_hash=await hash_password(password),
            name=name.strip()[:80] or address.partition("@")[0],
            role=role.value,
            now=utc_now(),
        )

    try:
        _on_database(work)
    except EmailTaken:
        raise Refused(f"there is an account of {address} already; nothing was changed") from None
    say(f"{address} is an operator now, as {role.value}")


@commands.command("list")
def list_all() -> None:
    """List the operators."""
    from service.accounts.queries import operators

    for account in _on_database(lambda database: database.run(operators)):
        state = "" if account.suspended_at is None else "  (shut out)"
        answer(f"{account.email}  {account.operator_role}{state}")


@commands.command()
def suspend(
    email: Annotated[str, typer.Argument(help="The operator's address.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the account.")],
) -> None:
    """Shut an operator out, within seconds, and keep what they did on record."""
    from service.accounts.operations import suspend_operator
    from service.errors import NotFound
    from service.runtime import utc_now

    address = email.strip().lower()
    try:
        _on_database(
            lambda database: database.run(
                suspend_operator, email=address, reason=reason, now=utc_now()
            )
        )
    except NotFound:
        raise Refused(f"no operator signs in with {address}") from None
    say(f"{address} is shut out")


def _address(email: str) -> str:
    from service.accounts.emails import checked_email

    try:
        return checked_email(email)
    except ValueError as error:
        raise Refused(f"{email} is not an e-mail address: {error}") from None


def _password(file: Path | None) -> str:
    """From the file, the environment, or the person. Never an argument: those are seen by all."""
    from service.accounts.passwords import LEAST_CHARACTERS, MOST_CHARACTERS

    if file is not None:
        password = sys.stdin.readline() if str(file) == "-" else file.read_text()
    elif (given := os.environ.get(PASSWORD_VARIABLE)) is not None:
        password = given
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    password = password.rstrip("\r\n")
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise Refused(f"a password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters")
    return password


def _on_database(work: Callable[[Database], Awaitable[T]]) -> T:
    from service.db.engine import open_database

    url = migrated_url()

    async def opened() -> T:
        async with open_database(url, pool=1, application="dibs-operator") as database:
            return await work(database)

    return asyncio.run(opened())
