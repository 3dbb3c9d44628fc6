"""What every table shares: the metadata with its naming rule, the identifiers and the column
types.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import BigInteger, DateTime, ForeignKey, MetaData, SmallInteger, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The declarative base. Times are timestamptz, identifiers UUID version 7, text unbounded
    `text`.
    """

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
        str: Text(),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
    }


def new_id() -> UUID:
    """A fresh UUID version 7: its head is the time, so that new rows land side by side in an
    index.
    """
    return uuid_utils.compat.uuid7()


Id = Annotated[UUID, mapped_column(primary_key=True, default=new_id)]
MarketId = Annotated[int, mapped_column(SmallInteger, ForeignKey("markets.id"))]
AccountRef = Annotated[UUID, mapped_column(ForeignKey("accounts.id"))]
Big = Annotated[int, mapped_column(BigInteger)]


def one_of(column: str, values: type[Any]) -> str:
    """The SQL of a CHECK that holds a text column to the members of a StrEnum."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"
