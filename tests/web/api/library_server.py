"""A process that serves the library's API on a free port of 127.0.0.1, with real media tools.

`python -m web.api.library_server DATA MAX_BYTES IDLE_S` prints the port and serves until ended.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

TESTS = Path(__file__).parents[2]


class LibraryServer:
    """The server as a child process, so that it can be killed like a real one."""

    def __init__(self, data: Path, max_bytes: int = 2**31, idle_s: float = 30) -> None:
        self.data = data
        self._arguments = [str(data), str(max_bytes), str(idle_s)]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "web.api.library_server", *self._arguments],
            cwd=TESTS,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """As the out-of-memory killer does it: no handler runs."""
        self._process.kill()
        self._wait()

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._wait()

    def memory_bytes(self, field: str = "VmRSS") -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith(field + ":"))
        return int(line.split()[1]) * 1024

    def _wait(self) -> None:
        self._process.wait(timeout=20)
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextmanager
def library_server(
    data: Path, max_bytes: int = 2**31, idle_s: float = 30
) -> Iterator[LibraryServer]:
    server = LibraryServer(data, max_bytes, idle_s)
    try:
        yield server
    finally:
        server.stop()


def serve(data: Path, max_bytes: int, idle_s: float) -> None:
    import uvicorn
    from fastapi import FastAPI

    from shortdrama.assets.service import AssetService
    from shortdrama.assets.uploads import UploadLimits
    from shortdrama.media.service import MEDIA_FUNCTIONS, MediaTools
    from shortdrama.media.workers import WorkerPool
    from shortdrama.settings import Settings
    from shortdrama.storage.blobs.files import FileBlobs
    from shortdrama.storage.db.database import Database
    from shortdrama.storage.db.migration import migrate
    from shortdrama.web import errors, media_files
    from shortdrama.web.api import assets, uploads

    database = Database(f"sqlite:///{data / 'studio.db'}")
    migrate(database)
    blobs = FileBlobs(data / "blobs")
    pool = WorkerPool(MEDIA_FUNCTIONS)
    service = AssetService(
        database,
        blobs,
        MediaTools(pool),
        Settings(data=data),
        UploadLimits(max_bytes, idle_s=idle_s),
    )
    app = FastAPI(openapi_url="/api/openapi.json")
    app.state.services = SimpleNamespace(assets=service, blobs=blobs)
    errors.install(app)
    for module in (assets, uploads):
        app.include_router(module.router)
    app.router.routes.append(media_files.route())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)  # noqa: T201 - read by the parent
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
        with suppress(KeyboardInterrupt):  # uvicorn raises again the signal that ended it
            uvicorn.Server(config).run(sockets=[listener])
    pool.close()
    database.close()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
