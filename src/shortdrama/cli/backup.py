"""`shortdrama backup`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from shortdrama.cli.language import speak_language
from shortdrama.settings import Settings
from shortdrama.storage.backup import backup
from shortdrama.web.i18n import _


def back_up(settings: Settings, destination: Path) -> None:
    """Copy rows and bytes; a running studio goes on."""
    backup(settings.data, destination)
    speak_language()
    said = _("The studio is backed up to %(path)s.") % {"path": destination}
    Console().print(said, markup=False, soft_wrap=True)
