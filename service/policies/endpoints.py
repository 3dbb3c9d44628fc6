"""Routes of policies, for operators: read, change, look back, go back."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Response
from pydantic import Field, StringConstraints

from matching.policy import MatchingPolicy, PolicyDocument
from service.errors import OutdatedVersion, UnknownCategory, VersionNeeded
from service.http.access import Editor, Operator
from service.http.documentation import refuses
from service.http.idempotency import OnceOnly
from service.http.pages import Page, PageOf, page
from service.http.schemas import In, Out, UtcTime
from service.policies import operations, queries
from service.policies.operations import Policy, Step
from service.runtime import Db, Now

router = APIRouter(prefix="/v1/markets/{market}/policy", tags=["policies"])

MarketSlug = Annotated[
    str, Path(max_length=41, description="The market's name on the wire.", examples=["london"])
]
VersionNumber = Annotated[int, Path(ge=1, lt=queries.NEWEST, examples=[1])]
IfMatch = Annotated[
    str | None,
    Header(
        description="The version the change was made from, as `ETag` gave it.", examples=['"1"']
    ),
]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    Field(examples=["Fridays fill too slowly in the east"]),
]
APPLY = Field(
    default=False, description="Put chores still to be matched under the new version as well."
)


class PolicyIn(In):
    """The whole document, and why it changes."""

    document: PolicyDocument
    reason: Reason
    apply_to_open: bool = APPLY


class RevertIn(In):
    """Which version is to hold again, and why."""

    version: int = Field(ge=1, lt=queries.NEWEST, examples=[1])
    reason: Reason
    apply_to_open: bool = APPLY


class VersionOut(Out):
    """One version: who made it, when and why. No author: it came with the market."""

    version: int = Field(examples=[1])
    author_id: UUID | None
    author: str | None = Field(examples=["Opal Operator"])
    reason: str = Field(examples=["Fridays fill too slowly in the east"])
    created_at: UtcTime


class PolicyOut(VersionOut):
    """A version of a market's policy, as written and as it holds for each category."""

    market: str = Field(examples=["london"])
    document: PolicyDocument
    resolved: dict[str, MatchingPolicy] = Field(description="by category")
    applied_to: int = Field(description="open chores put under it by this change", examples=[0])

    @classmethod
    def of(cls, policy: Policy) -> PolicyOut:
        """The wire form."""
        document = PolicyDocument.model_validate(policy.version.document)
        return cls(
            market=policy.market,
            document=document,
            resolved={slug: document.for_category(slug) for slug in policy.categories},
            applied_to=policy.applied_to,
            **_who_and_why(policy.version),
        )


class ChangeOut(Out):
    """One knob that a version changed. Null: not set there."""

    field: str = Field(examples=["default.radius_m"])
    before: bool | int | float | None = Field(examples=[5000])
    after: bool | int | float | None = Field(examples=[4000])


class StepOut(VersionOut):
    """A version and what it changed from the one before."""

    changes: list[ChangeOut]

    @classmethod
    def of(cls, step: Step) -> StepOut:
        """The wire form."""
        changed = [
            ChangeOut(field=change.field, before=change.before, after=change.after)
            for change in step.changes
        ]
        return cls(changes=changed, **_who_and_why(step.version))


def _who_and_why(version: queries.Version) -> dict[str, Any]:
    return {
        "version": version.version,
        "author_id": version.author_id,
        "author": version.author,
        "reason": version.reason,
        "created_at": version.created_at,
    }


@router.get("")
async def read_policy(market: MarketSlug, _: Operator, db: Db, response: Response) -> PolicyOut:
    """The policy in force. Its `ETag` is what a change names."""
    policy = await db.run(operations.read_policy, market=market)
    response.headers["ETag"] = f'"{policy.version.version}"'
    return PolicyOut.of(policy)


@router.put("", responses=refuses(VersionNeeded, OutdatedVersion, UnknownCategory))
async def change_policy(
    market: MarketSlug,
    body: PolicyIn,
    caller: Editor,
    db: Db,
    now: Now,
    response: Response,
    if_match: IfMatch = None,
) -> PolicyOut:
    """Put a new version in force. Chores posted from now on are matched under it."""
    policy = await db.run(
        operations.change_policy,
        market=market,
        document=body.document,
        made_from=_version(if_match),
        apply_to_open=body.apply_to_open,
        reason=body.reason,
        operator_id=caller.account_id,
        now=now,
    )
    response.headers["ETag"] = f'"{policy.version.version}"'
    return PolicyOut.of(policy)


@router.get("/versions")
async def list_policy_versions(
    market: MarketSlug, _: Operator, db: Db, cut: PageOf
) -> Page[StepOut]:
    """Every version, newest first: who changed what, and why."""
    steps = await db.run(
        operations.list_versions,
        market=market,
        before=min(cut.before.int, queries.NEWEST) if cut.before else None,
        limit=cut.limit,
    )
    return page(steps, cut, lambda step: UUID(int=step.version.version), StepOut.of)


@router.get("/versions/{version}")
async def read_policy_version(
    market: MarketSlug, version: VersionNumber, _: Operator, db: Db
) -> PolicyOut:
    """One version, in force or past."""
    return PolicyOut.of(await db.run(operations.read_policy, market=market, version=version))


@router.post(
    "/revert",
    status_code=201,
    response_model=PolicyOut,
    responses=refuses(VersionNeeded, OutdatedVersion, UnknownCategory),
)
async def revert_policy(
    market: MarketSlug,
    body: RevertIn,
    caller: Editor,
    now: Now,
    once: OnceOnly,
    if_match: IfMatch = None,
) -> Response:
    """Put a past version's document in force again, as a new version."""
    return await once.run(
        PolicyOut.of,
        operations.revert_policy,
        market=market,
        to=body.version,
        made_from=_version(if_match),
        apply_to_open=body.apply_to_open,
        reason=body.reason,
        operator_id=caller.account_id,
        now=now,
    )


def _version(if_match: str | None) -> int:
    """The version that If-Match names; 0, which never is in force, for what is none of ours."""
    if if_match is None:
        raise VersionNeeded
    named = if_match.strip().strip('"')
    return int(named) if named.isascii() and named.isdigit() and len(named) < 10 else 0
