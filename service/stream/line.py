"""A line: one connection of a person, its session, and the carrying out of what the session asks
for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from notifications import close_codes
from notifications.close_codes import CloseCode
from notifications.effects import (
    Acked,
    Close,
    Deliver,
    Effect,
    Follow,
    Locate,
    Position,
    Read,
    Send,
)
from notifications.frames import StoredEvent
from notifications.session import Session
from notifications.states import State
from service.stream.socket import StreamSocket

if TYPE_CHECKING:
    from service.stream.node import Node


class Line:
    """One connection. Everything here returns at once; what takes time is done by the node."""

    __slots__ = ("_clock", "_node", "_socket", "device", "login_id", "person_id", "session")

    def __init__(
        self,
        node: Node,
        socket: StreamSocket,
        session: Session,
        *,
        person_id: UUID,
        login_id: UUID,
        clock: Callable[[], float],
    ) -> None:
        self._node, self._socket, self._clock = node, socket, clock
        self.session, self.person_id, self.login_id = session, person_id, login_id
        self.device = ""

    def hello(self, last: int) -> None:
        """Say hello."""
        self._carry_out(self.session.hello(last))

    def receive(self, text: str | None) -> None:
        """The client said something; None: in a binary message."""
        if text is None:
            self.end(close_codes.NOT_TEXT)
        else:
            self._carry_out(self.session.receive(text, self._clock()))

    def located(self, position: Position) -> None:
        """The store says where the device stands."""
        self._carry_out(self.session.located(position))

    def feed(self, events: Sequence[StoredEvent]) -> None:
        """Events were relayed."""
        self._carry_out(self.session.feed(events, self._clock()))

    def notice(self, last: int) -> None:
        """Events up to `last` exist."""
        if last > self.session.known:
            self._carry_out(self.session.notice(last))

    def read(self, events: Sequence[StoredEvent]) -> None:
        """The store's next rows."""
        self._carry_out(self.session.read(events, self._clock()))

    def tick(self, now: float) -> None:
        """Time passed."""
        self._carry_out(self.session.tick(now))

    def end(self, code: CloseCode) -> None:
        """Close it."""
        self._carry_out(self.session.close(code))

    def lost(self) -> None:
        """The connection is gone."""
        self.session.lost()

    def tell(self, text: str) -> None:
        """Say something beside the events."""
        self._socket.send_now(text)

    @property
    def takes_more(self) -> bool:
        """Whether the client reads what it is sent: nothing is held up on the way."""
        return self._socket.writable.is_set()

    @property
    def ended(self) -> bool:
        """Whether nothing more will be said."""
        return self.session.state is State.CLOSED

    def _carry_out(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Deliver(n, text):
                    self._socket.send_now(text)
                    self._node.recorder.delivered(self.person_id, self.device, n - 1, n)
                case Send(text):
                    self._socket.send_now(text)
                case Read(after):
                    self._node.reader.want(self.person_id, after, self.read)
                case Locate(device):
                    self.device = device
                    self._node.locate(self)
                case Acked(after, n):
                    self._node.recorder.acked(self.person_id, self.device, after, n)
                case Follow(market):
                    self._node.follow(self, market)
                case Close(code):
                    self._node.leave(self, code)
                    self._socket.close_now(code.code, code.name)
