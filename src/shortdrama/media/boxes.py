"""The outermost boxes of an MP4 or MOV file (ISO/IEC 14496-12, 4.2). Pure reading, no decoding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# A fragmented film of two hours has some 3,600 fragments of two boxes.
_BOX_LIMIT = 20_000


@dataclass(frozen=True)
class Box:
    """`offset` and `size` in bytes; `is_whole` is False when the file ends inside the box."""

    type: str
    offset: int
    size: int
    is_whole: bool


def list_boxes(path: Path) -> list[Box]:
    """The outermost boxes in file order; empty where the file does not begin with one."""
    end = path.stat().st_size
    boxes: list[Box] = []
    offset = 0
    with path.open("rb") as file:
        while offset < end and len(boxes) < _BOX_LIMIT:
            file.seek(offset)
            header = file.read(16)
            size = _read_size(header, end - offset)
            name = header[4:8].decode("latin-1")
            if size < 8 or not name.isprintable():
                boxes.append(Box("", offset, end - offset, is_whole=False))
                break
            boxes.append(Box(name, offset, size, is_whole=offset + size <= end))
            offset += size
    return boxes


def _read_size(header: bytes, rest: int) -> int:
    """The box's size in bytes; 0 in the file means "to the end", 1 "see the next eight bytes"."""
    if len(header) < 8:
        return rest + 1 if rest < 8 else 0
    size = int.from_bytes(header[:4], "big")
    if size == 1:
        return int.from_bytes(header[8:16], "big")
    return rest if size == 0 else size


def is_cut_short(boxes: list[Box]) -> bool:
    """Whether the file ends before the data that it declares.

    Only `moov` and `mdat` count: cameras leave rubbish behind the last box that players ignore.
    """
    return any(not box.is_whole for box in boxes if box.type in ("moov", "mdat", "moof"))


def is_faststart(boxes: list[Box]) -> bool:
    """Whether `moov` comes before `mdat`, so that a browser plays before all is loaded."""
    order = [box.type for box in boxes if box.type in ("moov", "mdat")]
    return order[:1] == ["moov"]
