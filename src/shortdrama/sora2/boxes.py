"""Is a file a whole MP4? Read from its top-level boxes alone, without decoding.

An MP4 is a row of boxes: four bytes of size (big endian), four of type (ISO/IEC 14496-12,
section 4.2). Size 1 means that 8 bytes of size follow, size 0 that the box goes to the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shortdrama.errors import UnsupportedFile

_MANY = 100_000  # a fragmented clip has two boxes a second; more is not a clip


def check_mp4(path: Path) -> None:
    """Raise `UnsupportedFile` unless `path` is an MP4 with all of its boxes. Blocks."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(12)[4:8] != b"ftyp":
            raise UnsupportedFile("The file is not an MP4: it does not begin with an ftyp box.")
    kinds = set()
    for kind, end in _boxes(path, size):
        if end > size:
            raise UnsupportedFile(
                "The file is cut short: a box ends at byte %(end)s, the file at %(size)s.",
                end=end,
                size=size,
            )
        kinds.add(kind)
    if b"moov" not in kinds:
        raise UnsupportedFile("The file has no moov box: it is cut short, or not a clip.")
    if b"mdat" not in kinds:
        raise UnsupportedFile("The file has no mdat box: it holds no pictures.")


def _boxes(path: Path, size: int) -> Iterator[tuple[bytes, int]]:
    """Type and end (bytes from the start of the file) of each top-level box."""
    position = 0
    with path.open("rb") as file:
        for _ in range(_MANY):
            if position + 8 > size:
                return
            file.seek(position)
            header = file.read(16)
            length, kind = int.from_bytes(header[:4]), header[4:8]
            if length == 1:
                length = int.from_bytes(header[8:16])
            if length == 0:
                length = size - position
            if length < 8:
                raise UnsupportedFile("The file is damaged: a box is smaller than its header.")
            position += length
            yield kind, position
