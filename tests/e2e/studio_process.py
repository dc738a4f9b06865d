"""`shortdrama serve` as a child process that can be killed like a real one."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from servers.loaded import LoadedCommand

_OWN_VARIABLES = ("SHORTDRAMA_", "SORA2_")


class StudioProcess:
    """One studio on one data directory and one port, through any number of starts."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment
        self._process: LoadedCommand | None = None

    def start(self, **environment: str) -> None:
        """Returns when it answers. `environment` holds for this start only."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(_OWN_VARIABLES)}
        self._process = LoadedCommand(
            ["serve", "--data", str(self.data), "--port", str(self.port)],
            # No desktop's keyring: a test's key must not end up in it.
            inherited
            | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
            | self._environment
            | environment,
        )
        # The line is printed once the server accepts connections.
        assert "The studio is at" in self._process.stdout.readline()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As the out-of-memory killer does it: no handler runs."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ctrl+C; harmless where it does not run."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send(how)
        assert self._process.wait() is not None, f"{how.name} did not end it"
        self._process.stdout.close()
        self._process = None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
