from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.library import Library
from doubles.plain_media import PlainMedia


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library(tmp_path, PlainMedia())
    yield opened
    opened.database.close()
