"""Takes whose connection has no key on this machine wait for it; nothing is asked meanwhile.

A machine without a keyring forgets its keys with every start. What was ordered stays as it is, and
goes on in the moment in which somebody enters the key again.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

from shortdrama.domain.ids import ConnectionId, TakeId
from shortdrama.errors import StudioError
from shortdrama.generation.pauses import Pauses
from shortdrama.generation.ports import Providers

KEY_MISSING = "key_missing"  # the code of the `ProviderError` that a connection without key raises
_THERE_S = 2.0
_LOOK_EVERY_S = 30.0  # a keyring may be unlocked without a word to us


class Keys:
    """Used on one event loop, but for `look_again`."""

    def __init__(
        self, providers: Providers, pauses: Pauses, wake_poll: Callable[[TakeId], None]
    ) -> None:
        self._providers = providers
        self._pauses = pauses
        self._wake_poll = wake_poll
        self._known: dict[ConnectionId, tuple[bool, float]] = {}  # missing, until when believed
        self._waiting: set[TakeId] = set()
        self._refused: set[TakeId] = set()  # their provider did not take the key
        self._changed_at = -math.inf
        self._loop: asyncio.AbstractEventLoop | None = None

    def is_missing(self, connection_id: ConnectionId) -> bool:
        """Looked up once for any number of takes that wait."""
        now = time.monotonic()
        is_missing, until = self._known.get(connection_id, (False, 0.0))
        if now >= until:
            is_missing = self._look_up(connection_id)
            believed_s = _LOOK_EVERY_S if is_missing else _THERE_S
            self._known[connection_id] = is_missing, now + believed_s * self._pauses.scale
        return is_missing

    def forget(self, connection_id: ConnectionId) -> None:
        """What was known of it is not so any more."""
        self._known.pop(connection_id, None)

    async def come(self, take_id: TakeId, connection_id: ConnectionId) -> None:
        """Until the key is there, or somebody wants the take looked at."""
        self._loop = asyncio.get_running_loop()
        self._waiting.add(take_id)
        try:
            while self.is_missing(connection_id):
                if await self._pauses.sleep(take_id, _LOOK_EVERY_S):
                    return
        finally:
            self._waiting.discard(take_id)

    def note_refusal(self, take_id: TakeId, asked_at: float) -> bool:
        """The take's next poll may be far; with another key it is due at once.

        True where a key was entered since the question began (`time.monotonic()`): it may be
        another one than was refused.
        """
        self._loop = asyncio.get_running_loop()
        if self._changed_at > asked_at:
            return True
        self._refused.add(take_id)
        return False

    def look_again(self) -> None:
        """A connection was changed; from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake)

    def _look_up(self, connection_id: ConnectionId) -> bool:
        try:
            self._providers.for_connection(connection_id)
        except StudioError as error:  # of anything else whoever asks the provider is told
            return error.code == KEY_MISSING
        return False

    def _wake(self) -> None:
        self._changed_at = time.monotonic()
        self._known.clear()
        for take_id in self._waiting:
            self._pauses.wake(take_id)
        refused, self._refused = self._refused, set()
        for take_id in refused:
            self._wake_poll(take_id)
