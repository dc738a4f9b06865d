"""Partials of the settings page: make and revoke keys, add and remove people."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel

from shortdrama.access.client_keys import KeyForm
from shortdrama.domain.money import parse_dollars
from shortdrama.domain.people import Act, KeyId, Role, UserId, Who
from shortdrama.errors import Conflict, InvalidInput
from shortdrama.web.i18n import say
from shortdrama.web.pages import render
from shortdrama.web.panels.access.rows import key_rows, person_rows, role_words
from shortdrama.web.services import GivenServices, Services
from shortdrama.web.who import GivenWho

router = APIRouter(include_in_schema=False)


class KeyFields(BaseModel):
    """The form as a browser sends it."""

    name: str = ""
    models: str = ""
    may: str = "order"
    budget: str = ""

    def form(self) -> KeyForm:
        models = tuple(self.models.replace("\n", ",").split(","))
        return KeyForm(self.name, models, self.may == "order", parse_dollars(self.budget))


class PersonFields(BaseModel):
    name: str = ""
    password: str = ""
    role: Role = Role.EDITOR


def access_context(services: Services, who: Who) -> dict[str, Any]:
    """What `access/_sections.html` shows; keys and people to owners only."""
    if not who.may(Act.MANAGE):
        return {"who": who, "manages_access": False}
    return {
        "who": who,
        "manages_access": True,
        **_keys_context(services, KeyFields()),
        **_people_context(services, who, PersonFields()),
    }


@router.post("/panels/keys")
def add_key(
    request: Request, services: GivenServices, who: GivenWho, fields: Annotated[KeyFields, Form()]
) -> Response:
    """The list again, with the new key's token in it this once."""
    try:
        _key, token = services.client_keys.add(fields.form(), who.actor)
    except InvalidInput as error:
        return _keys(request, services, fields, problem=say(error.template, error.details))
    return _keys(request, services, KeyFields(), token=token)


@router.post("/panels/keys/{key_id}/revocation")
def revoke_key(request: Request, services: GivenServices, key_id: str) -> Response:
    services.client_keys.revoke(KeyId(key_id))
    return _keys(request, services, KeyFields())


@router.post("/panels/users")
def add_user(
    request: Request,
    services: GivenServices,
    who: GivenWho,
    fields: Annotated[PersonFields, Form()],
) -> Response:
    try:
        services.users.add(fields.name, fields.role, fields.password)
    except (InvalidInput, Conflict) as error:
        problem = say(error.template, error.details)
        return _people(request, services, who, fields, problem)
    return _people(request, services, who, PersonFields())


@router.post("/panels/users/{user_id}/role")
def set_role(
    request: Request,
    services: GivenServices,
    who: GivenWho,
    user_id: str,
    role: Annotated[Role, Form()],
) -> Response:
    problem = ""
    try:
        services.users.set_role(UserId(user_id), role)
    except Conflict as error:
        problem = say(error.template, error.details)
    return _people(request, services, who, PersonFields(), problem)


@router.post("/panels/users/{user_id}/removal")
def remove_user(request: Request, services: GivenServices, who: GivenWho, user_id: str) -> Response:
    problem = ""
    try:
        services.users.remove(UserId(user_id))
    except Conflict as error:
        problem = say(error.template, error.details)
    return _people(request, services, who, PersonFields(), problem)


def _keys(request: Request, services: Services, fields: KeyFields, **told: str) -> Response:
    return render(request, "access/_keys.html", **_keys_context(services, fields, **told))


def _people(
    request: Request, services: Services, who: Who, fields: PersonFields, problem: str = ""
) -> Response:
    context = _people_context(services, who, fields, problem)
    return render(request, "access/_people.html", who=who, **context)


def _keys_context(
    services: Services, fields: KeyFields, problem: str = "", token: str = ""
) -> dict[str, Any]:
    models = dict.fromkeys(choice.capability.model for choice in services.connections.models())
    return {
        "keys": key_rows(services),
        "key_fields": fields,
        "key_problem": problem,
        "token": token,
        "known_models": list(models),
    }


def _people_context(
    services: Services, who: Who, fields: PersonFields, problem: str = ""
) -> dict[str, Any]:
    return {
        "people": person_rows(services),
        "person_fields": fields,
        "person_problem": problem,
        "roles": role_words(),
        "locks_out": not who.name,
    }
