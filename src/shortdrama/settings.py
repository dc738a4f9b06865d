"""Every setting, from one TOML file, the environment and the command line, in that order.

`load_settings` is called by the composition root and nowhere else; importing this has no
effect. Secrets are read from the environment when asked for and never stored here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from shortdrama.errors import SetupProblem, mark

_CANNOT_BE = mark("The setting %(name)s cannot be %(value)s.")
_ENVIRONMENT = {
    "SHORTDRAMA_DATA": "data",
    "SHORTDRAMA_HOST": "host",
    "SHORTDRAMA_PORT": "port",
    "SHORTDRAMA_TRUSTED_PROXIES": "trusted_proxies",
    "SHORTDRAMA_DATABASE_URL": "database_url",
    "SHORTDRAMA_BLOBS_URL": "blobs_url",
    "SHORTDRAMA_LOG_FORMAT": "log_format",
    "SHORTDRAMA_LOG_LEVEL": "log_level",
    "SHORTDRAMA_WORK": "work",
    "SHORTDRAMA_WORKER": "worker_name",
    "SHORTDRAMA_WORKER_PORT": "worker_port",
    "SORA2_BASE_URL": "sora2_base_url",
    "SORA2_MODEL": "sora2_model",
}


LOG_FORMATS = ("text", "json")
LOG_LEVELS = ("debug", "info", "warning", "error")
_MOST = {
    "trash_days": 36_500,
    "previz_workers": 64,
    "media_workers": 64,
    "max_concurrent_takes": 10_000,
}
_MOST_OF_ANY = 2**62
_WORDS = {"log_level": LOG_LEVELS, "log_format": LOG_FORMATS}


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults; `docs/settings.md` explains each."""

    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = 8000
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    database_url: str = ""
    blobs_url: str = ""
    sora2_base_url: str = ""
    sora2_model: str = ""
    max_upload_bytes: int = 2 * 1000**3
    max_pixels: int = 100_000_000
    trash_days: int = 30
    previz_workers: int = 2
    media_workers: int = 1
    max_concurrent_takes: int = 64
    events_kept: int = 10_000
    browser_cache_bytes: int = 2 * 1000**3
    capabilities_file: str = ""
    door_model: str = ""
    door_video_urls: bool = False
    log_level: str = "warning"
    log_format: str = "text"
    work: bool = True
    worker_name: str = ""
    worker_port: int = 0

    @property
    def effective_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data / 'studio.db'}"

    @property
    def is_on_sqlite(self) -> bool:
        """A studio on SQLite is one process."""
        return self.effective_database_url.startswith("sqlite")

    @property
    def effective_blobs_url(self) -> str:
        return self.blobs_url or str(self.data / "blobs")


@dataclass(frozen=True, slots=True)
class SettingsSource:
    """Where settings come from, so that tests need no real environment."""

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    config: Path | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)


def load_settings(source: SettingsSource | None = None) -> Settings:
    """Settings from file, then environment, then overrides.

    Raises:
        SetupProblem: The file is not TOML, names an unknown setting or a value of a wrong type.
    """
    source = source or SettingsSource()
    values: dict[str, Any] = {}
    config = source.config or _config_path(source)
    if config is not None and config.is_file():
        values |= _read_file(config)
    elif source.config is not None:
        raise SetupProblem("There is no settings file at %(path)s.", path=str(source.config))
    values |= {
        name: source.environment[variable]
        for variable, name in _ENVIRONMENT.items()
        if source.environment.get(variable)
    }
    values |= {name: value for name, value in source.overrides.items() if value is not None}
    return replace(Settings(), **{name: _coerce(name, value) for name, value in values.items()})


def _config_path(source: SettingsSource) -> Path | None:
    named = source.environment.get("SHORTDRAMA_CONFIG")
    if named:
        return Path(named)
    data = source.overrides.get("data") or source.environment.get("SHORTDRAMA_DATA") or "data"
    return Path(data) / "config.toml"


def _read_file(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SetupProblem(
            "%(path)s is not a TOML file: %(reason)s", path=str(path), reason=str(error)
        ) from error
    unknown = sorted(set(values) - {f.name for f in fields(Settings)})
    if unknown:
        raise SetupProblem(
            "%(path)s has settings that do not exist: %(names)s. See docs/settings.md.",
            path=str(path),
            names=", ".join(unknown),
        )
    return values


def _coerce(name: str, value: Any) -> Any:  # noqa: ANN401 - TOML values are of any type
    wanted = {f.name: f.default for f in fields(Settings)}[name]
    try:
        if isinstance(wanted, Path):
            return Path(value).expanduser()
        if isinstance(wanted, tuple):
            return tuple(value.split(",")) if isinstance(value, str) else tuple(map(str, value))
        if isinstance(wanted, bool):
            return _switch(value)
        if isinstance(wanted, int):
            return _bounded(name, value)
    except (TypeError, ValueError) as error:
        raise SetupProblem(_CANNOT_BE, name=name, value=repr(value)) from error
    if not isinstance(value, str) or value not in _WORDS.get(name, (value,)):
        raise SetupProblem(_CANNOT_BE, name=name, value=repr(value))
    return value


def _switch(value: Any) -> bool:  # noqa: ANN401 - as above
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    found = words.get(str(value).lower())
    if found is None:
        raise ValueError(value)
    return found


def _bounded(name: str, value: Any) -> int:  # noqa: ANN401 - as above
    if isinstance(value, (bool, float)):
        raise ValueError(name)
    number = int(value)
    is_port = name in {"port", "worker_port"}
    least, most = (0, 65_535) if is_port else (1, _MOST.get(name, _MOST_OF_ANY))
    if not least <= number <= most:
        raise ValueError(name)
    return number
