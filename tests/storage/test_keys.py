from __future__ import annotations

import logging

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import KeyringLocked, PasswordDeleteError

from shortdrama.storage.keys import KeyringVault


class FakeKeyring(KeyringBackend):
    """A keyring in memory."""

    priority = 1.0

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("none")


def no_keyring() -> KeyringBackend:
    backend: KeyringBackend = fail.Keyring()  # type: ignore[no-untyped-call]
    return backend


class LockedKeyring(FakeKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked

    def delete_password(self, service: str, username: str) -> None:
        raise KeyringLocked


def test_keeps_a_key_in_the_machines_keyring() -> None:
    backend = FakeKeyring()
    assert KeyringVault(backend).put("a", "sk-1") is True
    assert backend.kept == {("shortdrama", "a"): "sk-1"}
    vault = KeyringVault(backend)
    assert vault.get("a") == "sk-1"
    vault.remove("a")
    vault.remove("a")
    assert vault.get("a") is None


@pytest.mark.parametrize("backend", [no_keyring(), LockedKeyring()])
def test_keeps_a_key_until_the_end_where_there_is_no_keyring(backend: KeyringBackend) -> None:
    vault = KeyringVault(backend)
    assert vault.get("a") is None
    assert vault.put("a", "sk-1") is False
    assert vault.get("a") == "sk-1"
    vault.remove("a")
    assert vault.get("a") is None


def test_says_nothing(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    vault = KeyringVault(no_keyring())
    vault.put("a", "sk-1")
    vault.get("a")
    assert "sk-1" not in caplog.text + "".join(capfd.readouterr()) + repr(vault)


def test_a_keyring_that_forgets_is_not_trusted() -> None:
    vault = KeyringVault(null.Keyring())  # type: ignore[no-untyped-call]
    assert vault.put("one", "sk-made-up") is False
    assert vault.get("one") == "sk-made-up"
