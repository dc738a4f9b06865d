"""The vault for API keys: the operating system's keyring, or this process's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "shortdrama"


class KeyringVault:
    """Satisfies `connections.ports.KeyVault`. Says nothing to any log."""

    def __init__(self, backend: KeyringBackend | None = None) -> None:
        """`backend` is the machine's own where none is given; looked up at the first use."""
        self._backend = backend
        self._memory: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """The key, or None where none was kept under this name."""
        if name in self._memory:
            return self._memory[name]
        from keyring.errors import KeyringError

        try:
            return self._machine().get_password(SERVICE, name)
        except (KeyringError, RuntimeError):
            return None  # locked or absent: the person is asked for the key again

    def put(self, name: str, key: str) -> bool:
        """True where it was kept for good, False where only until the studio stops."""
        from keyring.errors import KeyringError

        try:
            self._machine().set_password(SERVICE, name, key)
            is_kept = self._machine().get_password(SERVICE, name) == key
        except (KeyringError, RuntimeError):
            is_kept = False
        if not is_kept:  # some backends take a key and forget it
            self._memory[name] = key
            return False
        self._memory.pop(name, None)
        return True

    def remove(self, name: str) -> None:
        """Whether or not there is one."""
        from keyring.errors import KeyringError

        self._memory.pop(name, None)
        try:
            self._machine().delete_password(SERVICE, name)
        except (KeyringError, RuntimeError):
            return  # nothing was kept, or nothing can be

    def _machine(self) -> KeyringBackend:
        if self._backend is None:
            import keyring

            self._backend = keyring.get_keyring()
        return self._backend
