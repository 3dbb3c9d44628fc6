"""A push service and the devices behind it: real HTTP on loopback, which keeps what it was sent and
answers as told; and a device that checks who signed a push and reads it.
"""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def from_b64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Posted:
    """One request that the service took."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class PushService:
    """What was posted, and how each following request is answered: `answers` in turn, then 201."""

    port: int = 0
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    takes_s: float = 0.0
    hanging: threading.Event = field(default_factory=threading.Event)
    hangs: bool = False
    answer_bytes: int = 0
    written_bytes: int = 0
    posted: list[Posted] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_for(self, count: int, within_s: float = 15) -> list[Posted]:
        """The first so many requests; raises TimeoutError. To be called in a thread."""
        deadline = time.monotonic() + within_s
        while len(self.posted) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.posted)} of {count} pushes came")
            time.sleep(0.02)
        return self.posted[:count]


@contextmanager
def push_service() -> Iterator[PushService]:
    """A push service that listens for as long as the block lasts."""
    service = PushService()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # whoever sent it was killed
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.posted.append(Posted(self.path, headers, body, time.monotonic()))
            if service.hangs:
                service.hanging.wait(60)
            time.sleep(service.takes_s)
            status, more = service.answers.pop(0) if service.answers else (201, {})
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(service.answer_bytes))
            self.end_headers()
            for _ in range(0, service.answer_bytes, 50_000):
                service.written_bytes += self.wfile.write(bytes(50_000))

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: Any) -> None:
            """Those who hang up early are none of ours."""

    server = Server(("127.0.0.1", 0), Handler)
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.hanging.set()
        server.shutdown()
        server.server_close()


class Device:
    """A device with keys of its own, by RFC 8291 and none of the service's libraries."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._key = ec.generate_private_key(CURVE)
        self.public = self._key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        self.auth = sha256(self.public).digest()[:16]

    @property
    def subscription(self) -> dict[str, Any]:
        """As a browser's `PushSubscription.toJSON()` has it."""
        keys = {"p256dh": b64(self.public), "auth": b64(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def read(self, posted: Posted) -> dict[str, Any]:
        """What a push says, decrypted. Raises InvalidTag if it is not for this device."""
        body = posted.body
        salt, size, sender = body[:16], int.from_bytes(body[16:20], "big"), body[21 : 21 + body[20]]
        assert len(body) - 21 - len(sender) <= size
        point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender)
        shared = self._key.exchange(ec.ECDH(), point)
        info = b"WebPush: info\0" + self.public + sender
        secret = _derived(_derived(self.auth, shared), info + b"\x01")
        base = _derived(salt, secret)
        key = _derived(base, b"Content-Encoding: aes128gcm\0\x01")[:16]
        nonce = _derived(base, b"Content-Encoding: nonce\0\x01")[:12]
        padded = AESGCM(key).decrypt(nonce, body[21 + len(sender) :], None).rstrip(b"\0")
        assert padded[-1:] == b"\x02"
        said: dict[str, Any] = json.loads(padded[:-1])
        return said


def signer_of(posted: Posted, origin: str) -> tuple[str, dict[str, Any]]:
    """The public key that signed a push for this origin, and the claims. Raises
    jwt.InvalidTokenError.
    """
    scheme, _, fields = posted.headers["authorization"].partition(" ")
    assert scheme == "vapid"
    given = dict(part.strip().split("=", 1) for part in fields.split(","))
    point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, from_b64(given["k"]))
    claims = jwt.decode(given["t"], point, algorithms=["ES256"], audience=origin)
    return given["k"], claims


def _derived(key: bytes, data: bytes) -> bytes:
    return digest(key, data, "sha256")
