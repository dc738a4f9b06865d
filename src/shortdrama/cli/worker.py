"""`shortdrama worker`: a process that makes takes and shows no page."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace

import typer
import uvicorn

from shortdrama.app import Studio, build_studio
from shortdrama.cli.logs import begin_log
from shortdrama.cli.serve import HTTP, bind
from shortdrama.errors import SetupProblem
from shortdrama.settings import Settings
from shortdrama.web.health import health_alone


def run_worker(settings: Settings) -> None:
    """Work until a signal comes.

    Raises:
        SetupProblem: The studio is on SQLite, where one process is everything there is.
    """
    begin_log(settings)
    if settings.is_on_sqlite:
        raise SetupProblem(
            "Workers share a database, and this studio’s is a file of one process. Set "
            "SHORTDRAMA_DATABASE_URL to a PostgreSQL database; “shortdrama serve” works by itself."
        )
    with build_studio(replace(settings, work=True), url="") as studio:
        asyncio.run(_work(studio, settings))


async def _answer(studio: Studio, settings: Settings) -> None:
    """`/healthz`, `/readyz` and `/metrics`, where a port for them is set."""
    if not settings.worker_port:
        return
    services = studio.services
    secret = services.metrics_token or os.environ.get("SHORTDRAMA_PASSWORD", "")
    app = health_alone(services.health, secret)
    config = uvicorn.Config(app, log_config=None, access_log=False, http=HTTP, lifespan="off")
    with bind(settings.host, settings.worker_port) as listener:
        server = uvicorn.Server(config)
        await server._serve(sockets=[listener])  # without its signal handlers: ours stop the work


async def _work(studio: Studio, settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    await studio.services.start()
    answering = asyncio.create_task(_answer(studio, settings))
    try:
        typer.echo("The worker is at work (Ctrl+C stops it; other workers go on with its takes)")
        await stop.wait()
    finally:
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        await studio.services.stop()
