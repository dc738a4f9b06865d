"""Storage satisfies every feature's ports: mypy checks the assignments, the test runs them."""

from __future__ import annotations

from shortdrama.assets.ports import AssetBlobs, AssetRecords
from shortdrama.board.ports import BoardRecords
from shortdrama.connections.ports import ConnectionRecords, KeyVault
from shortdrama.generation.ports import TakeBlobs, TakeRecords
from shortdrama.storage.blobs.opening import Blobs
from shortdrama.storage.db.database import Database
from shortdrama.storage.keys import KeyringVault

STORES = (
    "projects",
    "episodes",
    "scenes",
    "shots",
    "takes",
    "submissions",
    "prompts",
    "assets",
    "connections",
    "events",
)


def test_database_satisfies_every_port(records: Database) -> None:
    board: BoardRecords = records
    takes: TakeRecords = records
    assets: AssetRecords = records
    connections: ConnectionRecords = records
    for port in (board, takes, assets, connections):
        with port.begin() as transaction:
            assert all(hasattr(transaction, store) for store in STORES)


def test_blobs_satisfy_every_port(blobs: Blobs) -> None:
    of_assets: AssetBlobs = blobs
    of_takes: TakeBlobs = blobs
    assert of_assets.size("0" * 64) is None
    assert of_takes.size("0" * 64) is None


def test_vault_satisfies_its_port() -> None:
    vault: KeyVault = KeyringVault()
    assert vault is not None
