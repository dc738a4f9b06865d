"""Resumable uploads: announced, continued at the size on disk, taken in once all is there.

The client makes the id, so that a request repeated after a lost answer is the same upload. Only
one request at a time may write to an upload, and one that stands still loses its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from shortdrama.assets.holds import UploadHolds
from shortdrama.assets.intake import Arrival, Intake, IntakeDesk, hash_file
from shortdrama.assets.names import clean_file_name
from shortdrama.assets.part_writer import PartWriter
from shortdrama.assets.parts import Part, PartFiles
from shortdrama.assets.ports import AssetMedia
from shortdrama.domain.asset import Asset
from shortdrama.domain.ids import UploadId
from shortdrama.domain.sizes import file_size
from shortdrama.errors import Busy, Conflict, InvalidInput, NotFound, StorageFull, TooLarge

_FINISHERS = 4
_T = TypeVar("_T")
RESERVE_BYTES = 16_000_000  # left free, so that the database can still write


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """`idle_s` is how long a silent connection may keep others from continuing its upload."""

    max_bytes: int
    idle_s: float = 30.0
    reserve_bytes: int = RESERVE_BYTES


@dataclass(frozen=True, slots=True)
class UploadState:
    """`asset` is there once the upload is finished; the other two say what became of it."""

    id: UploadId
    offset: int
    size: int
    asset: Asset | None = None
    was_here: bool = False  # the same bytes had come before
    came_back: bool = False  # and lay in the trash

    @property
    def is_done(self) -> bool:
        return self.asset is not None


class Uploads:
    """All uploads of one process. The files in `parts` outlive it."""

    def __init__(
        self, parts: PartFiles, desk: IntakeDesk, media: AssetMedia, limits: UploadLimits
    ) -> None:
        self._parts = parts
        self._desk = desk
        self._media = media
        self._limits = limits
        self._holds = UploadHolds()
        # Apart from the threads that write: a long look into one file must not keep others waiting.
        self._finishers = ThreadPoolExecutor(_FINISHERS, thread_name_prefix="intake")

    def begin(self, upload_id: UploadId, name: str, size: int) -> UploadState:
        """Announce a file, or ask again about one that was announced.

        Args:
            upload_id: 32 hex digits made by the client.
            name: The file's name; kept short and without what is unsafe.
            size: Bytes of the whole file.

        Raises:
            InvalidInput: The id is malformed or the file is empty.
            TooLarge: The settings allow no file of this size.
            Conflict: The id belongs to a file of another size.
            StorageFull: The disk has no room for it.
        """
        self._parts.path(upload_id)
        check_size(size, self._limits)
        known = self._finished(upload_id)
        if known is not None:
            return known
        part = self._parts.read(upload_id)
        if part is None:
            self._check_room(size)
            self._parts.create(Part(upload_id, clean_file_name(name), size))
            return UploadState(upload_id, 0, size)
        if part.size != size:
            raise Conflict(
                "This upload was announced with another size. Drop the file again.",
                code="upload_id_reused",
            )
        return self._go_on(part)

    def state(self, upload_id: UploadId) -> UploadState:
        """How far the upload is. Raises `NotFound` when nothing is known of it."""
        known = self._finished(upload_id)
        return known or self._unfinished(self._find(upload_id))

    async def append(
        self, upload_id: UploadId, offset: int, chunks: AsyncIterator[bytes]
    ) -> UploadState:
        """Add bytes at the end; when all are there the file is taken in.

        Whatever came before a connection broke is kept.

        Raises:
            NotFound: Nothing was announced under this id.
            Busy: Another request is writing, or this one stood still for too long.
            Conflict: `offset` is not where the upload ends; `details["offset"]` is.
            UnsupportedFile, TooLarge, StorageFull: The file is refused and its part removed.
        """
        with self._hold(upload_id):
            known = await _to_its_end(lambda: self._finished(upload_id))
            if known is not None:
                return known
            part = await _to_its_end(lambda: self._part_at(upload_id, offset))
            if offset < part.size:
                with self._dropping_refused(upload_id):
                    await self._receive(part, chunks)
            return await _to_its_end(lambda: self._finish_if_whole(part), self._finishers)

    def cancel(self, upload_id: UploadId) -> None:
        """Forget an unfinished upload and its bytes; harmless for any other id."""
        self._parts.path(upload_id)
        if not self._holds.cancel(upload_id):
            self._parts.remove(upload_id)

    def _go_on(self, part: Part) -> UploadState:
        if self._unfinished(part).offset < part.size:
            return self._unfinished(part)
        with self._hold(part.id):
            return self._finished(part.id) or self._finish_if_whole(part)

    async def _receive(self, part: Part, chunks: AsyncIterator[bytes]) -> None:
        with PartWriter(self._parts, self._media, part) as writer:
            while (chunk := await self._next(chunks)) is not None:
                if self._holds.is_cancelled(part.id):
                    raise NotFound("The upload was cancelled.", code="upload_cancelled")
                if writer.add(chunk):
                    await _to_its_end(writer.flush)
            await _to_its_end(writer.finish)

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        try:
            async with asyncio.timeout(self._limits.idle_s):
                return await anext(chunks, None)
        except TimeoutError as error:
            raise Busy(
                "The connection stalled; what has arrived is kept. Continue the upload.",
                code="upload_stalled",
            ) from error

    def _finish_if_whole(self, part: Part) -> UploadState:
        state = self._unfinished(part)
        if state.offset < part.size:
            return state
        with self._dropping_refused(part.id):
            intake = self._take_in(part)
        self._parts.remove(part.id)
        return _done(part.id, intake)

    def _take_in(self, part: Part) -> Intake:
        path = self._parts.path(part.id)
        key = part.key
        if key is None:
            key = hash_file(path)
            # Written down first: a crash after the bytes have moved into the blob store
            # must find them there.
            self._parts.set_key(part, key)
        is_here = self._parts.offset(part.id) == part.size
        return self._desk.take_in(Arrival(key, part.name, path if is_here else None, part.id))

    @contextmanager
    def _hold(self, upload_id: UploadId) -> Iterator[None]:
        """In this process, and among servers that share the folder of parts."""
        here = self._holds.hold(upload_id, on_cancelled=lambda: self._parts.remove(upload_id))
        with here, self._parts.hold(upload_id):
            yield

    def _find(self, upload_id: UploadId) -> Part:
        part = self._parts.read(upload_id)
        if part is None:
            raise NotFound("There is no such upload. Begin it again.", code="upload_not_found")
        return part

    def _finished(self, upload_id: UploadId) -> UploadState | None:
        self._parts.path(upload_id)
        intake = self._desk.by_upload(upload_id)
        return None if intake is None else _done(upload_id, intake)

    def _unfinished(self, part: Part) -> UploadState:
        offset = self._parts.offset(part.id)
        if part.key is not None and offset < part.size and self._desk.has_bytes(part.key):
            offset = part.size
        return UploadState(part.id, offset, part.size)

    def _part_at(self, upload_id: UploadId, offset: int) -> Part:
        part = self._find(upload_id)
        actual = self._unfinished(part).offset
        if offset != actual:
            raise Conflict(
                "The upload goes on from another place than the request said.",
                code="offset_mismatch",
                offset=actual,
                size=part.size,
            )
        return part

    def _check_room(self, size: int) -> None:
        free = self._parts.free_bytes()
        needed = size + self._limits.reserve_bytes
        if needed > free:
            raise StorageFull(
                "The disk has no room for %(size)s: with what the studio’s records need, "
                "%(needed)s have to be free, and %(free)s are. Free some space and try again.",
                code="disk_full",
                size=file_size(size),
                needed=file_size(needed),
                free=file_size(free),
                needed_bytes=needed,
                free_bytes=free,
            )

    @contextmanager
    def _dropping_refused(self, upload_id: UploadId) -> Iterator[None]:
        try:
            yield
        except (InvalidInput, StorageFull):
            self._parts.remove(upload_id)
            raise


def check_size(size: int, limits: UploadLimits) -> None:
    """Raises `InvalidInput` for an empty file and `TooLarge` for one over the limit."""
    if size <= 0:
        raise InvalidInput("The file is empty, so there is nothing to keep.", code="file_empty")
    if size > limits.max_bytes:
        raise TooLarge(
            "The file has %(size)s; this studio takes in up to %(most)s.",
            code="file_too_large",
            size=file_size(size),
            most=file_size(limits.max_bytes),
            bytes=size,
            limit_bytes=limits.max_bytes,
        )


def _done(upload_id: UploadId, intake: Intake) -> UploadState:
    size = intake.asset.bytes
    return UploadState(upload_id, size, size, intake.asset, intake.was_here, intake.came_back)


async def _to_its_end(work: Callable[[], _T], threads: Executor | None = None) -> _T:
    """Run in a thread, and wait for it even when cancelled: the hold must outlast the writing."""
    future = asyncio.get_running_loop().run_in_executor(threads, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise
