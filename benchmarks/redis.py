"""A Redis server of the benchmark's own, and as much of its protocol as GEOSEARCH takes."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, TypeAlias

Reply: TypeAlias = bytes | int | list["Reply"] | None


class Redis:
    """One connection: commands out, replies in."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._answers: BinaryIO = self._socket.makefile("rb")

    def ask(self, *command: object) -> Reply:
        """One command and its reply. Raises RuntimeError for an error."""
        self._socket.sendall(_packed(command))
        return self._reply()

    def ask_all(self, commands: Sequence[Sequence[object]]) -> list[Reply]:
        """Many commands in one go (a pipeline), and their replies."""
        self._socket.sendall(b"".join(map(_packed, commands)))
        return [self._reply() for _ in commands]

    def close(self) -> None:
        """Hang up."""
        self._answers.close()
        self._socket.close()

    def _reply(self) -> Reply:
        line = self._answers.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._answers.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self._reply() for _ in range(int(rest))]
        return rest


def _packed(command: Iterable[object]) -> bytes:
    parts = [part if isinstance(part, bytes) else str(part).encode() for part in command]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(p), p) for p in parts)


@contextmanager
def running_redis() -> Iterator[tuple[Redis, int] | None]:
    """A connection to a fresh server and its process id; None where there is no redis-server."""
    binary = shutil.which("redis-server")
    if binary is None:
        yield None
        return
    with TemporaryDirectory(prefix="redis-") as folder:
        path = Path(folder) / "redis.sock"
        command = [binary, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            connection = _connected(path)
            yield connection, server.pid
            connection.close()
        finally:
            server.terminate()
            server.wait(30)


def _connected(path: Path) -> Redis:
    until = time.monotonic() + 10
    while True:
        try:
            return Redis(path)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
