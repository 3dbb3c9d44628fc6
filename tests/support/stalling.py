"""A peer of the stream that stands still: it resumes and reads nothing at all."""

from __future__ import annotations

import base64
import os
import select
import socket

from tests.support.streams import Api


def stalled(api: Api, a_ticket: str, *, buffer: int | None = 4096) -> socket.socket:
    """A connection that resumes and from then on reads nothing at all. `buffer` is the size of
    what its kernel takes for it; None leaves that to the kernel.
    """
    peer = socket.socket()
    if buffer is not None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    peer.connect(("127.0.0.1", api.port))
    key = base64.b64encode(os.urandom(16)).decode()
    peer.sendall(
        (
            "GET /v1/stream HTTP/1.1\r\nHost: dibs\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: dibs.v1, ticket.{a_ticket}\r\n\r\n"
        ).encode()
    )
    while b"\r\n\r\n" not in (answer := peer.recv(2048, socket.MSG_PEEK)):
        assert answer, "the line was cut before it was open"
    text = b'{"frame":"resume","n":0,"device":"phone"}'
    peer.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
    return peer


def has_ended(peer: socket.socket) -> bool:
    """Whether a connection was reset, told without reading from it."""
    looking = select.poll()
    looking.register(peer, 0)
    return bool(looking.poll(0))


def taken(peer: socket.socket) -> int:
    """How many bytes a peer finds when it reads at last; raises TimeoutError if its line was not
    cut. What was on the way comes through to one that reads before.
    """
    peer.settimeout(10)
    taken = 0
    try:
        while some := peer.recv(65536):
            taken += len(some)
    except ConnectionResetError:
        return taken
    raise AssertionError("the line ended in peace")
