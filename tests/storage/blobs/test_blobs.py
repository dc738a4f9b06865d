"""One suite for files and S3."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from shortdrama.errors import NotFound, SetupProblem
from shortdrama.storage.blobs.opening import Blobs, blobs_from_url
from storage.samples import key_of

BIG = os.urandom(3 * 1024 * 1024 + 17)


def put(blobs: Blobs, folder: Path, content: bytes, key: str | None = None) -> str:
    path = folder / "incoming.mp4"
    path.write_bytes(content)
    kept = blobs.put_file(path, key)
    assert not path.exists()
    return kept


@pytest.mark.parametrize("content", [b"", b"x", BIG], ids=["empty", "small", "big"])
def test_a_file_comes_back_byte_for_byte(blobs: Blobs, tmp_path: Path, content: bytes) -> None:
    key = put(blobs, tmp_path, content)
    assert key == hashlib.sha256(content).hexdigest()
    assert blobs.size(key) == len(content)
    assert b"".join(blobs.stream(key)) == content
    with blobs.local_path(key) as path:
        assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 1), (5, 5), (1024 * 1024 - 1, 2 * 1024 * 1024 + 1), (len(BIG) - 1, len(BIG)), (7, None)],
)
def test_a_range_is_that_range(blobs: Blobs, tmp_path: Path, start: int, stop: int | None) -> None:
    key = put(blobs, tmp_path, BIG)
    pieces = list(blobs.stream(key, start, stop))
    assert b"".join(pieces) == BIG[start:stop]
    assert max((len(piece) for piece in pieces), default=0) <= 2 * 1024 * 1024


def test_equal_files_are_kept_once(blobs: Blobs, tmp_path: Path) -> None:
    first = put(blobs, tmp_path, b"same")
    assert put(blobs, tmp_path, b"same") == first
    other = put(blobs, tmp_path, b"other", key=hashlib.sha256(b"other").hexdigest())
    assert sorted(blobs.keys()) == sorted([first, other])


def test_deleted_is_gone_and_deleting_again_is_no_error(blobs: Blobs, tmp_path: Path) -> None:
    key = put(blobs, tmp_path, b"x")
    with blobs.local_path(key):
        pass
    blobs.delete(key)
    blobs.delete(key)
    assert blobs.size(key) is None
    assert list(blobs.keys()) == []
    with pytest.raises(NotFound), blobs.local_path(key):
        pass


def test_a_missing_blob_is_told_at_once(blobs: Blobs) -> None:
    key = key_of("missing")
    assert blobs.size(key) is None
    assert blobs.local_file(key) is None
    for stop in (None, 10):
        with pytest.raises(NotFound):
            blobs.stream(key, 0, stop)
    with pytest.raises(NotFound), blobs.local_path(key):
        pass


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_only_a_key_is_a_key(blobs: Blobs, tmp_path: Path, key: str) -> None:
    source = tmp_path / "x"
    source.write_bytes(b"x")
    for use in (
        blobs.size,
        blobs.delete,
        blobs.stream,
        blobs.local_file,
        lambda key: blobs.local_path(key).__enter__(),
        lambda key: blobs.put_file(source, key),
    ):
        with pytest.raises(NotFound):
            use(key)
    assert source.exists()


@pytest.mark.parametrize("url", ["ftp://host/x", "s3://", "s3:///x", "s3://b?colour=red"])
def test_a_strange_address_is_refused_in_words(tmp_path: Path, url: str) -> None:
    with pytest.raises(SetupProblem):
        blobs_from_url(url, tmp_path)


def test_an_address_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    key = put(blobs_from_url(folder.as_uri(), tmp_path), tmp_path, b"x")
    assert list(blobs_from_url(str(folder), tmp_path).keys()) == [key]
