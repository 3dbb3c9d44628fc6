"""The solver in a process of its own, with a time limit (OR-Tools' min-cost flow has none)."""

import multiprocessing
import threading
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from matching.arrays import keep_freed_memory
from matching.assignment import Assignment, AssignmentModel, SolverFailed, solve


class SolverProcess:
    """Solves models one at a time in a process that is started on first use and kept.

    After a model that takes longer than `limit_s` the process is ended and the next model gets a
    new one. Usable from threads; call `close` when done.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._context = multiprocessing.get_context("spawn")
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    def solve(self, model: AssignmentModel) -> Assignment:
        """As `assignment.solve`. Raises SolverFailed, also with the status TIMEOUT or DIED."""
        with self._lock:
            pipe = self._started()
            try:
                pipe.send(model)
                if not pipe.poll(self.limit_s):
                    self._end()
                    raise SolverFailed("TIMEOUT")
                answer = pipe.recv()
            except (EOFError, OSError):
                self._end()
                raise SolverFailed("DIED") from None
        if isinstance(answer, str):
            raise SolverFailed(answer)
        solved: Assignment = answer
        return solved

    def start(self) -> None:
        """Starts the process ahead of the first model: that takes about a second, and counts
        against nobody's limit.
        """
        with self._lock:
            self._started()

    def close(self) -> None:
        """Ends the process, if there is one."""
        with self._lock:
            self._end()

    def _started(self) -> Connection:
        if self._pipe is None or self._process is None or not self._process.is_alive():
            self._end()
            self._pipe, theirs = self._context.Pipe()
            self._process = self._context.Process(target=_serve, args=(theirs,), daemon=True)
            self._process.start()
            theirs.close()
            self._pipe.recv()
        return self._pipe

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None


def _serve(pipe: Connection) -> None:
    """Answers models until the other side goes away."""
    keep_freed_memory()
    pipe.send("ready")
    while True:
        try:
            model = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(solve(model))
        except SolverFailed as failed:
            pipe.send(failed.status)
