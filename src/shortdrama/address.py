"""Where the studio that runs on a data directory is spoken to.

Apart from the studio itself: a command that only speaks to it need not load it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shortdrama.settings import Settings
from shortdrama.storage.data_directory import DataDirectory


def running_studio(settings: Settings) -> str | None:
    """The address of the studio that runs on this data directory, if one does."""
    directory = DataDirectory(settings.data)
    if not directory.is_in_use():
        return None
    try:
        return _file(directory).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


@contextmanager
def announced(directory: DataDirectory, url: str) -> Iterator[None]:
    """The studio is at `url` for as long as this lasts."""
    file = _file(directory)
    file.write_text(url, encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _file(directory: DataDirectory) -> Path:
    return directory.path / "studio.url"
