"""The media tools as the rest of the studio sees them: plain calls, hard work in child processes.

Serves `assets.ports.AssetMedia` and `generation.ports.TakeMedia`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shortdrama.assets.ports import FileKind
from shortdrama.errors import UnsupportedFile, mark
from shortdrama.media import kinds
from shortdrama.media.workers import WorkerFailed, WorkerPool

PROBE = "shortdrama.media.probe:probe_file"
THUMBNAILS = "shortdrama.media.derive:make_thumbnails"
POSTER = "shortdrama.media.derive:make_poster"
LAST_FRAME = "shortdrama.media.derive:make_last_frame"
SPRITESHEET = "shortdrama.media.derive:make_spritesheet"
WAVEFORM = "shortdrama.media.derive:make_waveform"
VERIFY = "shortdrama.media.verify:verify_clip"
REMUX = "shortdrama.media.verify:remux_faststart"

# What a pool for `MediaTools` must allow, and in which lane.
MEDIA_FUNCTIONS: Mapping[str, str] = dict.fromkeys(
    (PROBE, THUMBNAILS, POSTER, LAST_FRAME, SPRITESHEET, WAVEFORM, VERIFY, REMUX), "media"
)

# A stranger's file that breaks its reader is the file's fault, not the machine's.
_SENTENCES = {
    "worker_too_slow": mark("The file took too long to read. Convert it and try again."),
    "worker_out_of_memory": mark(
        "The file is damaged or needs more memory than it may use. Scale it down and try again."
    ),
    "worker_crashed": mark("The file broke the program that reads it. Convert it and try again."),
    "worker_failed": mark("The file could not be read. Export or download it again."),
}


class MediaTools:
    """Looks into files and makes small pictures of them. Blocks; safe from any thread."""

    def __init__(self, pool: WorkerPool, pixel_limit: int = 100_000_000) -> None:
        """Use `pool`, which allows `MEDIA_FUNCTIONS`; `pixel_limit` is width times height."""
        self._pool = pool
        self._pixel_limit = pixel_limit

    def sniff(self, head: bytes, name: str) -> FileKind:
        """See `kinds.sniff`. Pure and quick; runs here."""
        return kinds.sniff(head, name)

    def probe(self, path: Path, kind: str) -> dict[str, Any]:
        """See `probe.probe_file`."""
        return self._ask(PROBE, path, kind=str(kind), pixel_limit=self._pixel_limit)

    def thumbnails(self, path: Path, kind: str, destination: Path) -> dict[str, str]:
        """See `derive.make_thumbnails`; `destination` is an existing folder."""
        return self._ask(
            THUMBNAILS,
            path,
            kind=str(kind),
            destination_dir=str(destination.absolute()),
            pixel_limit=self._pixel_limit,
        )

    def waveform(self, path: Path, destination: Path) -> None:
        """See `derive.make_waveform`."""
        self._ask(WAVEFORM, path, destination=str(destination.absolute()))

    def verify(self, path: Path, expected_s: float | None = None) -> dict[str, Any]:
        """See `verify.verify_clip`.

        Raises:
            UnsupportedFile: The file is no whole clip.
            WorkerFailed: This machine could not look. A paid clip is not blamed for that.
        """
        return self._run(VERIFY, path, expected_seconds=expected_s, pixel_limit=self._pixel_limit)

    def remux_faststart(self, path: Path, destination: Path) -> None:
        """See `verify.remux_faststart`; raises as `verify`."""
        self._run(REMUX, path, destination=str(destination.absolute()))

    def poster(self, path: Path, destination: Path) -> None:
        """See `derive.make_poster`."""
        self._make(POSTER, path, destination)

    def last_frame(self, path: Path, destination: Path) -> None:
        """See `derive.make_last_frame`."""
        self._make(LAST_FRAME, path, destination)

    def spritesheet(self, path: Path, destination: Path) -> dict[str, int]:
        """See `derive.make_spritesheet`."""
        return self._make(SPRITESHEET, path, destination)

    def _make(self, function: str, path: Path, destination: Path) -> dict[str, int]:
        target = str(destination.absolute())
        return self._ask(function, path, destination=target, pixel_limit=self._pixel_limit)

    def _ask(self, function: str, path: Path, **arguments: Any) -> dict[str, Any]:
        try:
            return self._run(function, path, **arguments)
        except WorkerFailed as error:
            if error.code not in _SENTENCES:
                raise
            raise UnsupportedFile(_SENTENCES[error.code], code=error.code) from error

    def _run(self, function: str, path: Path, **arguments: Any) -> dict[str, Any]:
        result: dict[str, Any] = self._pool.run(
            function, {"path": str(path.absolute()), **arguments}
        )
        return result
