"""`shortdrama worker`: a process that makes takes and shows no page."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace

import typer

from shortdrama.app import Studio, build_studio
from shortdrama.cli.logs import begin_log
from shortdrama.errors import SetupProblem
from shortdrama.settings import Settings


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
        asyncio.run(_work(studio))


async def _work(studio: Studio) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    await studio.services.start()
    try:
        typer.echo("The worker is at work (Ctrl+C stops it; other workers go on with its takes)")
        await stop.wait()
    finally:
        await studio.services.stop()
