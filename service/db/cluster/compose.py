"""The database in a container: `docker compose up -d db`, for machines that have an engine and no
PostGIS.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from service.db.cluster.errors import ClusterError
from service.db.cluster.places import REPOSITORY, ROLE, Say

PORT = 5433


def is_possible() -> bool:
    """Whether an engine with the compose plugin answers, and the compose file is here."""
    if shutil.which("docker") is None or not (REPOSITORY / "compose.yaml").exists():
        return False
    return all(_succeeds(["docker", *words]) for words in (["compose", "version"], ["info"]))


def up(say: Say) -> str:
    """Start the container and wait until it is healthy. The URL of its database; raises
    ClusterError.
    """
    say("starting the database in a container: docker compose up -d --wait db")
    password = _password(REPOSITORY / ".data" / "compose-password")
    environment = os.environ | {
        "DIBS_DB_PASSWORD": password,
        "DIBS_DB_PORT": str(PORT),
        "DIBS_SECRET_KEY": os.environ.get("DIBS_SECRET_KEY", secrets.token_urlsafe(32)),
    }
    done = subprocess.run(
        ["docker", "compose", "up", "-d", "--wait", "db"],
        cwd=REPOSITORY,
        env=environment,
        check=False,
    )
    if done.returncode != 0:
        raise ClusterError(
            "`docker compose up -d --wait db` failed; set DATABASE_URL to a PostgreSQL with PostGIS"
        )
    return f"postgresql+psycopg://{ROLE}:{password}@127.0.0.1:{PORT}/{ROLE}"


def _password(path: Path) -> str:
    """A password of this checkout's own, made once: the container keeps the first it was given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
    return path.read_text().strip()


def _succeeds(command: list[str]) -> bool:
    try:
        return (
            subprocess.run(
                command, capture_output=True, stdin=subprocess.DEVNULL, timeout=20, check=False
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
