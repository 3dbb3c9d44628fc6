"""The network as pushes see it: names are looked up by us, addresses checked, and connections made
to the very address that was checked.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpcore

from notifications.push_addresses import check_addresses

MOST_ADDRESSES = 3
"""How many of a host's addresses are tried."""


class Resolver:
    """Looks names up in a few threads of its own: a name server that hangs hangs those alone."""

    def __init__(self, threads: ThreadPoolExecutor, *, private: bool) -> None:
        self._threads, self._private = threads, private

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host. Raises EndpointRefused if one is not public, OSError if the name
        cannot be looked up.
        """
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port)
        return check_addresses(found, private=self._private)


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """What httpcore connects by. TLS is still for the name, so a certificate is checked as ever."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver, self._plain = resolver, httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own signature)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to an address of the host that was just checked. Raises EndpointRefused."""
        try:
            addresses = await self._resolver.addresses(host, port)
        except OSError as error:
            raise httpcore.ConnectError("the endpoint's host cannot be looked up") from error
        failed: Exception = httpcore.ConnectError("no address answers")
        for address in addresses[:MOST_ADDRESSES]:
            try:
                return await self._plain.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
