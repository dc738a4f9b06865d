"""Progress of many takes, written together: two small commits a second, however many they are."""

from __future__ import annotations

import asyncio
import logging

from shortdrama.domain.ids import TakeId
from shortdrama.errors import StudioError
from shortdrama.generation.journal import Fetching, Journal, Progress
from shortdrama.generation.pauses import Pauses

log = logging.getLogger(__name__)


class ProgressBoard:
    """Used on one event loop. The newest word of each take wins; none is worth a retry."""

    def __init__(self, journal: Journal, pauses: Pauses, every_s: float) -> None:
        self._journal = journal
        self._pauses = pauses
        self._every_s = every_s
        self._news: dict[TakeId, Progress | Fetching] = {}
        self._writer: asyncio.Task[None] | None = None

    def tell(self, take_id: TakeId, progress: Progress | Fetching) -> None:
        """Written at once, or with the others when the last writing was just now."""
        self._news[take_id] = progress
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        while self._news:
            news, self._news = self._news, {}
            if not await self._put(news):
                for take_id, told in news.items():
                    await self._put({take_id: told})
            await self._pauses.sleep(TakeId(""), self._every_s)

    async def _put(self, news: dict[TakeId, Progress | Fetching]) -> bool:
        """False where one take's word may have kept the others' back."""
        try:
            await asyncio.to_thread(self._journal.progress, news)
        except StudioError as error:
            log.warning("progress was not written: %s", error.message)
        except Exception:
            # Many takes share this writer: a word that breaks it is one take's trouble only.
            log.exception("progress of %d takes was not written", len(news))
            return len(news) == 1
        return True
