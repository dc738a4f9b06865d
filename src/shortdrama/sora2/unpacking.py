"""The bytes of an answer, unpacked piece by piece.

A kilobyte on the wire can hold gigabytes, so a whole piece is never unpacked at a time, and what is
packed twice is not unpacked at all.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

import httpx

# What `unpacked` reads; sent with every request.
ACCEPTED = "gzip, deflate"
_PIECE_BYTES = 64 * 1024
_EITHER = zlib.MAX_WBITS | 32  # gzip's or zlib's head


async def unpacked(response: httpx.Response) -> AsyncIterator[bytes]:
    """Pieces of at most 64 KiB where the answer is packed, else as they come.

    Raises:
        httpx.DecodingError: packed in another way than `ACCEPTED`, more than once, or cut.
    """
    if response.is_stream_consumed:  # by a transport that does not go over a wire
        yield await response.aread()
        return
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding in {"", "identity"}:
        async for chunk in response.aiter_raw():
            yield chunk
        return
    if coding not in {"gzip", "x-gzip", "deflate"}:
        raise httpx.DecodingError("the answer is packed in a way that was not asked for")
    inflate = zlib.decompressobj(_EITHER)
    async for chunk in response.aiter_raw():
        rest = chunk
        while rest and not inflate.eof:
            yield _piece(inflate, rest)
            rest = inflate.unconsumed_tail
    if not inflate.eof:
        raise httpx.DecodingError("the packed answer is cut")


def _piece(inflate: zlib._Decompress, packed: bytes) -> bytes:
    try:
        return inflate.decompress(packed, _PIECE_BYTES)
    except zlib.error as error:
        raise httpx.DecodingError("the answer cannot be unpacked") from error
