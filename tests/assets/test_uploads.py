"""Resumable uploads, with real files and rows."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assets.library import Library, in_chunks, picture, sha256
from shortdrama.assets.parts import telling_full_disk
from shortdrama.assets.service import AssetService
from shortdrama.assets.uploads import UploadLimits
from shortdrama.domain.ids import UploadId, new_id
from shortdrama.errors import (
    Busy,
    Conflict,
    InvalidInput,
    NotFound,
    StorageFull,
    TooLarge,
    UnsupportedFile,
)
from shortdrama.settings import Settings
from shortdrama.storage.blobs.files import FileBlobs

pytestmark = pytest.mark.anyio
ZIP = b"PK\x03\x04" + bytes(8000)


async def test_a_file_in_one_piece_becomes_an_asset(library: Library) -> None:
    data = picture(size_bytes=300_000)
    upload_id = library.begin(data)
    state = await library.service.append(upload_id, 0, in_chunks(data))
    assert state.asset is not None
    assert (state.asset.key, state.asset.bytes) == (sha256(data), len(data))
    assert b"".join(library.blobs.stream(state.asset.key)) == data
    assert library.part_files() == []
    assert [event.kind for event in library.events()] == ["asset.added"]


async def test_pieces_are_put_together_at_the_size_on_disk(library: Library) -> None:
    data = picture(size_bytes=200_000)
    upload_id = library.begin(data)
    first = await library.service.append(upload_id, 0, in_chunks(data[:70_000]))
    assert (first.offset, first.asset) == (70_000, None)
    assert library.service.upload_state(upload_id).offset == 70_000
    last = await library.service.append(upload_id, 70_000, in_chunks(data[70_000:]))
    assert last.asset is not None
    assert last.asset.key == sha256(data)


async def test_beginning_again_tells_the_offset(library: Library) -> None:
    data = picture(size_bytes=20_000)
    upload_id = library.begin(data)
    await library.service.append(upload_id, 0, in_chunks(data[:9000]))
    assert library.service.begin_upload(upload_id, "other name.png", len(data)).offset == 9000


async def test_an_id_cannot_change_its_size(library: Library) -> None:
    upload_id = library.begin(picture())
    with pytest.raises(Conflict, match="another size"):
        library.service.begin_upload(upload_id, "still.png", 5)


async def test_a_wrong_offset_is_told_the_right_one(library: Library) -> None:
    data = picture(size_bytes=20_000)
    upload_id = library.begin(data)
    await library.service.append(upload_id, 0, in_chunks(data[:5000]))
    for wrong in (0, 4999, 5001, 2**60):
        with pytest.raises(Conflict) as caught:
            await library.service.append(upload_id, wrong, in_chunks(data[wrong:]))
        assert caught.value.details["offset"] == 5000
    assert library.service.upload_state(upload_id).offset == 5000


async def test_what_came_before_the_connection_broke_is_kept(library: Library) -> None:
    data = picture(size_bytes=100_000)

    async def breaking() -> AsyncIterator[bytes]:
        yield data[:10_000]
        yield data[10_000:60_001]  # too little to be written at once
        raise ConnectionResetError

    upload_id = library.begin(data)
    with pytest.raises(ConnectionResetError):
        await library.service.append(upload_id, 0, breaking())
    assert library.service.upload_state(upload_id).offset == 60_001
    done = await library.service.append(upload_id, 60_001, in_chunks(data[60_001:]))
    assert done.asset is not None
    assert done.asset.key == sha256(data)


async def test_a_second_writer_is_refused_at_once(library: Library) -> None:
    data = picture(size_bytes=100_000)
    upload_id = library.begin(data)
    has_begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield data[:50_000]
        has_begun.set()
        await may_end.wait()
        yield data[50_000:]

    library = Library(library.data, library.media, UploadLimits(2**30, reserve_bytes=0))
    first = asyncio.create_task(library.service.append(upload_id, 0, slow()))
    await has_begun.wait()
    with pytest.raises(Busy):
        await library.service.append(upload_id, 0, in_chunks(data))
    may_end.set()
    state = await first
    assert state.asset is not None
    assert state.asset.key == sha256(data)
    library.database.close()


async def test_a_silent_connection_loses_its_hold_and_nothing_else(library: Library) -> None:
    data = picture(size_bytes=100_000)
    upload_id = library.begin(data)

    async def silent() -> AsyncIterator[bytes]:
        yield data[:50_000]
        await asyncio.Event().wait()

    with pytest.raises(Busy, match="stalled"):
        await library.service.append(upload_id, 0, silent())
    state = await library.service.append(upload_id, 50_000, in_chunks(data[50_000:]))
    assert state.asset is not None
    assert state.asset.key == sha256(data)


async def test_a_cancelled_request_holds_on_until_its_thread_is_done(library: Library) -> None:
    data = picture(size_bytes=100_000)
    upload_id = library.begin(data)
    is_writing, may_end = threading.Event(), threading.Event()

    def write_slowly() -> None:
        is_writing.set()
        may_end.wait(timeout=10)

    library.media.before_sniff = write_slowly
    task = asyncio.create_task(library.service.append(upload_id, 0, in_chunks(data)))
    await asyncio.to_thread(is_writing.wait, 10)
    task.cancel()
    await asyncio.wait([task], timeout=0.05)
    with pytest.raises(Busy):
        await library.service.append(upload_id, 0, in_chunks(data))
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    offset = library.service.upload_state(upload_id).offset
    state = await library.service.append(upload_id, offset, in_chunks(data[offset:]))
    assert state.asset is not None
    assert state.asset.key == sha256(data)


async def test_a_wrong_kind_is_refused_after_its_first_bytes(library: Library) -> None:
    upload_id = library.begin(ZIP * 1000, "portrait.png")
    pulled = 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal pulled
        async for chunk in in_chunks(ZIP * 1000, 2048):
            pulled += len(chunk)
            yield chunk

    with pytest.raises(UnsupportedFile, match="portrait"):
        await library.service.append(upload_id, 0, counted())
    assert pulled == 4096
    assert library.part_files() == []
    with pytest.raises(NotFound):
        library.service.upload_state(upload_id)


async def test_a_short_wrong_file_is_refused_when_it_is_whole(library: Library) -> None:
    upload_id = library.begin(ZIP[:100], "portrait.png")
    await library.service.append(upload_id, 0, in_chunks(ZIP[:50]))
    with pytest.raises(UnsupportedFile):
        await library.service.append(upload_id, 50, in_chunks(ZIP[50:100]))
    assert library.part_files() == []


async def test_more_than_announced_is_refused(library: Library) -> None:
    data = picture(size_bytes=10_000)
    upload_id = library.begin(data)
    with pytest.raises(TooLarge):
        await library.service.append(upload_id, 0, in_chunks(data + b"!"))
    assert library.part_files() == []


async def test_less_than_announced_waits_for_the_rest(library: Library) -> None:
    data = picture(size_bytes=10_000)
    upload_id = library.begin(data)
    state = await library.service.append(upload_id, 0, in_chunks(data[:-1]))
    assert (state.asset, state.offset) == (None, len(data) - 1)


def test_an_empty_file_is_refused(library: Library) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        library.begin(b"")
    assert library.part_files() == []


def test_a_file_over_the_limit_is_refused_before_it_comes(library: Library) -> None:
    for size in (library.limits.max_bytes + 1, 2**63 - 1):
        with pytest.raises(TooLarge, match="takes in up to 67"):
            library.service.begin_upload(UploadId(new_id()), "long.mp4", size)


def test_a_file_that_the_disk_has_no_room_for_is_refused(tmp_path: Path) -> None:
    limits = UploadLimits(2**40, reserve_bytes=2**60)
    library = Library(tmp_path, None, limits)  # type: ignore[arg-type]
    with pytest.raises(StorageFull, match="no room for"):
        library.begin(picture())
    assert library.part_files() == []
    library.database.close()


@pytest.mark.parametrize(("free_mb", "is_taken"), [(30, True), (17, True), (16, False), (3, False)])
def test_a_small_file_needs_little_room(
    library: Library, monkeypatch: pytest.MonkeyPatch, free_mb: int, is_taken: bool
) -> None:
    """What is kept free is for the records alone, and the refusal says how much that is."""
    usual = UploadLimits(2**30)
    library = Library(library.data, library.media, usual)
    usage = shutil.disk_usage(library.data)
    free = usage._replace(free=free_mb * 1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: free)
    upload_id = UploadId(new_id())
    if is_taken:
        assert library.service.begin_upload(upload_id, "a.png", 76_000).asset is None
    else:
        with pytest.raises(StorageFull, match=rf"76 kB: .* 16 MB have .* {free_mb}(\.0)? MB are"):
            library.service.begin_upload(upload_id, "a.png", 76_000)
    library.database.close()


@pytest.mark.parametrize(
    "bad", ["", "..", "../../etc/passwd", "A" * 32, "f" * 31, "f" * 33, "\0" * 32]
)
async def test_an_id_is_never_a_path(library: Library, bad: str) -> None:
    upload_id = UploadId(bad)
    for act in (
        lambda: library.service.begin_upload(upload_id, "x.png", 10),
        lambda: library.service.upload_state(upload_id),
        lambda: library.service.cancel_upload(upload_id),
    ):
        with pytest.raises(InvalidInput, match="32 hex"):
            act()
    with pytest.raises(InvalidInput, match="32 hex"):
        await library.service.append(upload_id, 0, in_chunks(b"x"))


async def test_a_finished_upload_told_twice_is_one_asset(library: Library) -> None:
    data = picture()
    upload_id = library.begin(data)
    first = await library.service.append(upload_id, 0, in_chunks(data))
    library = library.reopen()
    assert library.service.begin_upload(upload_id, "still.png", len(data)).asset == first.asset
    assert library.service.upload_state(upload_id).asset == first.asset
    again = await library.service.append(upload_id, len(data), in_chunks(b""))
    assert again.asset == first.asset
    assert len(library.events()) == 1
    library.database.close()


async def test_a_crash_after_the_last_byte_is_made_good(library: Library) -> None:
    """All bytes are here, the intake never ran: beginning again finishes it."""
    data = picture(size_bytes=9000)
    upload_id = library.begin(data)
    await library.service.append(upload_id, 0, in_chunks(data[:-10]))
    with (library.data / "uploads" / f"{upload_id}.part").open("ab") as part:
        part.write(data[-10:])
    state = library.reopen().service.begin_upload(upload_id, "still.png", len(data))
    assert state.asset is not None
    assert state.asset.key == sha256(data)


class Crash(BaseException):
    """The program ends here: nothing after it runs."""


class CrashingBlobs(FileBlobs):
    """Crashes when bytes of the main file have been put, before their row is committed."""

    def put_file(self, path: Path, key: str | None = None) -> str:
        kept = super().put_file(path, key)
        if key is not None:
            raise Crash
        return kept


@pytest.mark.parametrize("by_patch", [False, True])
async def test_a_crash_between_bytes_and_row_is_made_good(library: Library, by_patch: bool) -> None:
    data = picture(size_bytes=9000)
    upload_id = library.begin(data)
    await library.service.append(upload_id, 0, in_chunks(data[:-10]))
    with (library.data / "uploads" / f"{upload_id}.part").open("ab") as part:
        part.write(data[-10:])
    crashing = AssetService(
        library.database,
        CrashingBlobs(library.data / "blobs"),
        library.media,
        Settings(data=library.data),
        library.limits,
    )
    with pytest.raises(Crash):
        crashing.begin_upload(upload_id, "still.png", len(data))
    assert library.part_files() == [f"{upload_id}.json"]
    library = library.reopen()
    if by_patch:
        assert library.service.upload_state(upload_id).offset == len(data)
        state = await library.service.append(upload_id, len(data), in_chunks(b""))
    else:
        state = library.service.begin_upload(upload_id, "still.png", len(data))
    assert state.asset is not None
    assert state.asset.key == sha256(data)
    assert b"".join(library.blobs.stream(sha256(data))) == data
    assert library.part_files() == []
    library.database.close()


async def test_a_forgotten_upload_leaves_nothing(library: Library) -> None:
    data = picture(size_bytes=10_000)
    upload_id = library.begin(data)
    await library.service.append(upload_id, 0, in_chunks(data[:5000]))
    library.service.cancel_upload(upload_id)
    library.service.cancel_upload(upload_id)
    assert library.part_files() == []


async def test_an_upload_is_forgotten_while_it_is_being_sent(library: Library) -> None:
    data = picture(size_bytes=10_000)
    upload_id = library.begin(data)

    async def cancelling() -> AsyncIterator[bytes]:
        yield data[:5000]
        library.service.cancel_upload(upload_id)
        yield data[5000:]

    with pytest.raises(NotFound, match="cancelled"):
        await library.service.append(upload_id, 0, cancelling())
    assert library.part_files() == []
    library.service.begin_upload(upload_id, "still.png", len(data))
    state = await library.service.append(upload_id, 0, in_chunks(data))
    assert state.asset is not None


async def test_only_old_parts_are_swept(library: Library) -> None:
    old, young = library.begin(picture()), library.begin(picture())
    eight_days_ago = time.time() - 8 * 24 * 3600
    for path in (library.data / "uploads").glob(f"{old}.*"):
        os.utime(path, (eight_days_ago, eight_days_ago))
    library.service.sweep()
    assert library.part_files() == [f"{young}.json", f"{young}.part"]


_FILL_UP = """
import asyncio, resource, sys
from pathlib import Path
from assets.library import Library, in_chunks, picture
from doubles.plain_media import PlainMedia
from shortdrama.errors import StorageFull

