"""Which connection `shortdrama generate` orders from."""

from __future__ import annotations

from typing import Any

import pytest

from shortdrama.cli.model_choice import choose_model
from shortdrama.errors import InvalidInput


def row(model: str, home: str, name: str, is_ready: bool = True) -> dict[str, Any]:
    return {
        "model": model,
        "connection_id": home,
        "connection_name": name,
        "is_ready": is_ready,
    }


HERE = row("previz-1", "built-in", "")
FIRST, SECOND = row("wan", "1" * 32, "Gateway"), row("wan", "2" * 32, "Vendor")
OTHER = row("veo", "2" * 32, "Vendor")
ROWS = [HERE, FIRST, SECOND, OTHER]


@pytest.mark.parametrize(
    ("model", "connection", "meant"),
    [
        (None, None, HERE),
        ("previz-1", None, HERE),
        ("veo", None, OTHER),
        ("wan", "vendor", SECOND),
        ("wan", "1" * 32, FIRST),
        (None, "Gateway", FIRST),
        (None, "built-in", HERE),
    ],
)
def test_what_is_named_is_meant(
    model: str | None, connection: str | None, meant: dict[str, Any]
) -> None:
    assert choose_model(ROWS, model, connection) is meant


@pytest.mark.parametrize(
    ("model", "connection", "says"),
    [
        ("wan", None, "the model wan. Say which one with --connection: Gateway, Vendor."),
        ("sora-9", None, "No connection offers the model sora-9."),
        ("wan", "Nobody", "no connection Nobody. There are: built-in, Gateway, Vendor."),
        (None, "Vendor", "offers several models. Say which one with --model: wan, veo."),
        ("veo", "Gateway", "Gateway does not offer the model veo. It offers: wan."),
    ],
)
def test_what_could_be_several_is_refused(
    model: str | None, connection: str | None, says: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        choose_model(ROWS, model, connection)
    assert says in refused.value.message


def test_connections_of_one_name_are_told_apart_by_their_ids() -> None:
    rows = [HERE, FIRST, row("wan", "3" * 32, "Gateway")]
    with pytest.raises(InvalidInput, match=f"Gateway .{'1' * 32}., Gateway .{'3' * 32}."):
        choose_model(rows, "wan", None)
    with pytest.raises(InvalidInput, match=f"Give the id of one: {'1' * 32}, {'3' * 32}"):
        choose_model(rows, "wan", "gateway")


def test_a_connection_without_its_key_is_no_choice() -> None:
    rows = [HERE, FIRST, row("wan", "3" * 32, "Spare", is_ready=False)]
    assert choose_model(rows, "wan", None) is FIRST


def test_previz_of_another_server_has_to_be_named() -> None:
    other = row("previz-1", "4" * 32, "Elsewhere")
    assert choose_model([HERE, other], "previz-1", None) is HERE
    assert choose_model([HERE, other], "previz-1", "elsewhere") is other
