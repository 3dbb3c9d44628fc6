"""Private clusters that a test may do anything to."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.db.cluster import private
from service.db.cluster.places import Place


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A folder that user postgres can reach, which pytest's own are not."""
    made = Path(tempfile.mkdtemp(prefix="dibs-test-", dir="/var/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def kill(place: Place) -> None:
    """End the server as a power cut would, and wait until it is gone."""
    pid = private.running_pid(place)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + 10
    while private.running_pid(place) is not None and time.monotonic() < until:
        time.sleep(0.01)
