"""Finds PostgreSQL and PostGIS on the machine, and installs them with apt where nobody need be
asked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from service.db.cluster.errors import ClusterError
from service.db.cluster.places import Say

OLDEST_MAJOR = 15
PROGRAMS = ("initdb", "pg_ctl", "postgres")
EXTENSIONS = ("postgis", "btree_gist")
PACKAGES = ("postgresql", "postgresql-postgis")
ONE_LINE = f"apt-get install -y {' '.join(PACKAGES)}"
CREATE_NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/dibs.conf")

FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """A PostgreSQL installation that has PostGIS beside it."""

    folder: Path
    major: int

    def __str__(self) -> str:
        return f"PostgreSQL {self.major} in {self.folder}"


def find_binaries(major: int | None = None) -> Binaries | None:
    """The newest installation with PostGIS, or the one of the given major version; None if there is
    none.
    """
    found = [binaries for folder in _folders() if (binaries := _inspect(folder)) is not None]
    fitting = [each for each in found if major is None or each.major == major]
    return max(fitting, key=lambda each: each.major, default=None)


def may_install() -> bool:
    """Whether apt may be used without a question: as root, or where DIBS_APT=1 says so and sudo
    asks nothing.
    """
    if shutil.which("apt-get") is None or os.environ.get("DIBS_APT") == "0":
        return False
    if os.geteuid() == 0:
        return True
    return os.environ.get("DIBS_APT") == "1" and _quiet(["sudo", "-n", "true"])


def install(say: Say) -> Binaries:
    """Install PostgreSQL and PostGIS with apt. Raises ClusterError if apt does not manage.

    No cluster of the system's is created on the way: the package would start one of its own on
    port 5432.
    """
    say(f"installing PostgreSQL and PostGIS: {ONE_LINE}")
    _privileged(["mkdir", "-p", str(CREATE_NO_CLUSTER.parent)])
    _privileged(["tee", str(CREATE_NO_CLUSTER)], given="create_main_cluster = false\n")
    try:
        _privileged(["apt-get", "update", "-q"], show=True)
        _privileged(
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES], show=True
        )
    finally:
        _privileged(["rm", "-f", str(CREATE_NO_CLUSTER)])
    binaries = find_binaries()
    if binaries is None:
        raise ClusterError(
            f"apt installed no PostgreSQL >= {OLDEST_MAJOR} with PostGIS; set DATABASE_URL instead"
        )
    return binaries


def _folders() -> list[Path]:
    if given := os.environ.get("DIBS_PG_BINDIR"):
        return [Path(given)]
    folders = [path for pattern in FOLDERS for path in Path("/").glob(pattern.lstrip("/"))]
    if on_path := shutil.which("pg_ctl"):
        folders.append(Path(on_path).resolve().parent)
    return folders


def _inspect(folder: Path) -> Binaries | None:
    if not all(os.access(folder / program, os.X_OK) for program in PROGRAMS):
        return None
    version = _output([str(folder / "postgres"), "--version"]).split()
    major = int(version[2].split(".")[0]) if len(version) > 2 and version[2][:2].isdigit() else 0
    if major < OLDEST_MAJOR or not _has_extensions(folder, major):
        return None
    return Binaries(folder, major)


def _has_extensions(folder: Path, major: int) -> bool:
    share = [Path(f"/usr/share/postgresql/{major}")]
    if told := _output([str(folder / "pg_config"), "--sharedir"]).strip():
        share.insert(0, Path(told))
    return any(
        all((one / "extension" / f"{name}.control").exists() for name in EXTENSIONS)
        for one in share
    )


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def _quiet(command: list[str]) -> bool:
    try:
        return (
            subprocess.run(
                command, capture_output=True, stdin=subprocess.DEVNULL, check=False
            ).returncode
            == 0
        )
    except OSError:
        return False


def _privileged(command: list[str], *, given: str | None = None, show: bool = False) -> None:
    front = [] if os.geteuid() == 0 else ["sudo", "-n"]
    done = subprocess.run(
        [*front, "env", "DEBIAN_FRONTEND=noninteractive", *command],
        input=given if given is not None else "",
        stdout=None if show else subprocess.DEVNULL,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ClusterError(f"`{' '.join(command)}` failed; as root, type: {ONE_LINE}")
