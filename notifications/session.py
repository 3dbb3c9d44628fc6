"""One subscriber's side of `dibs.v1` as the server keeps it, without a socket and without a clock.

The driver (`service.stream`) tells the session what happened and carries out the effects it
returns, in order:

    hello, receive, located, feed, notice, read, tick  ->  Send, Deliver, Locate, Read, Acked,
                                                               Follow, Close

Times are seconds of any clock that never goes back. Events come as they are stored, each with its
number; the session sends them once, in order, and never keeps one: what it cannot send now it asks
for again with `Read`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Literal
from uuid import UUID

from pydantic import ValidationError

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
from notifications.frames import (
    Ack,
    FromClient,
    Hello,
    Ping,
    Pong,
    Resume,
    Resync,
    StoredEvent,
    Watch,
    event_frame,
    parse_client_frame,
)
from notifications.states import TRANSITIONS, State, Step
from notifications.terms import Bucket, Terms

PING = Send(Ping().model_dump_json())


class Session:
    """One subscriber, from hello to close."""

    __slots__ = (
        "_bucket", "_greeted", "_heard_at", "_opened_at", "_ping_at", "_progress_at", "_random",
        "_reading", "_resume_n", "_unacked", "acked", "due_at", "id", "known", "sent", "state",
        "terms", "unacked_bytes",
    )  # fmt: skip

    def __init__(
        self, session_id: UUID, terms: Terms, *, now: float, random: Callable[[], float]
    ) -> None:
        self.id, self.terms = session_id, terms
        self.state = State.OPENED
        self.known = 0
        """The newest number known to exist."""
        self.sent = 0
        self.acked = 0
        self.unacked_bytes = 0
        self._unacked: deque[tuple[int, int]] = deque()
        self._reading = False
        self._resume_n: int | None = None
        self._greeted = 0
        self._random = random
        self._bucket = Bucket(terms.frames_per_s, terms.frames_burst, now)
        self._opened_at = self._heard_at = self._progress_at = now
        self._ping_at = self._next_ping(now)
        self.due_at = self._next_due()
        """When to call `tick` next; what it has to say is late by a ping's jitter at most."""

    # What the driver tells.

    def hello(self, last: int) -> list[Effect]:
        """The first frame; `last` is the newest number at this moment."""
        self._greeted, self.known = last, max(self.known, last)
        hello = Hello(session=self.id, last=last, **self.terms.announced())
        return [Send(hello.model_dump_json())]

    def receive(self, text: str, now: float) -> list[Effect]:
        """A text frame came from the client."""
        if self.state is State.CLOSED:
            return []
        self._heard_at = now
        if not self._bucket.take(now):
            return self.close(close_codes.TOO_MANY_FRAMES)
        try:
            frame = parse_client_frame(text)
        except (ValidationError, UnicodeError):
            return self.close(close_codes.BAD_FRAME)
        return self._said(frame, now)

    def located(self, position: Position) -> list[Effect]:
        """The store answered `Locate`: start where the client says, where the device stands, or
        where hello was said.
        """
        if self.state is not State.LOCATING:
            return []
        self.known = max(self.known, position.last)
        wanted = position.device_n if self._resume_n is None else self._resume_n
        if wanted is None:
            # Where hello was said, however much was told since: the client read its state then.
            return self._start(self._greeted, after=self._greeted)
        if wanted > self.known:
            return self._resync("unknown_number")
        if wanted < position.oldest - 1:
            return self._resync("retention")
        return self._start(wanted, after=position.device_n or 0)

    def feed(self, events: Iterable[StoredEvent], now: float) -> list[Effect]:
        """Events were just relayed. Sent at once if they are the next ones, else read later."""
        effects: list[Effect] = []
        for event in events:
            if self.state is State.LIVE and event.n == self.sent + 1:
                self._send_if_room(event, now, effects)
            self.known = max(self.known, event.n)
        return self._carry_on(effects)

    def notice(self, last: int) -> list[Effect]:
        """Events up to `last` exist."""
        self.known = max(self.known, last)
        return self._carry_on([])

    def read(self, events: Sequence[StoredEvent], now: float) -> list[Effect]:
        """The store answered `Read` with the next rows, as many as it cares to; none: they are
        gone.
        """
        self._reading = False
        if self.state is not State.BEHIND:
            return []
        if not events or events[0].n > self.sent + 1:
            return self._resync("retention")
        effects: list[Effect] = []
        for event in events:
            if event.n == self.sent + 1 and not self._send_if_room(event, now, effects):
                break
        self.known = max(self.known, self.sent)
        return self._carry_on(effects)

    def tick(self, now: float) -> list[Effect]:
        """Time passed: an overdue client ends the session, and a ping may be due. Harmless at any
        time.
        """
        if self.state is State.CLOSED:
            return []
        if overdue := self._overdue(now):
            return self.close(overdue)
        pings = now >= self._ping_at
        if pings:
            self._ping_at = self._next_ping(now)
        self.due_at = self._next_due()
        return [PING] if pings else []

    def close(self, code: CloseCode) -> list[Effect]:
        """End it; nothing happens if it has ended."""
        if self.state is State.CLOSED:
            return []
        self._step(Step.CLOSE)
        return [Close(code)]

    def lost(self) -> None:
        """The connection is gone."""
        self._step(Step.CLOSE)

    # What follows from it.

    def _said(self, frame: FromClient, now: float) -> list[Effect]:
        match frame:
            case Resume():
                return self._resume(frame)
            case Ack():
                return self._ack(frame.n, now)
            case Pong():
                return []
            case Watch():
                return self._watch(frame.market)

    def _resume(self, frame: Resume) -> list[Effect]:
        if self.state is not State.OPENED:
            return self.close(close_codes.BAD_FRAME)
        self._step(Step.RESUME)
        self._resume_n = frame.n
        return [Locate(frame.device)]

    def _watch(self, market: str | None) -> list[Effect]:
        if self.state is State.OPENED:
            return self.close(close_codes.BAD_FRAME)
        return [Follow(market)]

    def _start(self, n: int, *, after: int) -> list[Effect]:
        """Stand at `n`, which the client has dealt with; events in (after, n] may not be known as
        such yet.
        """
        self.sent = self.acked = n
        self._settle()
        return self._carry_on([Acked(min(after, n), n)])

    def _resync(self, reason: Literal["retention", "unknown_number"]) -> list[Effect]:
        """Skip what is missing. The device stands there once it acknowledges `n`."""
        self.sent = self.known
        self._settle()
        return self._carry_on([Send(Resync(n=self.known, reason=reason).model_dump_json())])

    def _ack(self, n: int, now: float) -> list[Effect]:
        if self.state not in (State.BEHIND, State.LIVE) or n > self.sent:
            return self.close(close_codes.BAD_FRAME)
        if n <= self.acked:
            return []
        after, self.acked = self.acked, n
        while self._unacked and self._unacked[0][0] <= n:
            self.unacked_bytes -= self._unacked.popleft()[1]
        self._progress_at = now
        self._ping_at = self._next_ping(now)  # both ways were just seen to work
        self._bucket.give_back()  # it moves on: of such there are no more than events
        return self._carry_on([Acked(after, n)])

    def _send_if_room(self, event: StoredEvent, now: float, effects: list[Effect]) -> bool:
        """Send the next event if the window has room; one event always fits an empty window."""
        text = event_frame(event)
        size = len(text) if text.isascii() else len(text.encode())
        if self._unacked and self.unacked_bytes + size > self.terms.window_bytes:
            return False
        if not self._unacked:
            self._progress_at = now
            self.due_at = min(self.due_at, now + self.terms.unacked_for_s)
        self._unacked.append((event.n, size))
        self.unacked_bytes += size
        self.sent = event.n
        effects.append(Deliver(event.n, text))
        return True

    def _carry_on(self, effects: list[Effect]) -> list[Effect]:
        """Note whether anything is missing, and ask for it while at least half the window is
        free.
        """
        if self.state not in (State.BEHIND, State.LIVE):
            return effects
        self._settle()
        room = self.unacked_bytes * 2 <= self.terms.window_bytes
        if self.state is State.BEHIND and room and not self._reading:
            self._reading = True
            effects.append(Read(self.sent))
        return effects

    def _settle(self) -> None:
        self._step(Step.MISSING if self.sent < self.known else Step.COMPLETE)

    def _awaits_resume(self) -> bool:
        return self.state in (State.OPENED, State.LOCATING)

    def _overdue(self, now: float) -> CloseCode | None:
        """Why the session is to end, if it has waited for the client too long."""
        if self._awaits_resume() and now - self._opened_at >= self.terms.resume_within_s:
            return close_codes.RESUME_OVERDUE
        if self._unacked and now - self._progress_at >= self.terms.unacked_for_s:
            return close_codes.TOO_SLOW
        return close_codes.IDLE if now - self._heard_at >= self.terms.idle_s else None

    def _next_due(self) -> float:
        due = min(self._ping_at, self._heard_at + self.terms.idle_s)
        if self._awaits_resume():
            due = min(due, self._opened_at + self.terms.resume_within_s)
        if self._unacked:
            due = min(due, self._progress_at + self.terms.unacked_for_s)
        return due

    def _next_ping(self, now: float) -> float:
        return now + self.terms.heartbeat_s * (1 - self.terms.jitter * self._random())

    def _step(self, step: Step) -> None:
        self.state = TRANSITIONS[self.state][step]
