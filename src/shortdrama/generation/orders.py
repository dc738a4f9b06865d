"""What a person asks for, and how the same asking is known again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from shortdrama.domain.ids import AssetId, ConnectionId, ShotId, TakeId


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


@dataclass(frozen=True, slots=True)
class Terms:
    """On what an order can be carried out."""

    connection_id: ConnectionId
    micro_usd: int | None  # None: unknown; 0: free
    expected_s: float | None  # until the take is ready


def fingerprint(order: TakeOrder) -> str:
    """SHA-256 in hex over everything that was asked for."""
    text = json.dumps(asdict(order), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
