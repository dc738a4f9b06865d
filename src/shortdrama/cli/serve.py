"""`shortdrama serve`: one process with the page, the API and the work."""

from __future__ import annotations

import gc
import ipaddress
import os
import signal
import socket
import sys
from types import FrameType

import typer
import uvicorn

from shortdrama.app import Studio, build_studio, open_access
from shortdrama.cli.logs import begin_log
from shortdrama.cli.memory import keep_small
from shortdrama.errors import SetupProblem
from shortdrama.settings import Settings
from shortdrama.storage.data_directory import DataDirectory
from shortdrama.web.security import LOOPBACK_NAMES

GRACE_S = 2  # open event streams would otherwise hold the exit for ever
# Of the parsers that uvicorn knows, the one that bounds heads and reads a body by its length also
# where a request asks for another protocol.
HTTP = "h11"


class StudioServer(uvicorn.Server):
    """Ends the event streams at the first signal, so that a stop is quick."""

    def __init__(self, config: uvicorn.Config, studio: Studio, url: str) -> None:
        super().__init__(config)
        self._studio = studio
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.freeze()
        gc.enable()
        if self.started:
            typer.echo(
                f"The studio is at {self._url} (Ctrl+C stops it; work goes on at the next start)"
            )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._studio.services.hub.close()
        super().handle_exit(sig, frame)


def serve_studio(settings: Settings) -> None:
    """Serve until a signal comes.

    Raises:
        SetupProblem: The port is taken, another studio uses the folder, or the address is
            beyond loopback and no password is set.
    """
    begin_log(settings)
    keep_small()
    password = os.environ.get("SHORTDRAMA_PASSWORD", "")
    if settings.host not in LOOPBACK_NAMES and not password:
        _need_people(settings)
    listener = bind(settings.host, settings.port)
    with listener:
        url = _url(settings.host, listener.getsockname()[1])
        with build_studio(settings, url=url, password=password) as studio:
            run(StudioServer(_config(studio, settings), studio, url), listener)


def _need_people(settings: Settings) -> None:
    """Raises `SetupProblem` where nobody could log in."""
    is_fresh = settings.is_on_sqlite and not DataDirectory(settings.data).database_path.exists()
    if not is_fresh or settings.database_url:
        with open_access(settings) as (people, _keys):
            if people.all():
                return
    raise SetupProblem(
        "%(host)s can be reached from other machines. Set SHORTDRAMA_PASSWORD first, "
        "or leave out --host.",
        host=settings.host,
    )


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        SetupProblem: The port is taken or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named in full: only then does asyncio switch off Nagle, which costs 40 ms an answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SetupProblem(
            "Port %(port)s on %(host)s cannot be used (%(reason)s). Try --port 0.",
            port=port,
            host=host,
            reason=error.strerror,
        ) from error
    return listener


def run(server: uvicorn.Server, listener: socket.socket) -> None:
    # uvicorn raises the signal that stopped it once more: it must not end the process before
    # everything that is open is closed.
    signal.signal(signal.SIGTERM, _leave)
    server.run(sockets=[listener])


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _config(studio: Studio, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        studio.web,
        log_level=settings.log_level,
        log_config=None,  # as everything else in this process
        http=HTTP,
        access_log=False,
        # Not uvicorn's own choice, which believes every client on this machine.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=[*map(_network, settings.trusted_proxies)],
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        lifespan="on",
    )


def _network(address: str) -> str:
    """Raises `SetupProblem` for a name: uvicorn would take it and never find it."""
    try:
        return str(ipaddress.ip_network(address.strip()))
    except ValueError as error:
        raise SetupProblem(
            "trusted_proxies takes addresses or networks such as 10.0.0.0/8, not %(value)s.",
            value=repr(address),
        ) from error


_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - told, not listened on


def _url(host: str, port: int) -> str:
    """Where this machine finds it: no browser takes an address that means all of them."""
    host = _EVERYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
