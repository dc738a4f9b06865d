"""How a process writes its log: lines for people, or JSON for machines."""

from __future__ import annotations

import logging
import sys

from shortdrama.logs import JsonLines, TextLines
from shortdrama.settings import Settings


def begin_log(settings: Settings) -> None:
    """To standard error, from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
