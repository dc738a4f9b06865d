"""Looking again and again until something is so; the processor is for what is to do it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_PAUSE_S = 0.05


def look_until(ask: Callable[[], T], is_it: Callable[[T], bool], within_s: float = 20) -> T:
    """The first answer that `is_it` agrees to; what it was instead when the time is over."""
    pause, deadline = threading.Event(), time.monotonic() + within_s
    while not is_it(told := ask()):
        assert time.monotonic() < deadline, told
        pause.wait(_PAUSE_S)
    return told
