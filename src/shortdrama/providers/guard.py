"""Around the provider of an installed package: a mistake in it costs neither a take nor money.

A submit that breaks down may have been sent, so it is uncertain; all else may be asked again.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, StudioError, SubmissionUncertain, mark
from shortdrama.generation.ports import ProviderJob, Submission
from shortdrama.providers.kind import Access, CheckRow, OpenProvider, ProviderKind

log = logging.getLogger(__name__)


def open_provider(kind: ProviderKind, access: Access) -> OpenProvider:
    """The provider of a connection, ready to be asked.

    Raises:
        StudioError: it cannot be opened; nothing was sent.
    """
    if not kind.is_installed:
        return kind.open(access)
    try:
        return _Guarded(kind.open(access), kind.label)
    except StudioError:
        raise
    except Exception as error:
        raise _broke(kind.label, error, not_sent=True) from error


class _Guarded:
    """Satisfies `OpenProvider`."""

    def __init__(self, inner: OpenProvider, label: str) -> None:
        self._inner = inner
        self._label = label

    async def submit(self, submission: Submission) -> ProviderJob:
        try:
            return _need_job(await self._inner.submit(submission))
        except StudioError:
            raise
        except Exception as error:
            _log(self._label, error)
            raise SubmissionUncertain(
                "The package of the provider %(name)s broke down while the request was on its way "
                "(%(error)s), so the job may exist and may have been charged. It was not sent "
                "again. Look at the provider's own list before trying again.",
                name=self._label,
                error=type(error).__name__,
                kind=FailureKind.UNKNOWN,
            ) from error

    async def poll(self, job_id: str) -> ProviderJob:
        with _watched(self._label):
            return _need_job(await self._inner.poll(job_id))

    async def fetch(
        self, job: ProviderJob, destination: Path, on_progress: Callable[[int, int | None], None]
    ) -> None:
        with _watched(self._label):
            await self._inner.fetch(job, destination, on_progress)

    async def cancel(self, job_id: str) -> bool:
        with _watched(self._label):
            return await self._inner.cancel(job_id) is True

    async def find(self, submission: Submission, since: datetime) -> list[ProviderJob]:
        with _watched(self._label):
            return [_need_job(job) for job in await self._inner.find(submission, since)]

    async def check(self) -> list[CheckRow]:
        try:
            with _watched(self._label):
                return list(await self._inner.check())
        except StudioError as error:
            return [(mark("Package"), False, error.message)]

    async def close(self) -> None:
        try:
            await self._inner.close()
        except Exception as error:  # noqa: BLE001 - a stranger's code
            _log(self._label, error)


@contextmanager
def _watched(label: str) -> Iterator[None]:
    try:
        yield
    except StudioError:
        raise
    except Exception as error:
        raise _broke(label, error) from error


def _need_job(job: Any) -> ProviderJob:  # noqa: ANN401 - a stranger's answer
    if not isinstance(job, ProviderJob):
        raise TypeError(f"it gave a {type(job).__name__}, not a ProviderJob")
    return job


def _broke(label: str, error: Exception, **details: Any) -> ProviderError:
    _log(label, error)
    return ProviderError(
        "The package of the provider %(name)s broke down (%(error)s). Its log line says where.",
        name=label,
        error=type(error).__name__,
        kind=FailureKind.UNKNOWN,
        is_transient=True,
        **details,
    )


def _log(label: str, error: Exception) -> None:
    """Where, and not what: the text of a stranger's error may hold a key."""
    lines = traceback.format_tb(error.__traceback__)
    log.error("the provider %s broke down: %s\n%s", label, type(error).__name__, "".join(lines))
