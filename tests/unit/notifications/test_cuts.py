"""A subscriber over a line that is cut at random: no gap, no duplicate, no reorder, and in the end
nothing missing.
"""

from __future__ import annotations

import json
from collections import deque

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from notifications.effects import Acked, Close, Deliver, Effect, Locate, Position, Read, Send
from notifications.session import Session
from notifications.states import State
from notifications.terms import Terms
from tests.unit.notifications.scenes import ack, events, opened, resume

TERMS = Terms(window_bytes=600, ack_every=3, frames_per_s=1e9, frames_burst=10**9)


class Cuts(RuleBasedStateMachine):
    """The store, the server's session, two one-way wires and a client that keeps its own number."""

    def __init__(self) -> None:
        super().__init__()
        self.last = 0
        self.device_n: int | None = None
        self.session: Session | None = None
        self.to_client: deque[str] = deque()
        self.to_server: deque[str] = deque()
        self.reads: deque[Read] = deque()
        self.locates: deque[Locate] = deque()
        self.have: list[int] = []

    def carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(text) | Deliver(_, text):
                    self.to_client.append(text)
                case Read():
                    self.reads.append(effect)
                case Locate():
                    self.locates.append(effect)
                case Acked(after, n):
                    assert after <= n <= self.last
                    self.device_n = max(n, self.device_n or 0)
                case Close(code):
                    raise AssertionError(f"closed with {code.name}")

    @rule(count=st.integers(1, 5), told=st.sampled_from(["fed", "noticed", "nothing", "reversed"]))
    def events_are_committed(self, count: int, told: str) -> None:
        new = events(self.last + 1, self.last + count)
        self.last += count
        if self.session is None or told == "nothing":
            return
        if told == "noticed":
            self.carry_out(self.session.notice(self.last))
        else:
            self.carry_out(self.session.feed(new[::-1] if told == "reversed" else new, 0.0))

    @precondition(lambda self: self.session is None)
    @rule()
    def client_connects(self) -> None:
        self.session = opened(TERMS)
        self.carry_out(self.session.hello(self.last))
        self.to_server.append(resume(self.have[-1] if self.have else 0))

    @precondition(lambda self: self.session is not None)
    @rule()
    def line_is_cut(self) -> None:
        assert self.session is not None
        self.session.lost()
        self.session = None
        for wire in (self.to_client, self.to_server, self.reads, self.locates):
            wire.clear()

    @precondition(lambda self: self.to_server)
    @rule()
    def server_hears(self) -> None:
        assert self.session is not None
        self.carry_out(self.session.receive(self.to_server.popleft(), 0.0))

    @precondition(lambda self: self.locates)
    @rule()
    def store_locates(self) -> None:
        assert self.session is not None
        self.locates.popleft()
        self.carry_out(self.session.located(Position(self.last, 1, self.device_n)))

    @precondition(lambda self: self.reads)
    @rule(limit=st.integers(1, 10))
    def store_reads(self, limit: int) -> None:
        assert self.session is not None
        after = self.reads.popleft().after
        rows = events(after + 1, min(self.last, after + limit))
        self.carry_out(self.session.read(rows, 0.0))

    @precondition(lambda self: self.to_client)
    @rule(acks=st.booleans())
    def client_hears(self, acks: bool) -> None:
        frame = json.loads(self.to_client.popleft())
        assert frame["frame"] in ("hello", "event")
        if frame["frame"] == "event":
            self.have.append(frame["n"])
            if acks:
                self.to_server.append(ack(frame["n"]))

    @invariant()
    def client_has_every_number_once_and_in_order(self) -> None:
        assert self.have == list(range(1, len(self.have) + 1))

    @invariant()
    def window_is_bounded(self) -> None:
        if self.session is not None:
            assert self.session.unacked_bytes <= TERMS.window_bytes
            assert len(self.reads) <= 1

    def teardown(self) -> None:
        """The line holds, and someone says what the newest number is: everything arrives."""
        if self.session is None:
            self.client_connects()
        assert self.session is not None
        self.carry_out(self.session.notice(self.last))
        for _ in range(20 * (self.last + 5)):
            if self.to_client:
                self.client_hears(acks=True)
            if self.to_server:
                self.server_hears()
            if self.locates:
                self.store_locates()
            if self.reads:
                self.store_reads(7)
            if self.have and not self.to_server and self.session.acked < self.have[-1]:
                self.to_server.append(ack(self.have[-1]))
        assert self.have == list(range(1, self.last + 1))
        assert self.session.state is State.LIVE
        assert self.device_n == self.last


TestCuts = Cuts.TestCase
