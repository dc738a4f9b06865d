"""`shortdrama sora2`: the compatible server alone."""

from __future__ import annotations

import logging

import typer
import uvicorn

from shortdrama.app import build_sora2
from shortdrama.cli.serve import GRACE_S, HTTP, bind, run
from shortdrama.errors import SetupProblem
from shortdrama.settings import Settings
from shortdrama.web.security import LOOPBACK_NAMES


def serve_sora2(settings: Settings, host: str, port: int, key: str | None) -> None:
    """Serve until a signal comes.

    Raises:
        SetupProblem: Beyond loopback without a key, or the port is taken.
    """
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s"
    )
    if host not in LOOPBACK_NAMES and not key:
        raise SetupProblem(
            "%(host)s can be reached from other machines. Give --key first.", host=host
        )
    with bind(host, port) as listener, build_sora2(settings, key) as app:
        config = uvicorn.Config(
            app,
            log_level=settings.log_level,
            access_log=False,
            http=HTTP,
            timeout_graceful_shutdown=GRACE_S,
            server_header=False,
        )
        typer.echo(f"The Sora2 service is at http://{host}:{listener.getsockname()[1]}/v1")
        run(uvicorn.Server(config), listener)
