"""What a take does while it cannot go on: it makes room for others, says why, and waits."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

from shortdrama.domain.ids import TakeId
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.domain.waiting import NO_KEY, STORAGE_AWAY, held_up, strange_word
from shortdrama.errors import StudioError
from shortdrama.generation.phases import Tools


async def has_waited_for_key(tools: Tools, take: Take) -> bool:
    """Whether there was no key to ask the provider with; its row may say something else by now.

    A take that is being cancelled does not wait: its deadline ends it, key or no key.
    """
    connection_id = take.request.connection_id
    if take.status is TakeStatus.CANCELLING or not tools.keys.is_missing(connection_id):
        return False
    if take.status is TakeStatus.QUEUED:
        await leave_slot(tools, take.id)
    if take.provider_status != NO_KEY:
        await _say(tools, take, NO_KEY)
    await tools.keys.come(take.id, connection_id)
    if not tools.keys.is_missing(connection_id):
        await _say(tools, take, None)
    return True


async def show_storage_away(tools: Tools, take: Take) -> None:
    """Its pictures cannot be read just now; where the records cannot either, the log says so."""
    await leave_slot(tools, take.id)
    if take.provider_status != STORAGE_AWAY:
        with suppress(StudioError):
            await _say(tools, take, STORAGE_AWAY)


async def show_word(tools: Tools, take: Take, word: str) -> Take:
    """What the provider says of its job goes on its row at once where its card tells of that."""
    said = replace(take, provider_status=word)
    if (held_up(said), strange_word(said)) == (held_up(take), strange_word(take)):
        return take
    await _say(tools, take, word)
    return said


async def leave_slot(tools: Tools, take_id: TakeId) -> None:
    """Others, at other providers, need not wait with it; in this process and in the others."""
    tools.slots.release(take_id)
    await release_call(tools, take_id)


async def release_call(tools: Tools, take_id: TakeId) -> None:
    """Tell the other processes that no answer is waited for any more. Where it cannot be told,
    they believe so for as long as this process lives: that costs patience and no money."""
    if tools.share is not None:
        with suppress(StudioError):
            await asyncio.to_thread(tools.share.sent, take_id)


async def _say(tools: Tools, take: Take, word: str | None) -> None:
    """On its row, unless it has moved on."""
    changes = {"provider_status": word}
    stays = frozenset({take.status})
    await asyncio.to_thread(tools.journal.move, take.id, stays, take.status, changes)
