"""People: names, roles, passwords."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shortdrama.access.passwords import hash_password, is_password
from shortdrama.access.secret import secret_of, shared_secret
from shortdrama.access.users import UserService
from shortdrama.domain.people import Role
from shortdrama.errors import Conflict, InvalidInput, NotFound
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import migrate

PASSWORD = "long enough"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def users(database: Database) -> UserService:
    return UserService(database)


def test_passwords_are_salted_and_slow_hashes() -> None:
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first != second
    assert first.startswith("scrypt$16384$8$1$")
    assert PASSWORD not in first
    assert is_password(PASSWORD, first)
    assert not is_password(PASSWORD + " ", first)


def test_people_log_in_with_any_case_of_their_name(users: UserService) -> None:
    mei = users.add("  Mei   Lin ", Role.OWNER, PASSWORD)
    assert mei.name == "Mei Lin"
    found = users.log_in(" mei lin", PASSWORD)
    assert found is not None
    assert found.id == mei.id
    assert users.get(mei.id).last_log_in_at is not None
    assert users.log_in("mei lin", "wrong") is None
    assert users.log_in("nobody", PASSWORD) is None
    assert users.log_in("", "") is None


@pytest.mark.parametrize("name", ["", " ", "owner", "Owner", "a:b", "x" * 61, "a\x07b"])
def test_names_that_would_confuse_are_refused(users: UserService, name: str) -> None:
    with pytest.raises(InvalidInput):
        users.add(name, Role.OWNER, PASSWORD)


def test_names_are_taken_once_and_passwords_are_no_joke(users: UserService) -> None:
    users.add("Mei", Role.OWNER, PASSWORD)
    with pytest.raises(Conflict):
        users.add("mei", Role.EDITOR, PASSWORD)
    with pytest.raises(InvalidInput) as caught:
        users.add("Jun", Role.EDITOR, "short")
    assert caught.value.code == "password_too_short"


def test_somebody_can_always_manage_the_studio(users: UserService, database: Database) -> None:
    with pytest.raises(InvalidInput) as first:
        users.add("Jun", Role.EDITOR, PASSWORD)
    assert first.value.code == "first_owner"
    mei = users.add("Mei", Role.OWNER, PASSWORD)
    jun = users.add("Jun", Role.EDITOR, PASSWORD)
    for act in (lambda: users.remove(mei.id), lambda: users.set_role(mei.id, Role.VIEWER)):
        with pytest.raises(Conflict) as caught:
            act()
        assert caught.value.code == "last_owner"
    users.set_role(jun.id, Role.OWNER)
    users.remove(mei.id)
    with pytest.raises(Conflict):
        users.remove(jun.id)
    users.remove(jun.id, may_open=True)
    assert users.all() == []
    with pytest.raises(NotFound):
        users.remove(mei.id)
    with_password = UserService(database, has_root=True)
    assert with_password.add("Jun", Role.VIEWER, PASSWORD).role is Role.VIEWER


def test_the_secret_is_one_for_all_processes(database: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    assert shared_secret(database) == shared_secret(other)
    assert len(shared_secret(database)) == 32
    other.close()
    assert secret_of("a") != secret_of("b")
    assert len(secret_of("a")) == 32
