"""Who works with the studio, and what each may do: users with roles, programs with keys. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from shortdrama.domain.ids import TakeId

UserId = NewType("UserId", str)
KeyId = NewType("KeyId", str)
ClientId = NewType("ClientId", str)

# Who ordered, where nobody has logged in: the studio's page, the command line, another program.
PAGE, CLI, PROGRAM = "page", "cli", "api"
ACTOR_HEADER = "x-shortdrama-actor"  # CLI: of the studio's own command line
ROOT_NAME = "owner"  # who logs in with SHORTDRAMA_PASSWORD alone


class Role(StrEnum):
    VIEWER = "viewer"
    EDITOR = "editor"
    OWNER = "owner"


class Act(StrEnum):
    """What a request does, as far as roles go."""

    LOOK = "look"  # changes nothing, or only what is the asker's own
    CHANGE = "change"
    SPEND = "spend"  # may cost money
    MANAGE = "manage"  # connections, keys, people, caps


MAY: dict[Role, frozenset[Act]] = {
    Role.VIEWER: frozenset({Act.LOOK}),
    Role.EDITOR: frozenset({Act.LOOK, Act.CHANGE, Act.SPEND}),
    Role.OWNER: frozenset(Act),
}


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    name: str
    role: Role
    password_hash: str  # "scrypt$n$r$p$salt$hash", see `access.passwords`
    created_at: datetime
    last_log_in_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClientKey:
    """One key of a program. Keys with one name are one client's: they share jobs and budget."""

    id: KeyId
    client_id: ClientId
    name: str
    token_hash: str  # SHA-256 in hex; the token itself is shown once and kept nowhere
    hint: str  # its first characters, to tell keys apart
    models: tuple[str, ...]  # empty: every connected one
    can_generate: bool  # False: looks at the client's jobs and no more
    budget_micro_usd: int | None  # over the client's whole life; None: only the studio's caps
    created_at: datetime
    created_by: str = ""
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def may_use(self, model: str) -> bool:
        return not self.models or model in self.models


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks. `actor` is what is written beside what they order."""

    actor: str
    role: Role = Role.OWNER
    name: str = ""  # of a user; "" where nobody has to log in

    def may(self, act: Act) -> bool:
        return act in MAY[self.role]


@dataclass(frozen=True, slots=True)
class DoorJob:
    """What only the door knows of a take: whose job it is, and whether they deleted it."""

    take_id: TakeId
    actor: str
    fingerprint: str  # of the request without its place
    created_at: datetime
    remixed_from: TakeId | None = None
    hidden_at: datetime | None = None


def user_actor(name: str) -> str:
    return f"user:{name}"


def client_actor(client_id: ClientId) -> str:
    return f"client:{client_id}"
