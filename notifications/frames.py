"""The frames of `dibs.v1`: what each side may say, as strict models, and how an event is written.

A frame is one JSON text message; its `frame` field says which it is. The server speaks hello,
event, resync and ping, the client resume, ack and pong; to operators who send watch, the server
says market or refused.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError

from notifications.market import MarketName, MarketNow, Refused
from notifications.messages import Instant, Wire, rfc3339

SUBPROTOCOL = "dibs.v1"
TICKET_PREFIX = "ticket."
"""The ticket travels as a second subprotocol: `Sec-WebSocket-Protocol: dibs.v1,
ticket.<ticket>`.
"""

DEVICE = r"^[A-Za-z0-9._:-]+$"
"""How a device's name is written."""

Number = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""An event number: per person, from 1, without gaps. Within what a JavaScript number holds."""


class Hello(Wire):
    """The server's first frame: who is talking, and the terms."""

    frame: Literal["hello"] = "hello"
    session: UUID = Field(description="this connection, for support and logs")
    last: Number = Field(description="the newest event's number; 0 where there is none")
    heartbeat_s: float = Field(
        description="a ping comes this long after the last one, or the last new ack, "
        "give or take jitter"
    )
    idle_s: float = Field(description="the server hangs up when nothing comes for this long")
    ack_every: int = Field(description="acknowledge at least every so many events")
    ack_within_s: float = Field(description="and at least so soon after an event")
    resume_within_s: float = Field(description="the first frame is due by then")
    max_frame_bytes: int = Field(description="of the frames the client sends")
    frames_per_s: float = Field(description="of the frames the client sends, on average")


class Event(Wire):
    """One event. Numbers rise by one; what `data` holds depends on `type`."""

    frame: Literal["event"] = "event"
    n: Annotated[int, Field(ge=1, le=2**53 - 1)]
    type: str = Field(examples=["offer.extended"])
    at: Instant
    data: dict[str, Any]


class Resync(Wire):
    """Events are missing for good: read your state over HTTP; what follows starts at `n + 1`."""

    frame: Literal["resync"] = "resync"
    n: Number
    reason: Literal["retention", "unknown_number"] = Field(
        description="retention: the missed events are no longer kept; unknown_number: the client "
        "claims a number that was never given out"
    )


class Ping(Wire):
    """Are you there? Answer with a pong."""

    frame: Literal["ping"] = "ping"


class Resume(Wire):
    """The client's first frame: the last event it has, and which of the person's devices it is."""

    frame: Literal["resume"] = "resume"
    n: Number | None = Field(
        description="the last number dealt with, 0 for everything that is kept; null: where this "
        "device acknowledged last, and for a new device from now on"
    )
    device: str = Field(min_length=1, max_length=64, pattern=DEVICE, examples=["phone-1"])
    ticket: str | None = Field(
        default=None, max_length=128, description="only where it did not travel as a subprotocol"
    )


class Ack(Wire):
    """Everything up to `n` is dealt with. Saying it twice is no harm."""

    frame: Literal["ack"] = "ack"
    n: Number


class Pong(Wire):
    """I am here."""

    frame: Literal["pong"] = "pong"


class Watch(Wire):
    """For operators: tell me of this market as it changes, and of no other; null: of none."""

    frame: Literal["watch"] = "watch"
    market: MarketName | None


SERVER_FRAMES: tuple[type[Wire], ...] = (Hello, Event, Resync, Ping, MarketNow, Refused)
CLIENT_FRAMES: tuple[type[Wire], ...] = (Resume, Ack, Pong, Watch)

FromServer = Hello | Event | Resync | Ping | MarketNow | Refused
FromClient = Resume | Ack | Pong | Watch
ServerFrame = Annotated[FromServer, Field(discriminator="frame")]
ClientFrame = Annotated[FromClient, Field(discriminator="frame")]

_server: TypeAdapter[FromServer] = TypeAdapter(ServerFrame)
_client: TypeAdapter[FromClient] = TypeAdapter(ClientFrame)


def parse_server_frame(text: str) -> FromServer | None:
    """Read what the server said. What is newer than this module is left aside: fields, and whole
    frames, which are None. Raises pydantic.ValidationError for anything else.
    """
    try:
        return _server.validate_json(text, extra="ignore")
    except ValidationError as wrong:
        if [error["type"] for error in wrong.errors()] == ["union_tag_invalid"]:
            return None
        raise


def parse_client_frame(text: str) -> FromClient:
    """Read what a client said; raises pydantic.ValidationError."""
    return _client.validate_json(text)


class StoredEvent(NamedTuple):
    """An event as it is kept: its data is JSON text already, so it is never parsed again to be
    sent.
    """

    n: int
    type: str
    at: datetime
    data_json: str


def event_frame(event: StoredEvent) -> str:
    """The text of an event's frame, spliced around its stored JSON."""
    return (
        f'{{"frame":"event","n":{event.n},"type":"{event.type}",'
        f'"at":"{rfc3339(event.at)}","data":{event.data_json}}}'
    )
