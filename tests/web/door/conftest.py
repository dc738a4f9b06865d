"""A studio on a port, with a provider behind it that does as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from openai import OpenAI

from doubles.serving import Serving
from doubles.sora2_double import Sora2Double
from shortdrama.access.client_keys import KeyForm
from shortdrama.app import Studio, build_studio
from shortdrama.domain.people import ClientKey
from shortdrama.settings import Settings

MODEL = "seedance-2-0"
_KEY = "sk-provider"
_PRICES = """
[[model]]
id = "seedance-2-0"
label = "Seedance"
seconds = [4, 5, 8]
sizes = ["720x1280", "1280x720"]
modes = ["text", "first_frame"]
max_references = 1
usd_per_second = 0.10
source = "made up for the tests"
"""


@dataclass
class Door:
    """An open door. `key(…)` makes a key and a client that uses it."""

    url: str
    studio: Studio
    provider: Sora2Double
    open: ExitStack

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    def client(self, key: str = "anything", **options: object) -> OpenAI:
        return self.open.enter_context(
            OpenAI(base_url=self.base_url, api_key=key, **({"max_retries": 0} | options))  # type: ignore[arg-type]
        )

    def key(self, name: str = "a program", **form: object) -> tuple[ClientKey, OpenAI]:
        key, token = self.studio.services.client_keys.add(KeyForm(name, **form), "test")  # type: ignore[arg-type]
        return key, self.client(token)


@contextmanager
def run_door(folder: Path, password: str = "", **settings: object) -> Iterator[Door]:
    folder.mkdir(parents=True)
    (folder / "models.toml").write_text(_PRICES, encoding="utf-8")
    with ExitStack() as stack:
        provider = stack.enter_context(Sora2Double(api_key=_KEY, poll_after_ms=100))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("SORA2_API_KEY", _KEY)
        made = Settings(
            data=folder / "data",
            sora2_base_url=provider.base_url,
            sora2_model=MODEL,
            capabilities_file=str(folder / "models.toml"),
        )
        made = replace(made, **settings)  # type: ignore[arg-type]
        studio = stack.enter_context(build_studio(made, url="", password=password))
        serving = stack.enter_context(Serving(studio.web, has_lifespan=True))
        with ExitStack() as clients:
            yield Door(serving.url, studio, provider, clients)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with run_door(tmp_path / "studio") as door:
        yield door


@pytest.fixture
def open_door(tmp_path: Path) -> Iterator[Callable[..., Door]]:
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(run_door(tmp_path / "studio", **settings))
