"""What the settings page offers to connect: every protocol, and servers that many people have.

Addresses and headers of servers: their own documentation, read 2026-11-23.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shortdrama.connections.ports import Preset, PresetOption
from shortdrama.domain.model import SEED, VIDEOS
from shortdrama.errors import mark
from shortdrama.providers.kind import ProviderKind
from shortdrama.providers.openai_videos.servers import CLOSED

_VIDEOS = (
    Preset(
        "litellm",
        "LiteLLM",
        VIDEOS,
        base_url="http://127.0.0.1:4000/v1",
        needs_key=False,
        values={"server": "litellm"},
        hint=mark("A proxy of your own in front of many vendors."),
    ),
    Preset(
        "new-api",
        "new-api",
        VIDEOS,
        values={"server": "new-api"},
        hint=mark("A relay; its base URL ends in /v1."),
    ),
    Preset(
        "sglang",
        "SGLang Diffusion",
        VIDEOS,
        base_url="http://127.0.0.1:30000/v1",
        needs_key=False,
        values={"server": "sglang"},
        hint=mark("An open model on a graphics card of your own."),
    ),
    Preset(
        "vllm-omni",
        "vLLM-Omni",
        VIDEOS,
        base_url="http://127.0.0.1:8091/v1",
        needs_key=False,
        values={"server": "vllm-omni"},
        hint=mark("An open model on a graphics card of your own."),
    ),
    Preset(
        "azure",
        "Azure OpenAI",
        VIDEOS,
        auth_header="api-key",
        values={"server": "azure"},
        hint=mark("The model id is the name of your deployment."),
    ),
    Preset(
        "openai",
        "OpenAI",
        VIDEOS,
        base_url="https://api.openai.com/v1",
        models=("sora-2", "sora-2-pro"),
        values={"server": "openai"},
        closed=CLOSED["api.openai.com"],
    ),
    Preset(
        VIDEOS,
        mark("Another server"),
        VIDEOS,
        needs_key=False,
        hint=mark("Any gateway or server that speaks OpenAI’s /v1/videos."),
    ),
)
_SEED = (
    Preset(
        SEED,
        mark("A server with /v1/generate"),
        SEED,
        needs_key=False,
        hint=mark("The older form of the same protocol."),
    ),
)
_OF = {VIDEOS: _VIDEOS, SEED: _SEED}


def presets_of(kinds: Iterable[ProviderKind]) -> list[Preset]:
    """Vendors first, then servers of one's own."""
    vendors: list[Preset] = []
    servers: list[Preset] = []
    for kind in kinds:
        if kind.name in _OF:
            servers += [replace(preset, options=_options(kind)) for preset in _OF[kind.name]]
        elif kind.needs_key:
            vendors.append(_preset(kind))
        else:
            servers.insert(0, _preset(kind))
    return [*vendors, *servers]


def _preset(kind: ProviderKind) -> Preset:
    return Preset(
        kind.name,
        kind.label,
        kind.name,
        kind.base_url,
        kind.models,
        kind.needs_key,
        kind.auth_header,
        _options(kind),
        hint=kind.hint,
    )


def _options(kind: ProviderKind) -> tuple[PresetOption, ...]:
    return tuple(
        PresetOption(o.name, o.label, o.hint, o.is_long, o.is_per_model) for o in kind.options
    )
