"""One worker process as its parent sees it: start, ask, end.

Not thread-safe except for `kill`, which anybody may call at any time. `workers.WorkerPool` owns
these; nobody else starts one.
"""

from __future__ import annotations

import json
import logging
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from shortdrama import errors
from shortdrama.errors import SetupProblem, StudioError

logger = logging.getLogger(__name__)

OnProgress = Callable[[Any], None]

_MESSAGE_LIMIT_BYTES = 8 << 20
_LOGGED_STDERR_BYTES = 4000
# A child opens strangers' files, so it gets no key, password or database address to lose.
_PASSED_ON = re.compile(
    r"PATH|HOME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|PYTHONPATH|VIRTUAL_ENV|XDG_CACHE_HOME"
    r"|FONTCONFIG_(FILE|PATH)|IMAGEIO_FFMPEG_EXE|LD_LIBRARY_PATH"
)


class WorkerFailed(SetupProblem):
    """A call ended without a result and without a word of its own.

    `code` is one of `worker_unavailable` (could not be started), `worker_failed` (an unforeseen
    exception), `worker_crashed`, `worker_out_of_memory`, `worker_too_slow`, `worker_closed`.
    """

    code = "worker_failed"


@dataclass(frozen=True)
class Lane:
    """A kind of work that waits only for its own kind.

    Attributes:
        size: Processes at most.
        nice: Added to the niceness, 0 to 19.
        memory_limit_bytes: Address space of each process, not resident memory.
        time_limit_s: Wall time of one call, where the caller names none.
    """

    size: int = 1
    nice: int = 0
    memory_limit_bytes: int = 2 << 30
    time_limit_s: float = 60.0


class WorkerProcess:
    """A child in a process group of its own, so that ending it takes its ffmpeg along."""

    def __init__(self, lane: Lane) -> None:
        """Start the child.

        Raises:
            WorkerFailed: When the machine starts no more processes.
        """
        settings = {"nice": lane.nice, "memory_limit_bytes": lane.memory_limit_bytes}
        command = [sys.executable, "-P", "-m", "shortdrama.media.worker", json.dumps(settings)]
        self._lock = threading.Lock()
        self._is_reaped = False
        self._is_killed = False
        self._buffer = b""
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                start_new_session=True,
                env=_clean_environment(os.environ),
                bufsize=0,
            )
        except OSError as error:
            self._stderr.close()
            raise WorkerFailed(
                f"The media worker could not be started: {error.strerror}. "
                "Check the machine's memory and process limit.",
                code="worker_unavailable",
            ) from error
        self.pid = self._process.pid
        self.calls = 0

    def ask(self, request: Mapping[str, Any], on_progress: OnProgress | None) -> Any:  # noqa: ANN401 - JSON
        """Run one function in the child and wait for it.

        Args:
            request: `function` ("module:name"), `arguments`, `time_limit_s`.
            on_progress: Called in this thread with whatever the function reports.

        Raises:
            StudioError: As raised by the function, same class.
            WorkerFailed: Otherwise; the child may be unusable afterwards and must be ended.
        """
        self.calls += 1
        deadline = time.monotonic() + request["time_limit_s"]
        name = request["function"]
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe above
        with suppress(BrokenPipeError):  # reading then finds out how the child ended
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
        while True:
            message = json.loads(self._read_line(name, deadline))
            if "progress" not in message:
                break
            if on_progress is not None:
                on_progress(message["progress"])
        if "error" in message:
            logger.info("worker function %s: %s", name, message["error"])
            raise _rebuild_error(message["error"])
        if "failure" in message:
            raise _report_failure(name, message)
        self._empty_stderr()
        return message["result"]

    def kill(self) -> None:
        """End the child and all it started. Safe from any thread, any number of times."""
        with self._lock:
            self._is_killed = True
            if not self._is_reaped:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)

    def end(self) -> int:
        """End the child, wait for it, free everything. Returns its exit code."""
        self.kill()
        with self._lock:  # short, as it is already killed; once reaped, the id may be another's
            code = self._process.wait()
            self._is_reaped = True
        for stream in (self._process.stdin, self._process.stdout, self._stderr):
            if stream is not None:
                stream.close()
        return code

    def _read_line(self, name: str, deadline: float) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe above
        descriptor = self._process.stdout.fileno()
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        while b"\n" not in self._buffer:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not poller.poll(left_s * 1000):
                logger.error("worker function %s ran out of time and was ended", name)
                raise WorkerFailed("The work took too long and was ended.", code="worker_too_slow")
            chunk = os.read(descriptor, 1 << 16)
            if not chunk or len(self._buffer) > _MESSAGE_LIMIT_BYTES:
                raise self._report_crash(name)
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _report_crash(self, name: str) -> WorkerFailed:
        if self._is_killed:
            logger.debug("worker function %s was ended", name)
            return WorkerFailed("The process that did the work was ended.", code="worker_closed")
        size = os.fstat(self._stderr.fileno()).st_size
        said = os.pread(
            self._stderr.fileno(), _LOGGED_STDERR_BYTES, max(0, size - _LOGGED_STDERR_BYTES)
        )
        logger.error("worker function %s crashed: %s", name, said.decode(errors="replace"))
        return WorkerFailed("The process that did the work crashed.", code="worker_crashed")

    def _empty_stderr(self) -> None:
        self._stderr.seek(0)  # the child writes at the same position: one open file, two holders
        self._stderr.truncate()


def _clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    passed = {key: value for key, value in environment.items() if _PASSED_ON.fullmatch(key)}
    # One malloc arena and one BLAS thread per core would fill the address space on big machines.
    return passed | {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _rebuild_error(described: Mapping[str, Any]) -> StudioError:
    found = getattr(errors, described["class"], None)
    is_ours = isinstance(found, type) and issubclass(found, StudioError)
    error_class: type[StudioError] = found if is_ours else StudioError  # type: ignore[assignment]
    return error_class(described["message"], code=described["code"], **described["details"])


def _report_failure(name: str, message: Mapping[str, Any]) -> WorkerFailed:
    logger.error("worker function %s failed:\n%s", name, message["traceback"])
    if message["failure"] == "out_of_memory":
        return WorkerFailed(
            "The work needed more memory than it may use.", code="worker_out_of_memory"
        )
    return WorkerFailed("The work failed. The log holds the reason.")
