"""What is said of pictures and limits is what the modules do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from doubles.sora2_double import Sora2Double
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import VIDEOS, Connection, KeySource
from shortdrama.providers import facts
from shortdrama.providers.connection_probe import ProviderProbe
from shortdrama.providers.fal import provider as fal
from shortdrama.providers.kinds import ProviderKinds
from shortdrama.providers.kling import forms as kling
from shortdrama.providers.replicate import provider as replicate
from shortdrama.providers.runway import forms as runway
from shortdrama.providers.seedance import provider as seedance
from shortdrama.providers.veo import provider as veo
from shortdrama.providers.wan import forms as wan
from shortdrama.sora2.transcript import Asked

KEY = "sk-made-up-for-this-test"


def connection(base_url: str = "https://a.org/v1", protocol: str = VIDEOS) -> Connection:
    return Connection(
        id=ConnectionId("c"),
        name="A",
        base_url=base_url,
        protocol=protocol,
        models=("double-1",),
        auth_header="Authorization",
        key_source=KeySource.SESSION,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_every_shipped_protocol_says_how_pictures_get_there() -> None:
    for kind in ProviderKinds().all():
        if not kind.is_installed:
            what, passed, says = facts.pictures_row(connection(protocol=kind.name))
            assert (what, passed) == ("Pictures", True), kind.name
            assert "reachable" in says


def test_a_package_of_somebody_else_does_not_say() -> None:
    assert facts.pictures_row(connection(protocol="lantern"))[1] is None


def test_the_sizes_are_those_of_the_modules() -> None:
    done = {
        "fal": fal._PICTURES.most_bytes,
        "kling": kling._PICTURES.most_bytes,
        "runway": runway._PICTURES.most_bytes,
        "seedance": seedance._LIMITS.most_bytes,
        "seedance_ark": seedance._LIMITS.most_bytes,
        "veo": veo._LIMITS.most_bytes,
        "wan": wan._PICTURES.most_bytes,
    }
    assert done == facts.INLINE_BYTES
    assert facts.UPLOADED_FROM_BYTES == {"replicate": replicate._MOST_INLINE_BYTES}


def test_limits_are_the_connections_and_what_the_provider_told() -> None:
    one = connection()
    told = Asked("GET", "/v1/models", (), 200, (("x-ratelimit-remaining", "59"),), "")
    (own,) = facts.limits_rows(one, [])
    assert "10 polls a second" in own[2]
    own, theirs = facts.limits_rows(one, [told])
    assert theirs[2] == "The provider told x-ratelimit-remaining: 59."


@pytest.mark.anyio
async def test_the_free_test_tells_both_and_not_at_a_wrong_path() -> None:
    probe = ProviderProbe(ProviderKinds())
    with Sora2Double(api_key=KEY) as double:
        rows = await probe.check(connection(double.base_url), KEY)
        wrong = await probe.check(connection(double.base_url + "/foo"), KEY)
    found = {what: passed for what, passed, _says in rows}
    assert found | {"Pictures": True, "Limits": True} == found
    assert wrong[-1][:2] == ("Address", False)
    assert double.submits() == 0
