"""Which endpoints a push may go to. An endpoint is a URL that a stranger gives us: without these
rules it would reach whatever this server can reach.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

LONGEST = 2000
GLOBAL_UNICAST = IPv6Network("2000::/3")
TUNNELS = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))
"""Teredo and 6to4 carry an IPv4 address inside, which may be a private one."""


class EndpointRefused(ValueError):
    """An endpoint that is not pushed to; says why, never which."""


def check_endpoint(url: str, *, private: bool = False) -> str:
    """The host of an endpoint that has the form of one. Raises EndpointRefused.

    https at the usual port, without a user or a fragment; `private`: http and any port, as in
    development.
    """
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise EndpointRefused(f"an endpoint has at most {LONGEST} visible ASCII characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise EndpointRefused("an endpoint is a URL") from None
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise EndpointRefused("an endpoint is an https URL")
    if not host or parts.username is not None or parts.fragment:
        raise EndpointRefused("an endpoint has a host, no user and no fragment")
    if port not in (None, 443) and not private:
        raise EndpointRefused("an endpoint is at port 443")
    return host


def check_addresses(addresses: Iterable[str], *, private: bool = False) -> list[str]:
    """The addresses of a host, if it has any and all are public. Raises EndpointRefused.

    All: a host with a private address among them is up to no good.
    """
    found = list(addresses)
    if not found:
        raise EndpointRefused("the endpoint's host has no address")
    if not private and not all(is_public(address) for address in found):
        raise EndpointRefused("the endpoint's host is not on the public internet")
    return found


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet: not private, loopback, link-local,
    shared, multicast, reserved or unspecified, and no IPv6 address that stands for an IPv4 one.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast and not ip.is_reserved
    return _is_public_v6(ip)


def _is_public_v6(ip: IPv6Address) -> bool:
    if ip.scope_id is not None or any(ip in tunnel for tunnel in TUNNELS):
        return False
    return ip in GLOBAL_UNICAST and ip.is_global
