"""From a library's exception to a sentence: what went wrong while a file was read or written."""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from shortdrama.errors import NotFound, StorageFull, UnsupportedFile, mark

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
# What Pillow, its plugins and PyAV are known to raise on malformed bytes; PyAV's errors derive
# from OSError, ValueError and their kin (av/error.py). MemoryError is left to the pool.
_MALFORMED = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    RuntimeError,
    ArithmeticError,
    LookupError,
    TypeError,
    struct.error,
)

# What stands for `what` in the sentences of this package.
_WORDS = (mark("picture"), mark("video"), mark("sound"), mark("script"))
_ADVICE = {mark("clip"): mark("Download it again.")}  # nobody dropped it


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn whatever a decoder raises into `UnsupportedFile`.

    Args:
        what: The thing in words, as "picture" or "video"; "clip" is one that a provider sent.

    Raises:
        UnsupportedFile: The bytes cannot be decoded.
        NotFound: There is no such file.
        StorageFull: Something written inside the block found no space.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound("The %(what)s is no longer there. Drop it again.", what=what) from error
    except _MALFORMED as error:
        _raise_if_full(error)
        raise UnsupportedFile(
            "The %(what)s is damaged or cut short and cannot be read. %(advice)s",
            code="unreadable_file",
            what=what,
            advice=_ADVICE.get(what, mark("Export or download it again and drop the new file.")),
        ) from error


@contextmanager
def writing() -> Iterator[None]:
    """Turn a full disk into `StorageFull`."""
    try:
        yield
    except OSError as error:
        _raise_if_full(error)
        raise


def _raise_if_full(error: Exception) -> None:
    if getattr(error, "errno", None) in _NO_SPACE:
        raise StorageFull(
            "The disk is full. Free some space and try again; nothing was half-kept."
        ) from error
