"""Blobs in an S3 bucket: streamed both ways, with a bounded folder of local copies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore import exceptions as s3_errors
from obstore.store import S3Store

from shortdrama.errors import Busy, NotFound, SetupProblem, StorageFull, StudioError
from shortdrama.storage.blobs.cache import BlobCache
from shortdrama.storage.blobs.files import full_disk_in_words
from shortdrama.storage.blobs.keys import check_key, hash_file, is_key

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_PART_BYTES = 8 * 1024 * 1024
_PARTS_AT_ONCE = 4  # at most 32 MiB of an upload in memory
_PIECE_BYTES = 1024 * 1024
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_OPTIONS = frozenset({"endpoint", "region"})


class S3Blobs:
    """`s3://bucket/prefix?endpoint=…&region=…`; credentials come from the AWS environment."""

    def __init__(self, url: str, cache: BlobCache) -> None:
        """Connects lazily.

        Raises:
            SetupProblem: The address has no bucket, or an endpoint in plain HTTP elsewhere than
                on this machine.
        """
        self._store = _open_store(url)
        self._cache = cache

    def put_file(self, path: Path, key: str | None = None) -> str:
        """Take the file over (it is removed); its SHA-256 in hex is the key.

        Durable when it returns. A `key` that is given is trusted.
        """
        known = check_key(key) if key is not None else hash_file(path)
        if self.size(known) != path.stat().st_size:
            with _in_studio_words(known):
                obstore.put(
                    self._store,
                    _name(known),
                    path,
                    chunk_size=_PART_BYTES,
                    max_concurrency=_PARTS_AT_ONCE,
                )
        path.unlink()
        return known

    def local_path(self, key: str) -> AbstractContextManager[Path]:
        """A local copy that stays for the block; `NotFound` where there is no such blob."""
        check_key(key)
        return self._cache.hold(key, lambda part: self._download(key, part))

    def local_file(self, key: str) -> Path | None:
        """None: nothing lies here for good; use `stream`."""
        check_key(key)
        return None

    def size(self, key: str) -> int | None:
        """In bytes; None where there is no such blob."""
        check_key(key)
        try:
            with _in_studio_words(key):
                return int(obstore.head(self._store, _name(key))["size"])
        except NotFound:
            return None

    def stream(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Bytes from `start` up to, not including, `stop`; opened at once, read as asked for."""
        end = self.size(key) if stop is None else stop
        if end is None:
            raise NotFound("This file is missing from the studio's storage.", key=key)
        if start >= end:
            return iter(())
        with _in_studio_words(key):
            found = obstore.get(self._store, _name(key), options={"range": (start, end)})
        return _read_pieces(key, found)

    def keys(self) -> Iterator[str]:
        """Every blob's key, in no order."""
        with _in_studio_words(""):
            for page in obstore.list(self._store):
                for found in page:
                    key = found["path"].rpartition("/")[2]
                    if is_key(key):
                        yield key

    def delete(self, key: str) -> None:
        """Whether or not it is there."""
        name = _name(key)
        with suppress(NotFound), _in_studio_words(key):
            obstore.delete(self._store, name)
        self._cache.forget(key)

    def sweep_parts(self) -> int:
        """Remove local copies that a program that died held; how many files went."""
        return self._cache.sweep()

    def _download(self, key: str, part: Path) -> None:
        with full_disk_in_words(), part.open("xb") as copy:
            for piece in self.stream(key):
                copy.write(piece)
        if hash_file(part) != key:
            raise Busy("A file arrived damaged from the storage. Try again.", key=key)


def _name(key: str) -> str:
    check_key(key)
    return f"{key[:2]}/{key[2:4]}/{key}"


def _open_store(url: str) -> S3Store:
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.scheme != "s3" or not parts.hostname:
        raise SetupProblem("The storage address looks like s3://bucket/prefix?region=….")
    if unknown := options.keys() - _OPTIONS:
        names = ", ".join(sorted(unknown))
        raise SetupProblem("The storage address has unknown options: %(names)s.", names=names)
    endpoint = options.get("endpoint") or os.environ.get("AWS_ENDPOINT_URL")
    client: ClientConfig = {
        "timeout": timedelta(hours=2),  # of a whole transfer; a silent one ends after 60 s
        "read_timeout": timedelta(seconds=60),
        "connect_timeout": timedelta(seconds=10),
        "allow_http": _is_local(endpoint),
    }
    retries: RetryConfig = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}
    if _is_local(endpoint):
        client["proxy_excludes"] = ",".join(sorted(_LOCAL_HOSTS))
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        endpoint=endpoint,
        region=options.get("region") or os.environ.get("AWS_REGION") or "us-east-1",
        client_options=client,
        retry_config=retries,
    )


def _is_local(endpoint: str | None) -> bool:
    if endpoint is None:
        return False
    parts = urlsplit(endpoint)
    if parts.scheme == "https":
        return False
    if parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS:
        return True
    raise SetupProblem("A storage endpoint on another machine has to be https://.")


def _read_pieces(key: str, found: obstore.GetResult) -> Iterator[bytes]:
    with _in_studio_words(key):
        yield from found.stream(min_chunk_size=_PIECE_BYTES)


@contextmanager
def _in_studio_words(key: str) -> Iterator[None]:
    try:
        yield
    except (s3_errors.BaseError, FileNotFoundError) as error:
        raise _studio_error(error, key) from error


def _studio_error(error: Exception, key: str) -> StudioError:
    if isinstance(error, s3_errors.NotFoundError | FileNotFoundError):
        return NotFound("This file is missing from the studio's storage.", key=key)
    if isinstance(error, s3_errors.PermissionDeniedError | s3_errors.UnauthenticatedError):
        return SetupProblem("The storage refused the studio. Check its bucket and credentials.")
    if "QuotaExceeded" in str(error) or "507" in str(error):
        return StorageFull("The bucket that holds the studio's files is full. Free some space.")
    return Busy("The studio's storage does not answer. Try again.", code="storage_away")
