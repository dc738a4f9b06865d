"""Connections (where models live) and capabilities (what a model can do)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shortdrama.domain.ids import ConnectionId

BUILT_IN = ConnectionId("built-in")
PREVIZ_MODEL = "previz-1"


class Dialect(StrEnum):
    """The two forms of the Sora 2 protocol: OpenAI's `/v1/videos` and the seed's `/v1/generate`."""

    VIDEOS = "videos"
    SEED = "seed"


class KeySource(StrEnum):
    NONE = "none"  # the server wants none
    ENVIRONMENT = "environment"
    KEYRING = "keyring"
    SESSION = "session"  # no keyring on this machine: kept in memory until the studio stops


@dataclass(frozen=True, slots=True)
class Connection:
    """A protocol, a base URL and where its key is; never the key itself."""

    id: ConnectionId
    name: str
    base_url: str
    dialect: Dialect
    models: tuple[str, ...]
    auth_header: str
    key_source: KeySource
    created_at: datetime
    has_key: bool = False
    is_trusted: bool = False  # plain HTTP or a private address was allowed by a person


@dataclass(frozen=True, slots=True)
class Capability:
    """What one model can do. Empty tuples mean "not known, do not refuse"."""

    model: str
    label: str
    seconds: tuple[int, ...] = ()
    sizes: tuple[str, ...] = ()
    max_references: int | None = None
    reference_kinds: tuple[str, ...] = ("picture",)
    max_prompt_chars: int = 32_000
    micro_usd_per_second: int | None = None  # None: unknown; 0: free
    default_seconds: int = 4
    default_size: str = "720x1280"
    typical_s: float | None = None  # expected wait before this studio has its own history
    at_once: int | None = None  # takes it makes at the same time; None: as many as are sent
    is_known: bool = True
    source: str = ""  # where the figures come from, with the date they were read


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A row of the model menu."""

    connection_id: ConnectionId
    connection_name: str
    capability: Capability
    is_ready: bool  # False: its connection has no key yet
