from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shortdrama.errors import Busy, NotFound, SetupProblem, StudioError
from shortdrama.storage.blobs.cache import BlobCache
from shortdrama.storage.blobs.s3 import S3Blobs
from storage.blobs.test_blobs import put
from storage.samples import key_of

pytestmark = pytest.mark.s3


@pytest.fixture
def cache(tmp_path: Path) -> BlobCache:
    return BlobCache(tmp_path / "cache", max_bytes=250)


def copies(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "cache").iterdir() if path.is_file()}


def test_the_cache_is_bounded_and_forgets_the_longest_unused(
    s3_url: str, tmp_path: Path, cache: BlobCache
) -> None:
    blobs = S3Blobs(s3_url, cache)
    first, second, third = (put(blobs, tmp_path, bytes([n]) * 100) for n in range(3))
    for key in (first, second, first, third):
        with blobs.local_path(key):
            pass
    assert copies(tmp_path) == {first, third}
    assert list((tmp_path / "cache" / "in-use").iterdir()) == []


def test_a_copy_in_use_stays_though_the_cache_forgets_it(
    s3_url: str, tmp_path: Path, cache: BlobCache
) -> None:
    blobs = S3Blobs(s3_url, cache)
    keys = [put(blobs, tmp_path, bytes([n]) * 100) for n in range(4)]
    with blobs.local_path(keys[0]) as path:
        for key in keys[1:]:
            with blobs.local_path(key):
                pass
        assert keys[0] not in copies(tmp_path)
        assert path.read_bytes() == b"\0" * 100


def test_a_cached_copy_needs_no_server(s3_url: str, tmp_path: Path, cache: BlobCache) -> None:
    key = put(S3Blobs(s3_url, cache), tmp_path, b"x")
    with S3Blobs(s3_url, cache).local_path(key):
        pass
    away = S3Blobs(s3_url.replace("s3://studio-", "s3://gone-"), cache)
    with away.local_path(key) as path:
        assert path.read_bytes() == b"x"


def test_a_damaged_download_is_not_handed_out(
    s3_url: str, tmp_path: Path, cache: BlobCache
) -> None:
    blobs = S3Blobs(s3_url, cache)
    wrong = put(blobs, tmp_path, b"content", key=key_of("something else"))
    with pytest.raises(Busy, match="damaged"), blobs.local_path(wrong):
        pass
    assert copies(tmp_path) == set()


def test_memory_stays_bounded(s3_url: str, tmp_path: Path) -> None:
    """A file of 96 MiB goes up and comes down in a process that grows by much less."""
    program = """
import re, sys
from pathlib import Path
from shortdrama.storage.blobs.cache import BlobCache
from shortdrama.storage.blobs.s3 import S3Blobs
folder = Path(sys.argv[2])
# Not `getrusage`: its peak is that of the test runner which this process was forked from.
def peak_mib():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
blobs = S3Blobs(sys.argv[1], BlobCache(folder / "cache"))
with (folder / "big").open("wb") as big:
    big.truncate(96 * 1024 * 1024)
before = peak_mib()
key = blobs.put_file(folder / "big")
total = sum(len(piece) for piece in blobs.stream(key))
assert total == 96 * 1024 * 1024, total
print(peak_mib() - before)
"""
    command = [sys.executable, "-c", program, s3_url, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 64


def test_plain_http_only_to_this_machine(tmp_path: Path, cache: BlobCache) -> None:
    with pytest.raises(SetupProblem, match="https"):
        S3Blobs("s3://bucket?endpoint=http://files.example", cache)


def test_a_bucket_that_is_not_there_and_a_server_that_is_away(
    s3_url: str, tmp_path: Path, cache: BlobCache
) -> None:
    missing = S3Blobs(s3_url.replace("s3://studio-", "s3://gone-"), cache)
    source = tmp_path / "x"
    source.write_bytes(b"x")
    with pytest.raises(StudioError):
        missing.put_file(source)
    assert source.exists()
    with pytest.raises(NotFound):
        missing.stream(key_of("x"))
