"""Goes on once the records or the disk take something again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shortdrama.domain.ids import TakeId
from shortdrama.errors import StudioError
from shortdrama.generation.pauses import Pauses

log = logging.getLogger(__name__)
_LONGEST_S = 60.0
T = TypeVar("T")


async def outlast(pauses: Pauses, take_id: TakeId, work: Callable[[], Awaitable[T]]) -> T:
    """What `work` gives in the end; done again also where it was done and only its answer is lost.

    Raises:
        StudioError: One that another try does not help.
    """
    tries = 0
    while True:
        try:
            return await work()
        except StudioError as error:
            if not error.can_retry:
                raise
            tries += 1
            log.warning("take %s waits: %s", take_id, error.message)
            await pauses.sleep(take_id, min(_LONGEST_S, 2.0 ** min(tries, 6)))
