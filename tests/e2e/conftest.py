"""A real studio in a process of its own, and Debian's Chromium to use it with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    ViewportSize,
    sync_playwright,
)

from e2e.quick_studio import QuickStudio, run_quick_studio
from e2e.studio_process import StudioProcess

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP: ViewportSize = {"width": 1440, "height": 900}


@pytest.fixture
def studio_server(tmp_path: Path) -> Iterator[StudioProcess]:
    """A running studio on an empty data directory; it can be killed and started again."""
    studio = StudioProcess(tmp_path / "data")
    studio.start()
    try:
        yield studio
    finally:
        studio.stop()


@pytest.fixture(scope="module")
def shared_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    """One studio for a module's tests, for those that leave it running."""
    studio = StudioProcess(tmp_path_factory.mktemp("studio") / "data")
    studio.start()
    try:
        yield studio
    finally:
        studio.stop()


@pytest.fixture(scope="module")
def quick_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickStudio]:
    """One studio for a module's tests, beside a provider that does as it is told."""
    with run_quick_studio(tmp_path_factory.mktemp("quick") / "data") as studio:
        yield studio


@pytest.fixture
def empty_library(shared_studio: StudioProcess) -> StudioProcess:
    """The module's studio without any asset."""
    with httpx.Client(base_url=shared_studio.url) as client:
        for query in ({}, {"trash": "true"}):
            found = client.get("/api/assets", params={"limit": 500, **query}).json()["assets"]
            ids = {"ids": [asset["id"] for asset in found]}
            client.post("/api/assets/trash", json=ids).raise_for_status()
            client.post("/api/assets/removal", json=ids).raise_for_status()
    return shared_studio


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    # Not per session: while it runs, no other test of this process could use asyncio.
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile: nothing stored, nothing cached. English, so that tests can read it."""
    context = browser.new_context(viewport=DESKTOP, locale="en-US")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab. A script error in it fails the test."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


@pytest.fixture
def open_profile(playwright: Playwright, tmp_path: Path) -> Iterator[OpenProfile]:
    """A browser whose profile outlives it, for what must survive its end."""
    opener = OpenProfile(playwright, tmp_path / "profile")
    yield opener
    opener.close()


class OpenProfile:
    """Calling it starts the browser anew on the same profile."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self._playwright = playwright
        self._folder = folder
        self._context: BrowserContext | None = None

    def __call__(self) -> BrowserContext:
        self.close()
        self._context = self._playwright.chromium.launch_persistent_context(
            self._folder,
            executable_path=CHROMIUM,
            args=CHROMIUM_ARGUMENTS,
            viewport=DESKTOP,
            locale="en-US",
        )
        return self._context

    def close(self) -> None:
        if self._context is not None:
            self._context.close()
            self._context = None
