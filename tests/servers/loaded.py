"""The command `shortdrama` in processes that begin with its modules already in memory.

Loading them is a second of a processor, and the tests start a studio a hundred times. Each start is
the real command in a process of its own, which can be killed like any; only the imports happened
before, in a process that the standard library keeps for making others. That a process which begins
with nothing comes up as well is shown by the tests of the command line.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.connection import Connection
from typing import IO

_loaded = multiprocessing.get_context("forkserver")
_COMMANDS = ["serve", "worker", "generate"]
_loaded.set_forkserver_preload(
    [*(f"shortdrama.cli.{name}" for name in _COMMANDS), "shortdrama.built_in", "servers.loaded"]
)
# Where modules are to be found elsewhere, none may be loaded before.
_empty = multiprocessing.get_context("spawn")


class LoadedCommand:
    """`shortdrama` with some arguments, already running.

    Args:
        arguments: What stands behind `shortdrama`.
        environment: All of it. With `PYTHONPATH` the process begins with nothing in memory.
        errors: The open file, by its number, that gets its stderr. None: `stdout` gets it as well.
    """

    def __init__(
        self, arguments: list[str], environment: dict[str, str], *, errors: int | None = 2
    ) -> None:
        context = _empty if "PYTHONPATH" in environment else _loaded
        output, its_output = context.Pipe(duplex=False)
        its_errors = Connection(os.dup(errors or its_output.fileno()), readable=False)
        with output, its_output, its_errors:
            self._process = context.Process(
                target=_run, args=(arguments, environment, its_output, its_errors)
            )
            self._process.start()
            self.stdout: IO[str] = os.fdopen(os.dup(output.fileno()), encoding="utf-8")

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.is_alive()

    def send(self, what: signal.Signals) -> None:
        """Harmless where it has ended."""
        if self._process.is_alive():
            os.kill(self.pid, what)

    def wait(self, timeout_s: float = 20) -> int | None:
        """Its exit code, below 0 where a signal ended it; None: it still runs."""
        self._process.join(timeout_s)
        return self._process.exitcode


def _run(
    arguments: list[str], environment: dict[str, str], output: Connection, errors: Connection
) -> None:
    """In the new process: what a start of the command finds, and then the command."""
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.path[:0] = [folder for folder in environment.get("PYTHONPATH", "").split(":") if folder]
    for pipe, number in ((output, 1), (errors, 2)):
        os.dup2(pipe.fileno(), number)
        pipe.close()
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.argv = ["shortdrama", *arguments]
    from shortdrama.cli import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()
