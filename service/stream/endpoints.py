"""The stream's door: a ticket over HTTP, then the websocket it opens."""

from __future__ import annotations

import asyncio
from secrets import token_urlsafe

import structlog
from fastapi import APIRouter, Request, WebSocket
from pydantic import Field, ValidationError
from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from notifications import close_codes
from notifications.asyncapi import asyncapi_document
from notifications.close_codes import CloseCode
from notifications.frames import SUBPROTOCOL, TICKET_PREFIX, Resume, parse_client_frame
from service.errors import NotAllowed, Problem, SubprotocolNeeded, TooManyRequests
from service.http.access import Person
from service.http.documentation import refuses
from service.http.origins import is_allowed
from service.http.schemas import Out, UtcTime
from service.runtime import Run, runtime_of
from service.stream import metrics
from service.stream.line import Line
from service.stream.node import Node
from service.stream.socket import StreamSocket, socket_of
from service.stream.tickets import Admitted, issue_ticket, redeem_ticket

log = structlog.get_logger("dibs.stream")

router = APIRouter(prefix="/v1", tags=["stream"])


class Ticket(Out):
    """What opens one stream, within seconds."""

    ticket: str = Field(description="send it as the second subprotocol, `ticket.<ticket>`")
    expires_at: UtcTime


@router.post("/stream/tickets", status_code=201, responses=refuses(TooManyRequests))
async def create_stream_ticket(caller: Person, request: Request, runtime: Run) -> Ticket:
    """Get a ticket for `/v1/stream` (websocket). It works once, for 30 s, while your session
    stands.
    """
    runtime.limits.check("ticket", request, str(caller.account_id))
    ticket = token_urlsafe(24)
    expires_at = await runtime.database.run(
        issue_ticket,
        ticket=ticket,
        account_id=caller.account_id,
        session_id=caller.session_id,
        now=runtime.now(),
    )
    return Ticket(ticket=ticket, expires_at=expires_at)


@router.get("/asyncapi.json", include_in_schema=False)
async def asyncapi() -> JSONResponse:
    """The stream's frames and events as an AsyncAPI 3 document."""
    return JSONResponse(asyncapi_document())


@router.websocket("/stream")
async def stream(websocket: WebSocket) -> None:
    """One subscriber: see the protocol page of `notifications`."""
    if refusal := _refusal(websocket):
        metrics.REFUSED.labels(refusal.type).inc()
        await websocket.send_denial_response(
            JSONResponse(refusal.body(), refusal.status, media_type="application/problem+json")
        )
        return
    node: Node = websocket.app.state.node
    socket = socket_of(websocket)
    await websocket.accept(subprotocol=SUBPROTOCOL)
    try:
        await _serve(websocket, node, socket)
    except Exception:
        log.exception("stream_failed")
        _refuse(socket, close_codes.SERVER_ERROR)


async def _serve(websocket: WebSocket, node: Node, socket: StreamSocket) -> None:
    """Let the subscriber in and listen to it until it is gone."""
    first = None
    ticket = _ticket_of(websocket.headers)
    if ticket is None:
        first = await _first_frame(websocket, node.pace.terms.resume_within_s)
        if first is None:
            _refuse(socket, close_codes.RESUME_OVERDUE)
            return
        ticket = _ticket_in(first)
    admitted = await _redeem(websocket, node, ticket) if ticket else None
    if admitted is None:
        _refuse(socket, close_codes.TICKET_REFUSED)
        return
    line = node.join(socket, admitted)
    try:
        if first is not None:
            line.receive(first)
        await _listen(websocket, socket, line)
    finally:
        node.lost(line)


async def _listen(websocket: WebSocket, socket: StreamSocket, line: Line) -> None:
    """Let the line have what came so far, then all that comes, until it ends."""
    while True:
        if socket.queue.empty():
            socket.listen(line.receive)
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        line.receive(message.get("text"))


async def _first_frame(websocket: WebSocket, within_s: float) -> str | None:
    try:
        async with asyncio.timeout(within_s):
            message = await websocket.receive()
    except TimeoutError:
        return None
    text: str | None = message.get("text")
    return text


async def _redeem(websocket: WebSocket, node: Node, ticket: str) -> Admitted | None:
    now = runtime_of(websocket).now()
    return await node.database.run_single(redeem_ticket, ticket=ticket, now=now)


def _refuse(socket: StreamSocket, code: CloseCode) -> None:
    metrics.REFUSED.labels(code.name).inc()
    socket.close_now(code.code, code.name)


def _refusal(websocket: WebSocket) -> Problem | None:
    """Why this handshake is not answered: a page of a stranger, or a client of another protocol."""
    origin = websocket.headers.get("origin")
    if origin is not None and not is_allowed(origin, websocket):
        return NotAllowed("This origin may not open the stream.", origin=origin)
    if SUBPROTOCOL not in websocket.scope["subprotocols"]:
        return SubprotocolNeeded(subprotocol=SUBPROTOCOL)
    return None


def _ticket_of(headers: Headers) -> str | None:
    """The ticket among the offered subprotocols."""
    for header in headers.getlist("sec-websocket-protocol"):
        for offered in header.split(","):
            if offered.strip().startswith(TICKET_PREFIX):
                return offered.strip().removeprefix(TICKET_PREFIX)
    return None


def _ticket_in(text: str | None) -> str | None:
    """The ticket in a first frame, if that is a resume with one."""
    try:
        frame = parse_client_frame(text or "")
    except (ValidationError, UnicodeError):
        return None
    return frame.ticket if isinstance(frame, Resume) else None
