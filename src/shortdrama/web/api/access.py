"""Keys of programs and people, for owners. No answer holds a token or a password, but one."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, SecretStr

from shortdrama.access.client_keys import KeyForm
from shortdrama.domain.people import ClientKey, KeyId, Role, User, UserId, client_actor
from shortdrama.web.api.shapes import Id, may_answer
from shortdrama.web.services import GivenServices
from shortdrama.web.who import GivenWho

router = APIRouter(prefix="/api", tags=["access"])
_MOST_MICRO_USD = 10**15


class NewKey(BaseModel):
    """Another key under a name that is there shares that program's jobs and budget."""

    name: str = Field(max_length=60)
    models: list[str] = Field(default=[], max_length=100, description="Empty: every connected one")
    can_generate: bool = True
    budget_micro_usd: int | None = Field(default=None, ge=0, le=_MOST_MICRO_USD)


class KeyAnswer(BaseModel):
    id: str
    name: str
    hint: str = Field(description="The first characters of the key")
    models: list[str]
    can_generate: bool
    budget_micro_usd: int | None
    spent_micro_usd: int = Field(description="By all keys of this program, with what is reserved")
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None


class MadeKey(KeyAnswer):
    token: str = Field(description="The key itself. It is told this once")


class NewUser(BaseModel):
    name: str = Field(max_length=60)
    role: Role = Role.EDITOR
    password: SecretStr = Field(max_length=1024)


class UserChange(BaseModel):
    role: Role | None = None
    password: SecretStr | None = Field(default=None, max_length=1024)


class UserAnswer(BaseModel):
    id: str
    name: str
    role: Role
    created_at: datetime
    last_log_in_at: datetime | None


@router.get("/keys", responses=may_answer())
def list_keys(services: GivenServices) -> list[KeyAnswer]:
    """Oldest first, revoked ones too."""
    return [_key(key, services) for key in services.client_keys.all()]


@router.post("/keys", status_code=201, responses=may_answer())
def add_key(wanted: NewKey, services: GivenServices, who: GivenWho) -> MadeKey:
    """A key for a program that uses `/v1`."""
    form = KeyForm(wanted.name, tuple(wanted.models), wanted.can_generate, wanted.budget_micro_usd)
    key, token = services.client_keys.add(form, who.actor)
    return MadeKey(**_key(key, services).model_dump(), token=token)


@router.delete("/keys/{key_id}", responses=may_answer(404))
def revoke_key(key_id: Id, services: GivenServices) -> KeyAnswer:
    """Counts from the next request on; its row stays."""
    return _key(services.client_keys.revoke(KeyId(key_id)), services)


@router.get("/users", responses=may_answer())
def list_users(services: GivenServices) -> list[UserAnswer]:
    return [_user(user) for user in services.users.all()]


@router.post("/users", status_code=201, responses=may_answer(409))
def add_user(wanted: NewUser, services: GivenServices) -> UserAnswer:
    """From the first person on, everybody has to log in."""
    password = wanted.password.get_secret_value()
    return _user(services.users.add(wanted.name, wanted.role, password))


@router.patch("/users/{user_id}", responses=may_answer(404, 409))
def change_user(user_id: Id, change: UserChange, services: GivenServices) -> UserAnswer:
    """Role, password, or both. A new password ends their sessions."""
    found = UserId(user_id)
    if change.password is not None:
        services.users.set_password(found, change.password.get_secret_value())
    if change.role is not None:
        services.users.set_role(found, change.role)
    return _user(services.users.get(found))


@router.delete("/users/{user_id}", status_code=204, responses=may_answer(404, 409))
def remove_user(user_id: Id, services: GivenServices) -> Response:
    services.users.remove(UserId(user_id))
    return Response(status_code=204)


def _key(key: ClientKey, services: GivenServices) -> KeyAnswer:
    spent = services.money.spent_by(client_actor(key.client_id))
    return KeyAnswer(
        id=key.id,
        name=key.name,
        hint=key.hint,
        models=list(key.models),
        can_generate=key.can_generate,
        budget_micro_usd=key.budget_micro_usd,
        spent_micro_usd=spent.counted_micro_usd,
        created_at=key.created_at,
        created_by=key.created_by,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


def _user(user: User) -> UserAnswer:
    return UserAnswer(
        id=user.id,
        name=user.name,
        role=user.role,
        created_at=user.created_at,
        last_log_in_at=user.last_log_in_at,
    )
