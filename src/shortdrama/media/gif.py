"""How many frames a GIF has and how long it lasts, read block by block without decoding.

Pillow counts frames by decoding each of them, which a small file can make very slow.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from shortdrama.errors import TooLarge

FRAME_LIMIT = 10_000


def count_frames(path: Path) -> tuple[int, int]:
    """Frames and total milliseconds (GIF89a specification, sections 17 to 27).

    Raises:
        EOFError: The file ends inside a block.
        TooLarge: More than `FRAME_LIMIT` frames.
    """
    frames = duration_ms = 0
    with path.open("rb") as file:
        flags = _take(file, 13)[10]
        _skip_palette(file, flags)
        while (introducer := file.read(1)) not in (b";", b""):
            if introducer == b"!":
                duration_ms += _read_extension(file)
            elif introducer == b",":
                _skip_palette(file, _take(file, 9)[8])
                _take(file, 1)  # the LZW code size
                _skip_blocks(file)
                frames += 1
            if frames > FRAME_LIMIT:
                raise TooLarge(
                    "The animation has more than %(most)s frames. "
                    "Save it as MP4 and drop it again.",
                    code="too_many_frames",
                    most=f"{FRAME_LIMIT:,}",
                )
    return frames, duration_ms


def _read_extension(file: BinaryIO) -> int:
    """The delay in milliseconds of a graphic control extension, 0 of any other."""
    label = _take(file, 1)
    if label != b"\xf9":
        _skip_blocks(file)
        return 0
    block = _take(file, _take(file, 1)[0])
    _skip_blocks(file)
    return int.from_bytes(block[1:3], "little") * 10


def _skip_palette(file: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        _take(file, 3 << (flags & 7) + 1)


def _skip_blocks(file: BinaryIO) -> None:
    while size := _take(file, 1)[0]:
        _take(file, size)


def _take(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise EOFError("the GIF ends inside a block")
    return data
