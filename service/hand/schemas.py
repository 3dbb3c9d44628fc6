"""The wire shapes of what operators do by hand."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from service.accounts.operations import Role
from service.db.tables import Booking
from service.hand.operations import Suspension
from service.hand.queries import Entry, Found
from service.http.schemas import In, Out, TimeIn, UtcTime

Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    Field(examples=["Three clients reported the same no-show"]),
]

ONE = "0199a7c2-5d1e-7c3a-9b52-3f6f0c1d2e4a"


class ReasonIn(In):
    """Why."""

    reason: Reason


class ExtendIn(ReasonIn):
    """Until when a chore is to be matched, and why."""

    match_by: TimeIn


class OfferIn(ReasonIn):
    """Whom to offer a chore to, how long they have, and why."""

    tasker_id: UUID = Field(strict=False, examples=[ONE])
    minutes: int | None = Field(
        default=None,
        ge=1,
        le=10_080,
        description="to answer; left out: as the policy has it",
        examples=[30],
    )
    even_though: bool = Field(
        default=False, description="Offer it although rules that can be waived refuse it."
    )


class FoundAccount(Out):
    """Somebody, as operators see them. `market` is a tasker's."""

    id: UUID = Field(examples=[ONE])
    name: str = Field(examples=["Ada"])
    email: str = Field(examples=["ada@example.com"])
    roles: list[Role] = Field(examples=[["client"]])
    operator_role: Literal["viewer", "editor"] | None = Field(examples=[None])
    market: str | None = Field(examples=["london"])
    created_at: UtcTime
    suspended_at: UtcTime | None
    suspended_reason: str | None = Field(examples=[None])

    @classmethod
    def of(cls, found: Found) -> FoundAccount:
        """The wire form."""
        account = found.account
        held = ((Role.CLIENT, account.is_client), (Role.TASKER, account.is_tasker))
        same = {name: getattr(account, name) for name in cls.model_fields if hasattr(account, name)}
        return cls.model_validate(
            same | {"roles": [role for role, has in held if has], "market": found.market}
        )


class StandingBooking(Out):
    """A booking that stands although one side of it was suspended."""

    id: UUID
    chore_id: UUID
    status: Literal["scheduled", "en_route", "in_progress"] = Field(examples=["scheduled"])
    starts_at: UtcTime

    @classmethod
    def of(cls, booking: Booking) -> StandingBooking:
        """The wire form."""
        return cls.model_validate({name: getattr(booking, name) for name in cls.model_fields})


class SuspensionOut(Out):
    """What a suspension ended, and what stands: bookings are cancelled one by one, or kept."""

    account: FoundAccount
    offers_withdrawn: int = Field(examples=[2])
    chores_cancelled: int = Field(examples=[0])
    bookings: list[StandingBooking] = Field(description="they stand until somebody cancels them")

    @classmethod
    def of(cls, suspension: Suspension, chores_cancelled: int) -> SuspensionOut:
        """The wire form."""
        return cls(
            account=FoundAccount.of(suspension.found),
            offers_withdrawn=suspension.offers_withdrawn,
            chores_cancelled=chores_cancelled,
            bookings=[StandingBooking.of(each) for each in suspension.bookings],
        )


class AuditOut(Out):
    """One thing that an operator did: who, when, what, to what, why."""

    id: int = Field(examples=[41])
    at: UtcTime
    operator_id: UUID = Field(examples=[ONE])
    operator: str = Field(examples=["Opal Operator"])
    action: str = Field(examples=["account.suspend"])
    subject: str = Field(examples=[ONE])
    reason: str = Field(examples=["Three clients reported the same no-show"])
    facts: dict[str, Any] = Field(examples=[{"offers_withdrawn": 2, "bookings": []}])

    @classmethod
    def of(cls, row: Entry) -> AuditOut:
        """The wire form."""
        entry = row.entry
        same = {name: getattr(entry, name) for name in cls.model_fields if hasattr(entry, name)}
        return cls.model_validate(same | {"operator": row.operator})
