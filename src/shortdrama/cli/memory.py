"""Memory: nothing is looked for while much is loaded, and what is no longer used is given back.

glibc keeps an arena for nearly every thread, and what threads have freed stays with the process:
after a day of use that is a quarter of what the server holds. Other C libraries do without.
"""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_M_ARENA_MAX = -8  # malloc.h of glibc
_ARENAS = 2
_EVERY_S = 30.0


@contextmanager
def loading() -> Iterator[None]:
    """Around imports: what they load stays, and looking for garbage in it takes a third of them."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def keep_small() -> None:
    """Call before threads begin; whatever it cannot do, it leaves."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt") or not hasattr(library, "malloc_trim"):
        return
    library.mallopt(_M_ARENA_MAX, _ARENAS)
    threading.Thread(target=_trim, args=(library,), name="memory", daemon=True).start()


def _trim(library: ctypes.CDLL) -> None:
    stopped = threading.Event()  # never set: the thread ends with the process
    while not stopped.wait(_EVERY_S):
        library.malloc_trim(0)
