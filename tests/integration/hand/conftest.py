"""The city of the rounds' tests, in which operators lend a hand."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database
from tests.integration.dispatch.conftest import City, city, policy
from tests.support.scene import Person, make_person

__all__ = ["city", "policy"]


@dataclass(frozen=True)
class Operators:
    """One who may edit, one who may look."""

    editor: Person
    viewer: Person


@pytest.fixture
async def operators(database: Database, city: City) -> Operators:
    """Both are signed in."""

    async def scene(session: AsyncSession) -> Operators:
        return Operators(
            await make_person(session, name="Opal Operator", operator_role="editor"),
            await make_person(session, name="Vera Viewer", operator_role="viewer"),
        )

    return await database.run(scene)