library = Library(Path(sys.argv[1]), PlainMedia())
data = picture(size_bytes=6_000_000)
upload_id = library.begin(data)
resource.setrlimit(resource.RLIMIT_FSIZE, (3_500_000, 3_500_000))
try:
    asyncio.run(library.service.append(upload_id, 0, in_chunks(data)))
except StorageFull as error:
    print(error.message)
small = picture(2)
print(asyncio.run(library.service.append(library.begin(small), 0, in_chunks(small))).is_done)
print(library.part_files())
"""


def test_a_disk_that_fills_up_keeps_nothing_and_serves_others(tmp_path: Path) -> None:
    """In a process that may not write files over 3.5 MB, which the kernel reports like ENOSPC."""
    told = subprocess.run(
        [sys.executable, "-c", _FILL_UP, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    lines = told.stdout.splitlines()
    assert lines == [
        "The disk is full, so the file was not kept. Free some space and try again.",
        "True",
        "[]",
    ], told.stderr


def test_a_device_without_space_is_told_in_words() -> None:
    """/dev/full answers every write with ENOSPC."""
    with pytest.raises(StorageFull), telling_full_disk(), Path("/dev/full").open("wb", 0) as full:
        full.write(b"x")
    with pytest.raises(OSError, match="Permission") as caught, telling_full_disk():
        raise PermissionError(errno.EACCES, "Permission denied")
    assert not isinstance(caught.value, StorageFull)


async def test_an_answer_that_was_lost_is_given_again_as_it_was(library: Library) -> None:
    data = picture(size_bytes=5000)
    new = library.begin(data)
    told = [await library.service.append(new, 0, in_chunks(data))]
    twin = library.begin(data)
    told.append(await library.service.append(twin, 0, in_chunks(data)))
    assert told[0].asset is not None
    library.service.trash([told[0].asset.id])
    returning = library.begin(data)
    told.append(await library.service.append(returning, 0, in_chunks(data)))
    outcomes = [(False, False), (True, False), (True, True)]
    assert [(each.was_here, each.came_back) for each in told] == outcomes
    reopened = library.reopen()
    for upload_id, outcome in zip((new, twin, returning), outcomes, strict=True):
        begun = reopened.service.begin_upload(upload_id, "still.png", len(data))
        asked = reopened.service.upload_state(upload_id)
        sent = await reopened.service.append(upload_id, 0, in_chunks(data))
        assert {(each.was_here, each.came_back) for each in (begun, asked, sent)} == {outcome}
    reopened.database.close()
