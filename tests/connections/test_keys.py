"""A key goes to the address it was given for: while it is changed, and from every process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from connections.test_service import FORM, DictVault, NoProbe, capability_of
from shortdrama.connections.ports import KeyVault
from shortdrama.connections.service import ConnectionService
from shortdrama.domain.model import KeySource
from shortdrama.errors import InvalidInput
from shortdrama.storage.db.database import Database
from shortdrama.storage.keys import KeyringVault
from shortdrama.storage.sealed_keys import SealedVault
from storage.test_keys import FakeKeyring, LockedKeyring

OLD = replace(FORM, base_url="https://old.example/v1", key="sk-old")
NEW = replace(FORM, base_url="https://new.example/v1", key="sk-new")
VAULTS: dict[str, Callable[[Database], KeyVault]] = {
    "keyring": lambda _records: KeyringVault(FakeKeyring()),
    "memory": lambda _records: KeyringVault(LockedKeyring()),
    "sealed": lambda records: SealedVault(records, "secret"),
}


def service(records: Database, vault: KeyVault) -> ConnectionService:
    return ConnectionService(records, vault, NoProbe(), capability_of)


@pytest.mark.parametrize("kind", VAULTS)
def test_whoever_read_the_row_before_gets_no_other_server_s_key(
    records: Database, kind: str
) -> None:
    vault = VAULTS[kind](records)
    connections, beside = service(records, vault), service(records, vault)
    made = connections.connect(OLD)
    assert beside.key_of(made) == "sk-old"
    changed = connections.change(made.id, NEW)
    assert beside.key_of(made) is None  # the row as it was read before
    assert beside.key_of(changed) == "sk-new"
    again = connections.change(made.id, replace(OLD, key="sk-old-2"))
    assert (beside.key_of(changed), beside.key_of(again)) == (None, "sk-old-2")
    connections.remove(made.id)
    assert beside.key_of(again) is None


@pytest.mark.parametrize("kind", VAULTS)
def test_rows_and_keys_fit_while_both_are_changed_again_and_again(
    records: Database, kind: str
) -> None:
    """Two processes change it, a third one asks all the while."""
    vault = VAULTS[kind](records)
    changing, asking = [service(records, vault), service(records, vault)], service(records, vault)
    if records.is_sqlite:  # one process is all that may change it
        changing = changing[:1] * 2
    made = changing[0].connect(OLD)
    belongs = {"https://old.example/v1": "sk-old", "https://new.example/v1": "sk-new"}
    is_over, wrong = threading.Event(), []

    def ask() -> None:
        while not is_over.is_set():
            row = asking.get(made.id)
            key = asking.key_of(row)
            if key not in {None, belongs[row.base_url]}:
                wrong.append((row.base_url, key))

    with ThreadPoolExecutor(4) as threads:
        askers = [threads.submit(ask) for _ in range(2)]
        changes = [
            threads.submit(changing[turn // 2 % 2].change, made.id, NEW if turn % 2 else OLD)
            for turn in range(10)
        ]
        for change in changes:
            change.result()
        is_over.set()
        for asker in askers:
            asker.result()
    assert wrong == []
    row = asking.get(made.id)
    assert asking.key_of(row) == belongs[row.base_url]


@pytest.mark.parametrize(
    "elsewhere",
    ["https://other.example/v1", "https://old.example:8443/v1", "http://old.example/v1"],
)
def test_for_another_server_the_key_is_asked_for(records: Database, elsewhere: str) -> None:
    vault = DictVault()
    connections = service(records, vault)
    made = connections.connect(OLD)
    moved = replace(OLD, base_url=elsewhere, key="", is_trusted=True)
    with pytest.raises(InvalidInput) as refused:
        connections.change(made.id, moved)
    assert refused.value.code == "key_missing"
    assert "old.example only" in refused.value.message
    kept = connections.get(made.id)
    assert (kept.base_url, connections.key_of(kept)) == ("https://old.example/v1", "sk-old")
    changed = connections.change(made.id, replace(moved, key="sk-2"))
    assert connections.key_of(changed) == "sk-2"
    assert list(vault.keys.values()) == ["sk-2"]


def test_a_key_that_went_with_a_stop_is_asked_for_as_well(records: Database) -> None:
    made = service(records, DictVault(keeps=False)).connect(OLD)
    with pytest.raises(InvalidInput) as refused:
        service(records, DictVault()).change(made.id, replace(NEW, key=""))
    assert refused.value.code == "key_missing"


@pytest.mark.parametrize(
    "same", ["https://old.example/v2", "https://OLD.example:443", "https://old.example/v1"]
)
def test_another_path_of_the_server_keeps_the_key(records: Database, same: str) -> None:
    connections = service(records, DictVault())
    made = connections.connect(OLD)
    changed = connections.change(made.id, replace(OLD, base_url=same, key=""))
    assert connections.key_of(changed) == "sk-old"


def test_a_server_without_a_key_moves_without_one(records: Database) -> None:
    connections = service(records, DictVault())
    made = connections.connect(replace(OLD, key=""))
    moved = connections.change(made.id, replace(NEW, key=""))
    assert (moved.key_source, connections.key_of(moved)) == (KeySource.NONE, None)


def test_keys_of_an_earlier_studio_are_read_and_go_nowhere_else(records: Database) -> None:
    """They were kept under the connection's id alone."""
    vault = DictVault()
    connections = service(records, vault)
    made = connections.connect(OLD)
    vault.keys = {made.id: "sk-old"}
    assert connections.get(made.id).has_key
    assert connections.key_of(made) == "sk-old"
    before = connections.get(made.id)
    changed = connections.change(made.id, NEW)
    assert made.id not in vault.keys
    assert (connections.key_of(before), connections.key_of(changed)) == (None, "sk-new")

    vault.keys = {made.id: "sk-new"}
    kept = connections.change(made.id, replace(NEW, name="Renamed", key=""))
    assert connections.key_of(kept) == "sk-new"
    assert made.id not in vault.keys
    vault.keys |= {made.id: "sk-left"}
    connections.remove(made.id)
    assert vault.keys == {}


def test_the_machine_s_keyring_holds_one_key_a_connection(records: Database) -> None:
    backend = FakeKeyring()
    connections = service(records, KeyringVault(backend))
    made = connections.connect(OLD)
    connections.change(made.id, NEW)
    name = f"{made.id} https://new.example:443"
    assert backend.kept == {("shortdrama", name): "sk-new"}
