"""What the settings offer to connect."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shortdrama.connections.ports import Preset
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import VIDEOS, Connection, KeySource
from shortdrama.errors import InvalidInput
from shortdrama.providers.connection_probe import ProviderProbe
from shortdrama.providers.kind import Access
from shortdrama.providers.kinds import ProviderKinds
from shortdrama.providers.openai_videos.servers import SERVERS
from shortdrama.providers.presets import presets_of

PRESETS = {preset.id: preset for preset in presets_of(ProviderKinds().all())}


def filled(preset: Preset) -> Connection:
    return Connection(
        id=ConnectionId("one"),
        name=preset.label,
        base_url=preset.base_url or "https://server.example/v1",
        protocol=preset.protocol,
        models=preset.models or ("model-1",),
        auth_header=preset.auth_header,
        key_source=KeySource.NONE,
        created_at=datetime.now(UTC),
        options=dict(preset.values),
    )


def test_every_protocol_is_offered() -> None:
    assert {preset.protocol for preset in PRESETS.values()} == {
        kind.name for kind in ProviderKinds().all()
    }


@pytest.mark.anyio
@pytest.mark.parametrize("name", [p.id for p in PRESETS.values() if p.protocol == VIDEOS])
async def test_a_server_opens_as_its_preset_has_it(name: str) -> None:
    connection = filled(PRESETS[name])
    provider = ProviderKinds().get(VIDEOS).open(Access(connection, "sk-preset-key"))
    await provider.close()


def test_every_server_that_is_known_has_a_preset() -> None:
    told = {preset.values.get("server", "") for preset in PRESETS.values()}
    assert told == set(SERVERS)


@pytest.mark.anyio
async def test_openai_is_said_to_be_closed() -> None:
    """In the list, and by the test of a connection that somebody typed; nobody is asked."""
    closed = PRESETS["openai"]
    assert "2026-09-24" in closed.closed
    assert [preset.id for preset in PRESETS.values() if preset.closed] == ["openai"]
    connection = replace(filled(closed), options={})
    provider = ProviderKinds().get(VIDEOS).open(Access(connection, "sk-preset-key"))
    assert await provider.check() == [("Provider", False, closed.closed)]
    await provider.close()


def test_an_option_that_cannot_be_is_refused_when_it_is_typed() -> None:
    probe = ProviderProbe(ProviderKinds())
    connection = filled(PRESETS["litellm"])
    assert probe.capability(connection, "model-1") is None
    with pytest.raises(InvalidInput):
        probe.capability(replace(connection, options={"server": "litelm"}), "model-1")
