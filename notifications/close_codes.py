"""Why a stream was closed, and whether to come back: the one table of close codes."""

from enum import StrEnum
from typing import NamedTuple


class Reconnect(StrEnum):
    """What a client does after a close. Every way back needs a new ticket: tickets are used
    once.
    """

    NO = "no"
    AT_ONCE = "at once"
    BACKOFF = "with backoff"


class CloseCode(NamedTuple):
    """One row: the number on the wire, its name, what it means, and whether to reconnect."""

    code: int
    name: str
    meaning: str
    reconnect: Reconnect


NORMAL = CloseCode(1000, "normal", "The client closed the stream.", Reconnect.NO)
GOING_AWAY = CloseCode(1001, "going_away", "The client's page or app went away.", Reconnect.NO)
NOT_TEXT = CloseCode(1003, "not_text", "A binary frame; frames are JSON text.", Reconnect.NO)
NO_CODE = CloseCode(1005, "no_code", "The connection ended without a code.", Reconnect.BACKOFF)
LOST = CloseCode(
    1006, "lost", "The connection was cut (seen locally, never sent).", Reconnect.BACKOFF
)
NOT_UTF8 = CloseCode(1007, "not_utf8", "Text that is not UTF-8.", Reconnect.NO)
TOO_BIG = CloseCode(1009, "too_big", "A message larger than `max_frame_bytes`.", Reconnect.NO)
SERVER_ERROR = CloseCode(
    1011, "server_error", "The server failed; nothing is lost.", Reconnect.BACKOFF
)
RESTART = CloseCode(
    1012, "restart", "This node is being replaced; another answers.", Reconnect.AT_ONCE
)
TRY_LATER = CloseCode(1013, "try_later", "The node is overloaded.", Reconnect.BACKOFF)
BAD_FRAME = CloseCode(
    4400, "bad_frame", "A frame that this protocol does not have, or out of turn.", Reconnect.NO
)
TICKET_REFUSED = CloseCode(
    4401, "ticket_refused", "The ticket is unknown, used or expired.", Reconnect.BACKOFF
)
ACCESS_REVOKED = CloseCode(
    4403, "access_revoked", "Signed out, or the account is suspended.", Reconnect.NO
)
RESUME_OVERDUE = CloseCode(
    4407, "resume_overdue", "No `resume` came within `resume_within_s`.", Reconnect.BACKOFF
)
IDLE = CloseCode(4408, "idle", "Nothing came within `idle_s`, no pong either.", Reconnect.BACKOFF)
SUPERSEDED = CloseCode(4409, "superseded", "The same device opened a newer stream.", Reconnect.NO)
TOO_SLOW = CloseCode(
    4413,
    "too_slow",
    "Events stayed unacknowledged too long (best effort: a stalled reader sees a cut).",
    Reconnect.BACKOFF,
)
TOO_MANY_FRAMES = CloseCode(
    4429, "too_many_frames", "More frames than `frames_per_s` allows.", Reconnect.BACKOFF
)
TOO_MANY_STREAMS = CloseCode(
    4430, "too_many_streams", "The person opened more streams; the oldest ended.", Reconnect.NO
)

CLOSE_CODES: dict[int, CloseCode] = {
    row.code: row
    for row in (
        NORMAL, GOING_AWAY, NOT_TEXT, NO_CODE, LOST, NOT_UTF8, TOO_BIG, SERVER_ERROR, RESTART,
        TRY_LATER, BAD_FRAME, TICKET_REFUSED, ACCESS_REVOKED, RESUME_OVERDUE, IDLE, SUPERSEDED,
        TOO_SLOW, TOO_MANY_FRAMES, TOO_MANY_STREAMS,
    )
}  # fmt: skip
"""Every code that a client of the stream can see."""


def reconnect_after(code: int) -> Reconnect:
    """What to do after `code`; a code that is not in the table is treated like a cut."""
    row = CLOSE_CODES.get(code, LOST)
    return row.reconnect


def close_code_table() -> str:
    """The table as Markdown, as the protocol page prints it."""
    rows = [
        f"| {c.code} | `{c.name}` | {c.meaning} | {c.reconnect} |" for c in CLOSE_CODES.values()
    ]
    return "\n".join(["| code | name | meaning | reconnect? |", "|---|---|---|---|", *rows])
