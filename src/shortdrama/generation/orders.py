"""What a person asks for, and how the same asking is known again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from shortdrama.domain.ids import AssetId, ConnectionId, ShotId, TakeId
from shortdrama.domain.model import Mode


@dataclass(frozen=True, slots=True)
class TakeOrder:
    """One take to be made. Without `shot_id` it goes to the newest shot."""

    prompt: str
    model: str
    seconds: int
    size: str  # "720x1280", width x height in pixels
    references: tuple[AssetId, ...] = ()
    shot_id: ShotId | None = None
    connection_id: ConnectionId | None = None
    retry_of: TakeId | None = None
    mode: Mode | None = None  # what the references are; None: the first way that fits
    extra: dict[str, Any] = field(default_factory=dict)  # seed, sound, negative_prompt, and others


@dataclass(frozen=True, slots=True)
class Terms:
    """On what an order can be carried out."""

    connection_id: ConnectionId
    micro_usd: int | None  # None: unknown; 0: free
    expected_s: float | None  # until the take is ready
    mode: Mode = Mode.TEXT
    unit_prices: tuple[tuple[str, int], ...] = ()  # micro USD of a thousand of a provider's units
    is_kept: bool = False  # the connection has a row, which must be there when the take is written


# What orders could not say at first: where it is not said, the fingerprint is as it was then.
_LATER = frozenset({"mode", "extra"})


def fingerprint(order: TakeOrder) -> str:
    """SHA-256 in hex over everything that was asked for."""
    asked = {name: value for name, value in asdict(order).items() if name not in _LATER or value}
    text = json.dumps(asked, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
