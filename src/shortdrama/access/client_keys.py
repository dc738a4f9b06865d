"""Keys of programs: made, shown once, looked up by their hash, revoked.

A token holds 256 random bits, so a plain SHA-256 of it is enough at rest: there is nothing to
guess from. Keys with the same name are one client's and share its jobs and its budget.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shortdrama.access.ports import AccessRecords
from shortdrama.domain.ids import new_id
from shortdrama.domain.people import ClientId, ClientKey, KeyId
from shortdrama.errors import InvalidInput, NotFound

PREFIX = "sd-"
MAX_NAME = 60
_HINT_CHARS = 8
_TOKEN_BYTES = 32
_TOKEN_CHARS = 43  # of 32 bytes in base64 without padding
_USE_IS_NOTED_EVERY = timedelta(minutes=1)  # a program that polls must not write at each poll


@dataclass(frozen=True, slots=True)
class KeyForm:
    """What a new key may do. An empty `models` means every connected one."""

    name: str
    models: tuple[str, ...] = ()
    can_generate: bool = True
    budget_micro_usd: int | None = None


class ClientKeyService:
    def __init__(self, records: AccessRecords) -> None:
        self._records = records

    def add(self, form: KeyForm, created_by: str) -> tuple[ClientKey, str]:
        """A new key, and its token, which is never told again.

        Another key of a client takes the client's budget over where none is given.

        Raises:
            InvalidInput: The name, or a read-only key for a client that has no other.
        """
        name = _checked_name(form.name)
        token = PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
        with self._records.begin() as tx:
            mine = [key for key in tx.client_keys.all() if key.name.casefold() == name.casefold()]
            if not mine and not form.can_generate:
                raise InvalidInput(
                    "A key that only looks shows the jobs of a client. Make the key that orders "
                    "first, under the same name.",
                    code="client_unknown",
                )
            budget = form.budget_micro_usd
            if budget is None and mine:
                budget = mine[-1].budget_micro_usd
            key = ClientKey(
                id=KeyId(new_id()),
                client_id=mine[0].client_id if mine else ClientId(new_id()),
                name=mine[0].name if mine else name,
                token_hash=hash_token(token),
                hint=token[:_HINT_CHARS],
                models=_checked_models(form.models),
                can_generate=form.can_generate,
                budget_micro_usd=budget,
                created_at=datetime.now(UTC),
                created_by=created_by,
            )
            tx.client_keys.add(key)
        return key, token

    def all(self) -> list[ClientKey]:
        """Oldest first, revoked ones too."""
        with self._records.read() as tx:
            return tx.client_keys.all()

    def are_asked_for(self) -> bool:
        """Whether a key was ever made: from then on programs need one, for good."""
        with self._records.read() as tx:
            return not tx.client_keys.is_empty()

    def names(self) -> dict[ClientId, str]:
        return {key.client_id: key.name for key in self.all()}

    def revoke(self, key_id: KeyId) -> ClientKey:
        """Counts from the next request on; what was ordered goes on. Raises `NotFound`."""
        with self._records.begin() as tx:
            key = tx.client_keys.change(key_id, {"revoked_at": datetime.now(UTC)})
        if key is None:
            raise NotFound("This key is not here.", code="key_not_found")
        return key

    def named(self, text: str) -> ClientKey:
        """By id, by the first characters that lists show, or by a name with one key in use.

        Raises:
            NotFound: There is none, or more than one.
        """
        valid = [key for key in self.all() if key.revoked_at is None]
        wanted = text.strip()
        found = [k for k in valid if wanted in {k.id, k.hint}]
        found = found or [k for k in valid if k.name.casefold() == wanted.casefold()]
        if len(found) != 1:
            raise NotFound(
                "%(count)s keys in use are called %(name)s. Name one by its id or its first "
                "characters.",
                code="key_not_found",
                count=len(found),
                name=wanted[:80],
            )
        return found[0]

    def by_token(self, token: str) -> ClientKey | None:
        """The key that this token opens with; None for any other, and for a revoked one."""
        digest = hash_token(token)
        with self._records.read() as tx:
            key = tx.client_keys.by_hash(digest)
        if key is None or not hmac.compare_digest(key.token_hash, digest):
            return None
        if key.revoked_at is not None:
            return None
        self._note_use(key)
        return key

    def _note_use(self, key: ClientKey) -> None:
        now = datetime.now(UTC)
        if key.last_used_at is None or now - key.last_used_at > _USE_IS_NOTED_EVERY:
            with self._records.begin() as tx:
                tx.client_keys.change(key.id, {"last_used_at": now})


def looks_like_token(text: str) -> bool:
    """Whether it can be a key and no password."""
    return text.startswith(PREFIX) and len(text) == len(PREFIX) + _TOKEN_CHARS


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise InvalidInput(
            "Give the key a name of 1 to %(most)s characters, such as the program’s.",
            code="key_name",
            most=MAX_NAME,
        )
    return name


def _checked_models(models: Sequence[str]) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(model.strip() for model in models if model.strip()))
    if len(named) > 100 or any(len(m) > 200 or not m.isprintable() for m in named):
        raise InvalidInput("These are not model ids.", code="models_missing")
    return named
