"""Settings: one order of precedence, and a clear word for every mistake."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from shortdrama.errors import SetupProblem
from shortdrama.settings import Settings, SettingsSource, load_settings


def source(tmp_path: Path, text: str = "", **environment: str) -> SettingsSource:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return SettingsSource(environment=environment, config=path)


def test_the_environment_goes_over_the_file_and_the_call_over_both(tmp_path: Path) -> None:
    made = source(tmp_path, 'port = 1\ntrash_days = 7\nhost = "::1"', SHORTDRAMA_PORT="2")
    assert load_settings(made).port == 2
    assert load_settings(made).trash_days == 7
    over = SettingsSource(made.environment, made.config, {"port": 3, "host": None})
    assert load_settings(over).port == 3
    assert load_settings(over).host == "::1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("port = [", "is not a TOML file"),
        ("colour = 3", "colour"),
        ('port = "many"', "port"),
        ("port = -1", "port"),
        ("port = 99999999", "port"),
        ("max_concurrent_takes = 1.9", "max_concurrent_takes"),
        ("media_workers = 100000000000000000000", "media_workers"),
        ("trash_days = 99999999999", "trash_days"),
        ('log_level = "loud"', "log_level"),
        ("max_upload_bytes = 0", "max_upload_bytes"),
        ("host = 5", "host"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SetupProblem, match=says):
        load_settings(source(tmp_path, text))


def test_a_named_file_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match="no settings file"):
        load_settings(SettingsSource(environment={}, config=tmp_path / "none.toml"))


def test_the_data_folder_holds_the_settings_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("port = 4", encoding="utf-8")
    loaded = load_settings(SettingsSource(environment={"SHORTDRAMA_DATA": str(tmp_path)}))
    assert loaded.port == 4
    assert loaded.effective_database_url == f"sqlite:///{tmp_path / 'studio.db'}"


def test_every_setting_is_documented() -> None:
    text = (Path(__file__).parent.parent / "docs" / "settings.md").read_text(encoding="utf-8")
    missing = [field.name for field in fields(Settings) if f"`{field.name}`" not in text]
    assert missing == []


def test_the_level_of_the_log_comes_from_the_environment() -> None:
    told = SettingsSource(environment={"SHORTDRAMA_LOG_LEVEL": "info"})
    assert load_settings(told).log_level == "info"
    with pytest.raises(SetupProblem):
        load_settings(SettingsSource(environment={"SHORTDRAMA_LOG_LEVEL": "loud"}))
