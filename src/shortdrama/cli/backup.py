"""`shortdrama backup`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from shortdrama.settings import Settings
from shortdrama.storage.backup import backup


def back_up(settings: Settings, destination: Path) -> None:
    """Copy rows and bytes; a running studio goes on."""
    backup(settings.data, destination)
    Console().print(f"The studio is backed up to {destination}.", soft_wrap=True)
