"""The service's own key: with it each push is signed (VAPID, RFC 8292), and devices subscribe to
its public half.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.settings import Settings

CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256 (SEC 2)."""


def private_key(settings: Settings) -> ec.EllipticCurvePrivateKey | None:
    """The key of the settings; in development, without one, a key that follows from the secret key;
    None: pushes are off.
    """
    if settings.vapid_private_key is not None:
        return from_text(settings.vapid_private_key.get_secret_value())
    if settings.environment == "development":
        secret = b"vapid\n" + settings.secret_key.get_secret_value().encode()
        return _key(int.from_bytes(sha256(secret).digest(), "big") % (ORDER - 1) + 1)
    return None


def from_text(text: str) -> ec.EllipticCurvePrivateKey:
    """A private key as `dibs push keys` prints it: 32 bytes in base64url. Raises ValueError."""
    raw = from_base64url(text)
    if len(raw) != 32:
        raise ValueError("a VAPID private key is 32 bytes in base64url: dibs push keys")
    return _key(int.from_bytes(raw, "big"))


def new_pair() -> tuple[str, str]:
    """A fresh pair, private and public, both in base64url."""
    key = ec.generate_private_key(CURVE)
    raw = key.private_numbers().private_value.to_bytes(32, "big")
    return base64url(raw), public_text(key)


def public_text(key: ec.EllipticCurvePrivateKey) -> str:
    """The public half as browsers take it (`applicationServerKey`): the uncompressed point."""
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64url(point)


def is_point(raw: bytes) -> bool:
    """Whether these bytes are a point of the curve, uncompressed: a device's public key."""
    if len(raw) != 65 or raw[0] != 4:
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw)
    except ValueError:
        return False
    return True


def base64url(raw: bytes) -> str:
    """Bytes in base64url, without padding."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """Bytes of base64url with or without padding. Raises ValueError."""
    bare = text.rstrip("=")
    return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def _key(value: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(value, CURVE)
