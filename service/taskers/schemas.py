"""The wire of profiles and skills."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from geo.cells import centre_of
from service.http.schemas import In, Money, MoneyIn, Out, PointIn, PointOut, UtcTime
from service.markets.operations import Rate
from service.taskers.queries import Profile, SkillRow

Mode = Literal["walk", "bike", "transit", "car", "van"]

PROFILE: dict[str, Any] = {
    "market": "london",
    "base_point": {"type": "Point", "coordinates": [-0.0553, 51.545]},
    "mode": "bike",
    "bio": "Ten years of flat packs.",
    "minimum_notice_min": 30,
    "most_minutes_a_day": 480,
    "furthest_m": 10000,
}
SKILL: dict[str, Any] = {
    "category": "furniture-assembly",
    "rate": {"amount": 2600, "currency": "GBP"},
}


class ProfileIn(In):
    """A tasker's whole profile: where they start from, how they travel, and their own limits."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROFILE]})

    market: str = Field(max_length=41, description="slug; stays as it is first given")
    base_point: PointIn
    mode: Mode
    bio: str = Field(default="", max_length=1000)
    minimum_notice_min: int = Field(
        default=0, ge=0, le=20_160, description="minutes between an offer and its start"
    )
    most_minutes_a_day: int = Field(default=720, ge=15, le=1_440, description="of booked work")
    furthest_m: int = Field(
        default=20_000, ge=100, le=200_000, description="from the base point, as the crow flies"
    )

    def columns(self) -> dict[str, Any]:
        """The columns of the profile's row, beside the market and the base point."""
        return {
            "mode": self.mode,
            "bio": self.bio,
            "minimum_notice_minutes": self.minimum_notice_min,
            "most_minutes_a_day": self.most_minutes_a_day,
            "furthest_m": self.furthest_m,
        }


class ProfileOut(Out):
    """A tasker's profile, for themselves."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                PROFILE
                | {
                    "id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a14",
                    "name": "Tom",
                    "active": True,
                    "online": True,
                    "created_at": "2026-11-23T12:00:00.000Z",
                }
            ]
        },
    )

    id: UUID
    name: str
    market: str
    base_point: PointOut
    mode: Mode
    bio: str
    minimum_notice_min: int
    most_minutes_a_day: int
    furthest_m: int
    active: bool = Field(description="false: not matched, as while suspended")
    online: bool
    created_at: UtcTime

    @classmethod
    def fields_of(cls, profile: Profile) -> dict[str, Any]:
        """The fields by name, for this model and those that say more."""
        return {
            "id": profile.id,
            "name": profile.name,
            "market": profile.market,
            "base_point": PointOut.of(profile.base_point),
            "mode": profile.mode,
            "bio": profile.bio,
            "minimum_notice_min": profile.minimum_notice_minutes,
            "most_minutes_a_day": profile.most_minutes_a_day,
            "furthest_m": profile.furthest_m,
            "active": profile.active,
            "online": profile.cell is not None,
            "created_at": profile.created_at,
        }

    @classmethod
    def of(cls, profile: Profile) -> ProfileOut:
        """The wire form."""
        return cls.model_validate(cls.fields_of(profile))


class TaskerOfMarket(ProfileOut):
    """A tasker in an operator's list: the profile, and the cell they are online in."""

    revision: int = Field(description="rises with every change that can change a match")
    near: PointOut | None = Field(description="the centre of their cell while online")
    seen_at: UtcTime | None = Field(description="when they last said that they are online")

    @classmethod
    def fields_of(cls, profile: Profile) -> dict[str, Any]:
        """The profile's fields and the operator's."""
        near = None if profile.cell is None else PointOut.of(centre_of(profile.cell))
        more = {"revision": profile.revision, "near": near, "seen_at": profile.seen_at}
        return ProfileOut.fields_of(profile) | more


class SkillIn(In):
    """A category and the hourly rate asked for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [SKILL]})

    category: str = Field(max_length=80)
    rate: MoneyIn

    def named(self) -> tuple[str, Rate]:
        """Category and rate."""
        return self.category, Rate(self.rate.amount, self.rate.currency)


class SkillsIn(In):
    """The whole list of a tasker's skills; what is not in it is taken away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"skills": [SKILL]}]})

    skills: list[SkillIn] = Field(max_length=100)


class RateIn(In):
    """The hourly rate asked."""

    rate: MoneyIn


class SkillOut(Out):
    """A skill."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [SKILL]})

    category: str
    rate: Money


class SkillsOut(Out):
    """A tasker's skills, by category."""

    skills: list[SkillOut]

    @classmethod
    def of(cls, profile: Profile, skills: list[SkillRow]) -> SkillsOut:
        """The wire form."""
        return cls(
            skills=[
                SkillOut(
                    category=skill.category,
                    rate=Money(amount=skill.rate, currency=profile.currency),
                )
                for skill in skills
            ]
        )


class TaskerDetail(TaskerOfMarket):
    """A tasker as an operator reads one: the profile with the skills."""

    skills: list[SkillOut]

    @classmethod
    def with_skills(cls, profile: Profile, skills: list[SkillRow]) -> TaskerDetail:
        """The wire form."""
        shown = SkillsOut.of(profile, skills).skills
        return cls.model_validate(cls.fields_of(profile) | {"skills": shown})
