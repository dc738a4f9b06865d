"""`shortdrama keys` and `shortdrama users`."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from shortdrama.app import open_access
from shortdrama.cli import app
from shortdrama.settings import Settings


def run(folder: Path, *words: str, typed: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, [*words, "--data", str(folder)], input=typed)
    return result.exit_code, result.stdout


def test_keys_are_made_listed_and_revoked(tmp_path: Path) -> None:
    code, token = run(tmp_path, "keys", "add", "bot", "--model", "wan", "--budget", "5")
    assert code == 0
    code, _second = run(tmp_path, "keys", "add", "bot", "--read-only")
    assert code == 0
    _code, listed = run(tmp_path, "keys", "list")
    assert "bot · orders · wan · $5.00 · used never" in listed
    assert "bot · only looks · every model · $5.00" in listed
    assert token.strip() not in listed
    with open_access(Settings(data=tmp_path)) as (_people, keys):
        key = keys.by_token(token.strip())
        assert key is not None
    code, told = run(tmp_path, "keys", "revoke", key.hint)
    assert (code, told) == (0, f"Revoked {key.hint}… of bot.\n")
    with open_access(Settings(data=tmp_path)) as (_people, keys):
        assert keys.by_token(token.strip()) is None


def test_people_are_added_changed_and_removed(tmp_path: Path) -> None:
    code, told = run(tmp_path, "users", "add", "Mei", "--role", "owner", typed="her own password\n")
    assert (code, told) == (0, "Mei is an owner.\n")
    run(tmp_path, "users", "add", "Jun", typed="his own password\n")
    assert run(tmp_path, "users", "role", "jun", "viewer")[1] == "Jun is a viewer.\n"
    _code, listed = run(tmp_path, "users", "list")
    assert "Jun · viewer · logged in never" in listed
    run(tmp_path, "users", "password", "jun", typed="another password\n")
    with open_access(Settings(data=tmp_path)) as (people, _keys):
        assert people.log_in("jun", "another password")
        assert people.log_in("jun", "his own password") is None
    run(tmp_path, "users", "remove", "jun")
    run(tmp_path, "users", "remove", "mei")
    assert run(tmp_path, "users", "list") == (0, "")
