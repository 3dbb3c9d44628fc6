"""Where a private cluster lives: its data folder, its socket folder, and the user who runs it."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from service.db.cluster.errors import ClusterError
from service.db.urls import DRIVER

Say = Callable[[str], None]

ROLE = "dibs"
PORT = 5432
"""Only the name of the socket file: a private cluster listens on no network."""

SOCKET_PATH_LIMIT = 107
"""sun_path on Linux is 108 bytes with its closing zero."""

MEMORY = Path("/dev/shm")
MEMORY_ROOM = 2 * 1024**3
"""A container's /dev/shm may be 64 MB; the tests' databases are 17 MB each while a test runs."""

SERVER_USER = "postgres"
REPOSITORY = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Place:
    """One private cluster on the disk. `owner` runs it when we are root; None for ourselves."""

    home: Path
    sockets: Path
    lock: Path
    owner: str | None

    @property
    def data(self) -> Path:
        """The server's data folder."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server writes about itself."""
        return self.home / "server.log"

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database in this cluster."""
        query = {"host": str(self.sockets), "port": str(PORT)}
        return URL.create(DRIVER, username=ROLE, database=database, query=query).render_as_string()


def choose_place(name: str, say: Say = lambda _: None, *, memory: bool = False) -> Place:
    """The place of the cluster called `name`, the same at every call from the same repository.

    As root the server runs as user postgres, who must be able to reach the folder; where the
    repository lies out of reach (below /root, say) the cluster goes to that user's own home. With
    `memory` it lives in RAM where there is room. Raises ClusterError when no folder works.
    """
    owner = SERVER_USER if os.geteuid() == 0 else None
    if memory and (shared := _memory_root()) is not None:
        return _place_in(shared, name, owner)
    for root in _disk_roots(owner):
        _make_enterable(root)
        if owner is None or can_reach(root, owner):
            if root != _preferred() and not (root / name).exists():
                say(f"user {owner} cannot reach {_preferred()}; the database lives in {root}")
            return _place_in(root, name, owner)
    raise ClusterError(f"user {owner} can reach no folder for the database; set DIBS_DATA_DIR")


def _place_in(root: Path, name: str, owner: str | None) -> Place:
    home = root / name
    return Place(home, socket_folder(home), root / f"{name}.lock", owner)


def socket_folder(home: Path) -> Path:
    """Beside the data, or below /tmp where that path is longer than a socket's may be."""
    inside = home / "run"
    if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT:
        return inside
    return Path("/tmp") / f"dibs-{_tag(home)}"


def can_reach(folder: Path, user: str) -> bool:
    """Whether `user` may enter the folder and every folder above it."""
    return (
        subprocess.run(
            ["test", "-x", folder], user=user, group=_group(user), extra_groups=[], check=False
        ).returncode
        == 0
    )


def prepare(place: Place) -> None:
    """Make the cluster's own folders, private to the user who runs it."""
    for folder in (place.home, place.sockets):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if place.owner is not None and folder.stat().st_uid == 0:
            os.chown(folder, _user(place.owner).pw_uid, _user(place.owner).pw_gid)
        _refuse_strangers(folder, place.owner)


def _memory_root() -> Path | None:
    """A folder of ours in RAM; None where there is no room, or a folder was asked for by name."""
    root = MEMORY / f"dibs-{_tag(_preferred())}"
    if os.environ.get("DIBS_DATA_DIR") or not os.access(MEMORY, os.W_OK):
        return None
    if not root.exists() and shutil.disk_usage(MEMORY).free < MEMORY_ROOM:
        return None
    _make_enterable(root)
    _refuse_strangers(root, None, mode=0o755)
    return root


def _disk_roots(owner: str | None) -> list[Path]:
    roots = [_preferred()]
    if owner is not None:
        roots.append(Path(_user(owner).pw_dir) / "dibs" / _tag(_preferred()))
        roots.append(Path("/var/tmp") / f"dibs-{_tag(_preferred())}")
    return roots


def _make_enterable(root: Path) -> None:
    """Make the folder, open to the server's user whatever the umask; what lies in it is private to
    each.
    """
    if not root.exists():
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o755)


def _preferred() -> Path:
    if given := os.environ.get("DIBS_DATA_DIR"):
        return Path(given).resolve()
    if (REPOSITORY / "pyproject.toml").exists():
        return REPOSITORY / ".data"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "dibs"


def _refuse_strangers(folder: Path, owner: str | None, mode: int = 0o700) -> None:
    """A folder with a guessable name (in /tmp) may have been put there by somebody else."""
    expected = os.geteuid() if owner is None else _user(owner).pw_uid
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != expected:
        raise ClusterError(f"{folder} belongs to somebody else; remove it, or set DIBS_DATA_DIR")
    if stat.S_IMODE(found.st_mode) != mode:
        folder.chmod(mode)


def _tag(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _user(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise ClusterError(
            f"the server does not run as root, and there is no user {name} to run it: "
            f"useradd --system --create-home {name}"
        ) from None


def _group(name: str) -> int:
    return _user(name).pw_gid
