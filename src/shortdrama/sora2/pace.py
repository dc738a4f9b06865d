"""A clip that drips is given up: whoever waits for it holds what others wait for."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import anyio

from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError
from shortdrama.sora2.options import Timeouts


async def steady(pieces: AsyncIterator[bytes], timeouts: Timeouts) -> AsyncIterator[bytes]:
    """The pieces as they come, of which the first `stall_s` and all that follow bring enough.

    Only the waiting for them counts, not what is done with them.

    Raises:
        ProviderError: "download" and transient: fewer than `least_bytes_per_s` on average.
    """
    least = round(timeouts.least_bytes_per_s * timeouts.stall_s)
    came, waited_s = 0, 0.0
    while True:
        began = time.monotonic()
        piece: bytes | None = None
        with anyio.move_on_after(timeouts.stall_s - waited_s) as scope:
            piece = await anext(pieces, None)
        if scope.cancelled_caught:
            raise ProviderError(
                "The clip stalled: %(came)s bytes came in %(seconds)s seconds.",
                kind=FailureKind.DOWNLOAD,
                is_transient=True,
                came=came,
                seconds=round(timeouts.stall_s),
            )
        if piece is None:
            return
        came, waited_s = came + len(piece), waited_s + time.monotonic() - began
        if came >= least:
            came, waited_s = 0, 0.0
        yield piece
