"""Jobs and clips as plain files in one folder: enough for a service of its own, and for tests.

folder/jobs/video_….json        one job each, replaced atomically
folder/content/video_….mp4      clips and references
folder/lock                     held while the folder is in use
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from shortdrama.errors import NotFound
from shortdrama.sora2.service.ports import Order, ServiceJob
from shortdrama.sora2.wire import TERMINAL, JobStatus

log = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
_TIMES = ("created_at", "completed_at", "expires_at")


class FileJobs:
    """A `VideoJobStore` for one process, which `Sora2Service.start` makes sure of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "jobs"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()

    def add(self, job: ServiceJob) -> None:
        with self._lock:
            self._write(job)

    def get(self, job_id: str) -> ServiceJob | None:
        if not _NAME.fullmatch(job_id):
            return None
        try:
            return _from_json(json.loads(self._path(job_id).read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError):
            # One damaged file may not keep the others from being served.
            self._set_aside(job_id)
            return None

    def list(self, after: str | None, limit: int, order: Order) -> tuple[ServiceJob, ...]:
        ids = self._ids() if order == "asc" else self._ids()[::-1]
        if after is not None:
            ids = [i for i in ids if (i > after if order == "asc" else i < after)]
        found = (self.get(job_id) for job_id in ids)
        # Behind a damaged one the page goes on: a shorter page would pass for the last.
        return tuple(islice((job for job in found if job is not None), limit))

    def update(self, job_id: str, **fields: Any) -> ServiceJob | None:
        with self._lock:
            job = self.get(job_id)
            if job is None or job.status in TERMINAL:
                return None
            changed = dataclasses.replace(job, **fields)
            self._write(changed)
            return changed

    def delete(self, job_id: str) -> ServiceJob | None:
        with self._lock:
            job = self.get(job_id)
            if job is not None:
                self._path(job_id).unlink(missing_ok=True)
                _sync_folder(self._folder)
            return job

    def unfinished(self) -> tuple[ServiceJob, ...]:
        """Asked at the start, when the folder is this process's alone: drops half-written files."""
        with self._lock:
            for left in self._folder.glob("*.part"):
                left.unlink()
        found = (self.get(job_id) for job_id in self._ids())
        return tuple(job for job in found if job is not None and job.status not in TERMINAL)

    def _ids(self) -> Sequence[str]:
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def _set_aside(self, job_id: str) -> None:
        """Kept for a person to look at, and told once instead of at every look."""
        damaged = self._folder / f"{job_id}.damaged"
        log.warning("The file of job %s cannot be read; it is now %s.", job_id, damaged.name)
        with suppress(FileNotFoundError):
            self._path(job_id).replace(damaged)

    def _path(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.json"

    def _write(self, job: ServiceJob) -> None:
        part = self._folder / f"{job.id}.part"
        try:
            with part.open("w", encoding="utf-8") as file:
                json.dump(_to_json(job), file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path(job.id))
        except OSError:
            part.unlink(missing_ok=True)  # a full disk needs every byte
            raise
        _sync_folder(self._folder)


class FileContent:
    """A `ContentStore`; the key is the name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "content"
        self._folder.mkdir(parents=True, exist_ok=True)

    def put_file(self, path: Path, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a name for content: {name!r}")
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.replace(self._folder / name)
        _sync_folder(self._folder)
        return name

    def path(self, key: str) -> Path:
        path = self._folder / key
        if not _NAME.fullmatch(key) or not path.is_file():
            raise NotFound("The clip's file is gone.")
        return path

    def delete(self, key: str) -> None:
        if _NAME.fullmatch(key):
            (self._folder / key).unlink(missing_ok=True)


def _to_json(job: ServiceJob) -> dict[str, Any]:
    row = dataclasses.asdict(job)
    return {**row, **{name: row[name] and row[name].isoformat() for name in _TIMES}}


def _from_json(row: dict[str, Any]) -> ServiceJob:
    times = {name: row[name] and datetime.fromisoformat(row[name]) for name in _TIMES}
    return ServiceJob(**{**row, **times, "status": JobStatus(row["status"])})


def _sync_folder(folder: Path) -> None:
    """A rename is durable once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
