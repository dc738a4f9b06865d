"""What the settings page offers to connect: every protocol, and servers that many people have.

Addresses and headers of servers: their own documentation, read 2026-11-23.
"""

from __future__ import annotations

from collections.abc import Iterable

from shortdrama.connections.ports import Preset, PresetOption
from shortdrama.domain.model import SEED, VIDEOS
from shortdrama.errors import mark
from shortdrama.providers.kind import ProviderKind

_VIDEOS = (
    Preset(
        VIDEOS,
        mark("Another server"),
        VIDEOS,
        needs_key=False,
        hint=mark("Any gateway or server that speaks OpenAI’s /v1/videos."),
    ),
    Preset(
        "litellm",
        "LiteLLM",
        VIDEOS,
        base_url="http://127.0.0.1:4000/v1",
        needs_key=False,
        hint=mark("A proxy of your own in front of many vendors."),
    ),
    Preset(
        "new-api",
        "new-api",
        VIDEOS,
        hint=mark("A relay; its base URL ends in /v1."),
    ),
    Preset(
        "sglang",
        "SGLang Diffusion",
        VIDEOS,
        base_url="http://127.0.0.1:30000/v1",
        needs_key=False,
        hint=mark("An open model on a graphics card of your own."),
    ),
    Preset(
        "vllm-omni",
        "vLLM-Omni",
        VIDEOS,
        base_url="http://127.0.0.1:8091/v1",
        needs_key=False,
        hint=mark("An open model on a graphics card of your own."),
    ),
    Preset(
        "azure",
        "Azure OpenAI",
        VIDEOS,
        auth_header="api-key",
        hint=mark("The model id is the name of your deployment."),
    ),
)
_SEED = Preset(
    SEED,
    mark("A server with /v1/generate"),
    SEED,
    needs_key=False,
    hint=mark("The older form of the same protocol."),
)


def presets_of(kinds: Iterable[ProviderKind]) -> list[Preset]:
    """Vendors first, then servers of one's own."""
    vendors: list[Preset] = []
    servers: list[Preset] = []
    for kind in kinds:
        if kind.name in {VIDEOS, SEED}:
            continue
        made = _preset(kind)
        (vendors if kind.needs_key else servers).append(made)
    return [*vendors, *servers, *_VIDEOS[1:], _VIDEOS[0], _SEED]


def _preset(kind: ProviderKind) -> Preset:
    return Preset(
        kind.name,
        kind.label,
        kind.name,
        kind.base_url,
        kind.models,
        kind.needs_key,
        kind.auth_header,
        tuple(
            PresetOption(o.name, o.label, o.hint, o.is_long, o.is_per_model) for o in kind.options
        ),
    )
