"""Health: alive, ready (database reachable at the migration this code was written for), and
metrics, which are for the inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.migrations import migration_head
from service.errors import NotFound, NotReady
from service.http.schemas import Out
from service.runtime import Run

router = APIRouter(tags=["health"])


class Health(Out):
    """The state of this process."""

    status: str


@router.get("/healthz")
async def healthz() -> Health:
    """The process is alive."""
    return Health(status="alive")


@router.get("/readyz")
async def readyz(runtime: Run) -> Health:
    """The process can serve: not draining, and its database answers at the right migration."""
    if runtime.draining:
        raise NotReady("This process is draining.")
    try:
        found = await runtime.database.run(_migration)
    except (SQLAlchemyError, OSError):
        raise NotReady("The database does not answer.") from None
    if found != migration_head():
        raise NotReady(
            "The database is at another migration.", found=found, wanted=migration_head()
        )
    return Health(status="ready")


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, runtime: Run) -> Response:
    """Prometheus metrics of this process, for this machine and the peers that the settings name;
    for anybody else there are none.
    """
    if request.client and not is_inside(request.client.host, runtime.settings.metrics_peers):
        raise NotFound
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def is_inside(peer: str, named: Sequence[str]) -> bool:
    """Whether a peer is this machine, or in one of the networks named."""
    address = ip_address(peer)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback or any(address in ip_network(one, strict=False) for one in named)


async def _migration(session: AsyncSession) -> str | None:
    found: str | None = await session.scalar(text("SELECT version_num FROM alembic_version"))
    return found
