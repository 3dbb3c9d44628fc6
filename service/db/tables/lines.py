"""Lines: which streams are open, on which node, so that every node can know who is connected
anywhere.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import AccountRef, Base, Id

NODE_ALIVE_S = 10.0
"""A node that has not said that it lives for this long counts as dead, and its lines as cut."""


class StreamNode(Base):
    """One api process that serves streams, for as long as it says that it lives."""

    __tablename__ = "stream_nodes"

    id: Mapped[Id]
    seen_at: Mapped[datetime]


class StreamLine(Base):
    """One open stream of a person's device. `close_code` asks its node to end it.

    Written a moment after the stream opened and deleted a moment after it ended: what it says is
    seconds old at most, and a dead node's lines count for nothing.
    """

    __tablename__ = "stream_lines"
    __table_args__ = (
        # Usage: whether a person is connected, and which of their lines are too many.
        Index("ix_stream_lines_of_person", "account_id"),
        # Usage: the lines of a node that are to be closed, and those of one that is gone.
        Index("ix_stream_lines_of_node", "node_id"),
        Index(
            "ix_stream_lines_closing", "node_id", postgresql_where=text("close_code IS NOT NULL")
        ),
    )

    id: Mapped[Id]
    node_id: Mapped[UUID] = mapped_column(ForeignKey("stream_nodes.id", ondelete="CASCADE"))
    account_id: Mapped[AccountRef]
    device: Mapped[str]
    opened_at: Mapped[datetime]
    close_code: Mapped[int | None] = mapped_column(SmallInteger)
