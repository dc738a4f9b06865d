"""Keys of programs: shown once, kept as a hash, revoked for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shortdrama.access.client_keys import (
    ClientKeyService,
    KeyForm,
    hash_token,
    looks_like_token,
)
from shortdrama.errors import InvalidInput, NotFound
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import migrate


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def keys(database: Database) -> ClientKeyService:
    return ClientKeyService(database)


def test_a_key_opens_and_only_its_hash_is_kept(keys: ClientKeyService, tmp_path: Path) -> None:
    assert not keys.are_asked_for()
    made, token = keys.add(KeyForm(" ArcReel ", ("wan", "wan", " "), True, 5_000_000), "cli")
    assert (made.name, made.models, made.hint) == ("ArcReel", ("wan",), token[:8])
    assert looks_like_token(token)
    found = keys.by_token(token)
    assert found is not None
    assert found.id == made.id
    assert keys.are_asked_for()
    held = b"".join(path.read_bytes() for path in tmp_path.glob("studio.db*"))
    assert hash_token(token).encode() in held
    assert token[8:].encode() not in held


@pytest.mark.parametrize("guess", ["", "sd-", "sd-" + "x" * 43, "\0", "é" * 46])
def test_nothing_else_opens(keys: ClientKeyService, guess: str) -> None:
    _made, token = keys.add(KeyForm("a"), "cli")
    assert keys.by_token(guess) is None
    assert keys.by_token(token[:-1]) is None
    assert keys.by_token(token + " ") is None
    assert keys.by_token(hash_token(token)) is None


def test_a_revoked_key_stays_revoked(keys: ClientKeyService) -> None:
    made, token = keys.add(KeyForm("a"), "cli")
    first = keys.revoke(made.id)
    assert keys.by_token(token) is None
    assert keys.revoke(made.id).revoked_at == first.revoked_at
    # The door stays locked: it must not open to everybody when the last key is taken back.
    assert keys.are_asked_for()
    with pytest.raises(NotFound):
        keys.revoke(type(made.id)("0" * 32))


def test_keys_of_one_name_are_one_client(keys: ClientKeyService) -> None:
    first, _token = keys.add(KeyForm("bot", budget_micro_usd=7), "cli")
    second, _token = keys.add(KeyForm("BOT", can_generate=False), "cli")
    other, _token = keys.add(KeyForm("other"), "cli")
    assert second.client_id == first.client_id != other.client_id
    assert (second.name, second.budget_micro_usd) == ("bot", 7)
    with pytest.raises(NotFound):
        keys.named("bot")
    assert keys.named(second.hint).id == second.id
    keys.revoke(second.id)
    assert keys.named("Bot").id == first.id


def test_a_key_that_looks_needs_something_to_look_at(keys: ClientKeyService) -> None:
    with pytest.raises(InvalidInput) as caught:
        keys.add(KeyForm("bot", can_generate=False), "cli")
    assert caught.value.code == "client_unknown"
    for name in ("", " ", "x" * 61, "a\x00b"):
        with pytest.raises(InvalidInput):
            keys.add(KeyForm(name), "cli")


def test_its_use_is_noted_but_not_at_each_poll(keys: ClientKeyService) -> None:
    made, token = keys.add(KeyForm("a"), "cli")
    assert made.last_used_at is None
    keys.by_token(token)
    [first] = keys.all()
    assert first.last_used_at is not None
    keys.by_token(token)
    assert keys.all() == [first]
    with keys._records.begin() as tx:
        tx.client_keys.change(made.id, {"last_used_at": first.last_used_at - timedelta(minutes=2)})
    keys.by_token(token)
    [later] = keys.all()
    assert later.last_used_at is not None
    assert later.last_used_at >= first.last_used_at
