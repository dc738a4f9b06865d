"""`shortdrama doctor`: is everything there that the studio needs? Row by row, in plain words."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import anyio
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shortdrama.app import open_connections
from shortdrama.cli.language import sentence_of, speak_language
from shortdrama.connections.report import report
from shortdrama.domain.sizes import file_size
from shortdrama.errors import SetupProblem, StudioError, mark
from shortdrama.providers.kind import has_failed
from shortdrama.providers.kinds import ProviderKinds
from shortdrama.settings import Settings
from shortdrama.sora2.transcript import transcribing
from shortdrama.storage.data_directory import DataDirectory
from shortdrama.web.i18n import _, say_again

Row = tuple[str, bool | None, str]
_SIGNS = {True: "[green]ok[/]", False: "[red]no[/]", None: "[yellow]??[/]"}
LOW_DISK_BYTES = 2 * 1000**3


def examine(settings: Settings, *, with_reports: bool = False) -> bool:
    """Print what was found; True where nothing failed.

    `with_reports`: after it, of each connection every request and its answer, for a bug report.
    """
    speak_language()
    rows = [_row(what, look) for what, look in _machine(settings)]
    rows += provider_packages()
    found, reports = anyio.run(_connections, settings)
    rows += found
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for what, passed, says in rows:
        table.add_row(_SIGNS[passed], escape(what), escape(says))
    Console(soft_wrap=True).print(table)
    for text in reports if with_reports else ():
        sys.stdout.write(f"\n{text}\n")
    return not has_failed(rows)


def _machine(settings: Settings) -> Iterable[tuple[str, Callable[[], str]]]:
    yield "Python", lambda: sys.version.split()[0]
    yield mark("Data folder"), lambda: _folder(settings.data)
    yield mark("Disk"), lambda: _disk(settings.data)
    yield mark("Encoder"), _encoder
    yield mark("Fonts"), _fonts


def _row(what: str, look: Callable[[], str]) -> Row:
    try:
        return _(what), True, look()
    except StudioError as error:
        return _(what), False, sentence_of(error)


def _folder(path: Path) -> str:
    DataDirectory(path).create()
    return str(path.absolute())


def _disk(path: Path) -> str:
    free = shutil.disk_usage(path if path.exists() else Path()).free
    if free < LOW_DISK_BYTES:
        raise SetupProblem(
            "Only %(free)s free. Clips need room: empty the trash or add a disk.",
            free=file_size(free),
        )
    return _("%(free)s free") % {"free": file_size(free)}


def _encoder() -> str:
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-version"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupProblem(
            "ffmpeg does not start. Run 'make run' again to reinstall it."
        ) from error
    return told.stdout.split("\n", 1)[0].partition(" Copyright")[0]


def _fonts() -> str:
    import pylopdf_fonts_zh_cn

    folder = Path(pylopdf_fonts_zh_cn.__file__).parent
    fonts = sorted(path.name for path in folder.rglob("*.otf"))
    if not fonts:
        raise SetupProblem("The caption font is missing. Run 'make run' again to reinstall it.")
    return ", ".join(fonts)


def provider_packages() -> list[Row]:
    """Providers of somebody else: what they add, and those that cannot be used."""
    kinds, what = ProviderKinds(), _("Provider package")
    rows: list[Row] = [(what, True, kind.label) for kind in kinds.all() if kind.is_installed]
    return rows + [
        (what, False, f"{broken.package} – {broken.reason}") for broken in kinds.broken()
    ]


async def _connections(settings: Settings) -> tuple[list[Row], list[str]]:
    """Rows of all, and a report of each."""
    rows: list[Row] = []
    reports: list[str] = []
    try:
        with open_connections(settings) as connections:
            for connection in connections.all():
                with transcribing() as asked:
                    checks = await connections.check(connection)
                told: list[Row] = [(_(what), ok, say_again(says)) for what, ok, says in checks]
                rows += [(f"{connection.name}: {what}", ok, says) for what, ok, says in told]
                reports.append(report(connection, told, asked))
    except StudioError as error:
        return [(_("Database"), False, sentence_of(error))], []
    address = settings.effective_database_url.rpartition("@")[2]
    return [(_("Database"), True, address), *rows], reports
