"""Connections (where models live) and capabilities (what a model can do)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shortdrama.domain.ids import ConnectionId

BUILT_IN = ConnectionId("built-in")
ENVIRONMENT = ConnectionId("environment")  # what SORA2_BASE_URL describes
PREVIZ_MODEL = "previz-1"
VIDEOS = "videos"  # OpenAI's `/v1/videos`
SEED = "seed"  # `/v1/generate`, the other form of the same protocol


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
    protocol: str  # the name of a provider's kind: "videos", "seed", "veo", …
    models: tuple[str, ...]
    auth_header: str
    key_source: KeySource
    created_at: datetime
    has_key: bool = False
    is_trusted: bool = False  # plain HTTP or a private address was allowed by a person
    options: dict[str, str] = field(default_factory=dict)  # what only this protocol asks for
    max_at_once: int | None = None  # takes under way; None: as many as are ordered
    polls_per_second: float | None = None  # over all takes together; None: the studio's own


class Mode(StrEnum):
    """What the pictures of a request are to the clip. A request has exactly one."""

    TEXT = "text"  # there are none
    FIRST_FRAME = "first_frame"  # the clip begins with the one picture
    FIRST_LAST = "first_last"  # it begins with the first and ends with the second
    REFERENCES = "references"  # it shows what they show: people, places, things


class Sound(StrEnum):
    """Whether a model's clips have sound."""

    UNKNOWN = "unknown"
    ALWAYS = "always"
    NEVER = "never"
    SWITCH = "switch"  # as asked for


@dataclass(frozen=True, slots=True)
class Rule:
    """A cross rule: where a request is as `given`, only these are made.

    `given` holds what must all be so, by the names "mode", "size" and "seconds"; as text.
    """

    given: tuple[tuple[str, tuple[str, ...]], ...]
    seconds: tuple[int, ...] = ()
    sizes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capability:
    """What one model can do. Empty tuples mean "not known, do not refuse"."""

    model: str
    label: str
    seconds: tuple[int, ...] = ()
    sizes: tuple[str, ...] = ()
    modes: tuple[Mode, ...] = ()
    max_references: int | None = None  # in the mode that takes most
    reference_kinds: tuple[str, ...] = ("picture",)
    max_prompt_chars: int = 32_000
    counts_utf16: bool = False  # a prompt's length in units of UTF-16, of which an emoji has two
    micro_usd_per_second: int | None = None  # None: unknown; 0: free; the highest of all sizes
    micro_usd_by_size: tuple[tuple[str, int], ...] = ()  # a second, where sizes differ
    unit_prices: tuple[tuple[str, int], ...] = ()  # micro USD of a thousand tokens, credits, …
    sound: Sound = Sound.UNKNOWN
    has_seed: bool = False
    has_negative_prompt: bool = False
    rules: tuple[Rule, ...] = ()
    default_seconds: int = 4
    default_size: str = "720x1280"
    typical_s: float | None = None  # expected wait before this studio has its own history
    at_once: int | None = None  # takes it makes at the same time; None: as many as are sent
    is_known: bool = True
    source: str = ""  # where the figures come from, with the date they were read

    def micro_usd(self, seconds: int, size: str) -> int | None:
        """The price of one take; None where it is not known. Never too low."""
        per_second = dict(self.micro_usd_by_size).get(size, self.micro_usd_per_second)
        return None if per_second is None else per_second * seconds

    def prompt_length(self, prompt: str) -> int:
        """As the vendor counts it."""
        if not self.counts_utf16:
            return len(prompt)
        return len(prompt.encode("utf-16-le", "surrogatepass")) // 2

    def mode_for(self, pictures: int, wanted: Mode | None = None) -> Mode:
        """How this many pictures are used: as wanted, else the first way that fits."""
        if wanted is not None:
            return wanted
        if pictures == 0:
            return Mode.TEXT
        one = (Mode.FIRST_FRAME, Mode.REFERENCES)
        fitting = one if pictures == 1 else (Mode.REFERENCES, Mode.FIRST_LAST)
        return next((mode for mode in fitting if mode in self.modes), fitting[0])


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A row of the model menu."""

    connection_id: ConnectionId
    connection_name: str
    capability: Capability
    is_ready: bool  # False: its connection has no key yet
