"""Writes arriving chunks to the end of a part, and judges the file by its first bytes."""

from __future__ import annotations

from shortdrama.assets.parts import HEAD_BYTES, Part, PartFiles, sync, write_all
from shortdrama.assets.ports import AssetMedia
from shortdrama.errors import TooLarge

_WRITE_BYTES = 1024 * 1024


class PartWriter:
    """Gathers chunks into writes of 1 MiB, so that memory stays flat and threads are few."""

    def __init__(self, parts: PartFiles, media: AssetMedia, part: Part) -> None:
        self._parts = parts
        self._media = media
        self._part = part
        self._file = parts.open_end(part.id)
        self._written = parts.offset(part.id)
        self._buffer = bytearray()

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(self, error_type: type[BaseException] | None, *_: object) -> None:
        try:
            if error_type is not None:
                self.flush()  # the connection broke: what came is kept
        finally:
            self._file.close()

    def add(self, chunk: bytes) -> bool:
        """Whether it is time to flush. Raises `TooLarge` past the announced size."""
        if self._written + len(self._buffer) + len(chunk) > self._part.size:
            self._buffer.clear()
            raise TooLarge(
                "More arrived than the file was said to hold. Drop it again.",
                code="more_than_announced",
                size=self._part.size,
            )
        self._buffer += chunk
        enough = HEAD_BYTES if self._written < HEAD_BYTES else _WRITE_BYTES
        return len(self._buffer) >= enough

    def flush(self) -> None:
        """Raises `StorageFull`, and `UnsupportedFile` when the head is of a kind not taken in."""
        if not self._buffer:
            return
        data, self._buffer = self._buffer, bytearray()
        before, self._written = self._written, self._written + len(data)
        write_all(self._file, data)
        is_head_here = self._written >= HEAD_BYTES or self._written == self._part.size
        if before < HEAD_BYTES and is_head_here:
            self._media.sniff(self._parts.head(self._part.id), self._part.name)

    def finish(self) -> None:
        """Write the rest and make it lasting, since the client is about to be told it is kept."""
        self.flush()
        sync(self._file)
