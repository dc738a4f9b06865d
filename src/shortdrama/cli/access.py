"""`shortdrama keys` and `shortdrama users`: who may come in. Works beside a running studio."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from shortdrama.domain.people import ClientKey, Role, User
from shortdrama.settings import Settings, SettingsSource, load_settings

keys = typer.Typer(
    name="keys",
    help="Keys of programs that use the door at /v1.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
users = typer.Typer(
    name="users",
    help="People who log in, and their roles.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FOLDER",
        help="The studio's folder. [env: SHORTDRAMA_DATA; default: data]",
    ),
]
_Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="A settings file. [default: config.toml in the studio's folder]",
    ),
]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="The person.")]


@keys.command("add")
def add_key(  # noqa: PLR0913, PLR0917 - one for each option of the command
    name: Annotated[str, typer.Argument(metavar="NAME", help="The program that gets the key.")],
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID", help="A model it may use; may be given again. [default: every one]"
        ),
    ] = None,
    read_only: Annotated[
        bool,
        typer.Option("--read-only", help="Looks at the jobs of the program's other keys only."),
    ] = False,
    budget: Annotated[
        str,
        typer.Option(
            metavar="DOLLARS",
            help="What the program may spend in all, such as 20 or 20.50. [default: no budget]",
        ),
    ] = "",
    data: _Data = None,
    config: _Config = None,
) -> None:
    """Make a key and print it. It is shown this once and kept as a hash only.

    A second key under a name that is there already shares its jobs and its budget.
    """
    from shortdrama.access.client_keys import KeyForm
    from shortdrama.app import open_access
    from shortdrama.domain.money import parse_dollars
    from shortdrama.domain.people import CLI

    form = KeyForm(name, tuple(model or ()), not read_only, parse_dollars(budget))
    with open_access(_settings(data, config)) as (_users, client_keys):
        _key, token = client_keys.add(form, CLI)
    typer.echo(token)
    typer.echo("Keep it now: it is not shown again.", err=True)


@keys.command("list")
def list_keys(data: _Data = None, config: _Config = None) -> None:
    """Show every key, its scope, budget and last use; never the key itself."""
    from shortdrama.app import open_access

    with open_access(_settings(data, config)) as (_users, client_keys):
        for key in client_keys.all():
            typer.echo(_key_line(key))


@keys.command("revoke")
def revoke_key(
    name: Annotated[
        str, typer.Argument(metavar="KEY", help="Its name, first characters, or id; see the list.")
    ],
    data: _Data = None,
    config: _Config = None,
) -> None:
    """Take a key back, for good and from the next request on. What it ordered goes on."""
    from shortdrama.app import open_access

    with open_access(_settings(data, config)) as (_users, client_keys):
        key = client_keys.revoke(client_keys.named(name).id)
    typer.echo(f"Revoked {key.hint}… of {key.name}.")


@users.command("add")
def add_user(
    name: _Name,
    role: Annotated[
        Role, typer.Option(help="viewer looks; editor also makes; owner manages.")
    ] = Role.EDITOR,
    data: _Data = None,
    config: _Config = None,
) -> None:
    """Add somebody. Asks for their password, or reads it from standard input.

    From the first person on, everybody has to log in.
    """
    from shortdrama.app import open_access

    with open_access(_settings(data, config)) as (people, _keys):
        user = people.add(name, role, _password())
    typer.echo(f"{user.name} is {_with_article(user.role)}.")


@users.command("list")
def list_users(data: _Data = None, config: _Config = None) -> None:
    """Show everybody and their role."""
    from shortdrama.app import open_access

    with open_access(_settings(data, config)) as (people, _keys):
        for user in people.all():
            typer.echo(_user_line(user))


@users.command("role")
def set_role(
    name: _Name,
    role: Annotated[Role, typer.Argument(help="viewer looks; editor also makes; owner manages.")],
    data: _Data = None,
    config: _Config = None,
) -> None:
    """Give somebody another role; it counts within two seconds."""
    from shortdrama.app import open_access

    with open_access(_settings(data, config)) as (people, _keys):
        user = people.set_role(people.named(name).id, role)
    typer.echo(f"{user.name} is {_with_article(user.role)}.")


@users.command("password")
def set_password(name: _Name, data: _Data = None, config: _Config = None) -> None:
    """Give somebody another password; ends their sessions."""
    from shortdrama.app import open_access

    with open_access(_settings(data, config)) as (people, _keys):
        user = people.set_password(people.named(name).id, _password())
    typer.echo(f"{user.name} has another password.")


@users.command("remove")
def remove_user(name: _Name, data: _Data = None, config: _Config = None) -> None:
    """Let somebody in no more. Their takes stay, signed with their name.

    After the last one, nobody has to log in any more.
    """
    from shortdrama.app import open_access

    with open_access(_settings(data, config)) as (people, _keys):
        user = people.named(name)
        people.remove(user.id, may_open=True)
    typer.echo(f"{user.name} is removed.")


def _settings(data: Path | None, config: Path | None) -> Settings:
    return load_settings(SettingsSource(config=config, overrides={"data": data}))


def _password() -> str:
    """Typed twice and unseen; from a program, one line."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _key_line(key: ClientKey) -> str:
    from shortdrama.domain.money import dollars

    budget = "no budget" if key.budget_micro_usd is None else dollars(key.budget_micro_usd)
    state = (
        f"revoked {_day(key.revoked_at)}" if key.revoked_at else f"used {_day(key.last_used_at)}"
    )
    parts = (
        f"{key.hint}…",
        key.name,
        "orders" if key.can_generate else "only looks",
        ", ".join(key.models) or "every model",
        budget,
        state,
        key.id,
    )
    return " · ".join(parts)


def _user_line(user: User) -> str:
    return f"{user.name} · {user.role.value} · logged in {_day(user.last_log_in_at)}"


def _day(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else "never"


def _with_article(role: Role) -> str:
    return f"an {role.value}" if role is not Role.VIEWER else f"a {role.value}"
