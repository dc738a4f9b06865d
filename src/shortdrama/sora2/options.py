"""What a caller may ask of `Sora2Client.generate_video`, and how long it may take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Timeouts:
    """All in seconds. `read_s` bounds the silence between two packets, the totals the whole."""

    connect_s: float = 10.0
    read_s: float = 60.0
    write_s: float = 120.0
    submit_total_s: float = 300.0
    ask_total_s: float = 90.0  # one GET or DELETE
    download_total_s: float = 3600.0
    stall_s: float = 60.0  # a clip of which less comes in so long is asked for again
    least_bytes_per_s: int = 1024


@dataclass(frozen=True, slots=True)
class Auth:
    """How a key travels: `header: scheme token`, where `token_of` makes the token of the key.

    An empty `scheme` sends the bare token. `token_of` is asked for every request, because some
    tokens live for minutes. `secrets_of` tells the parts of a key that are secret by themselves.
    """

    header: str = "Authorization"
    scheme: str = "Bearer"
    token_of: Callable[[str], str] = str
    secrets_of: Callable[[str], tuple[str, ...]] = lambda _key: ()


@dataclass(frozen=True, slots=True)
class ReferenceFile:
    """A picture (or, where the server takes it, a clip) that guides the generation."""

    path: Path
    mime: str
    name: str


@dataclass(frozen=True, slots=True)
class GenerateOptions:
    """Everything but the prompt. None leaves the choice to the server.

    `extra` is merged into the body's top level, last. `idempotency_key` goes as a header: a hint
    that no known server honours, so nothing relies on it. `headers` go with this request alone.
    """

    model: str | None = None
    seconds: int | None = None
    size: str | None = None
    reference: ReferenceFile | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    idempotency_key: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeouts: Timeouts | None = None
