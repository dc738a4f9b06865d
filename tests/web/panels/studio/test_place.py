"""The pages stay in the project that is open in this browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from e2e.studio_process import StudioProcess


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    made = StudioProcess(Path(tmp_path_factory.mktemp("studio")) / "data")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def browser(studio: StudioProcess) -> Iterator[httpx.Client]:
    """Keeps its cookies, as a browser does."""
    with httpx.Client(base_url=studio.url, trust_env=False, timeout=30) as client:
        yield client


def project_on(page: httpx.Response) -> str:
    named = re.search(r'aria-label="Project: ([^"]+)"', page.raise_for_status().text)
    assert named is not None
    return named[1]


def shot_on(page: httpx.Response) -> str:
    named = re.search(r'data-shot="([0-9a-f]{32})"', page.raise_for_status().text)
    assert named is not None
    return named[1]


def test_every_page_stays_in_the_sample_once_it_is_open(browser: httpx.Client) -> None:
    own = project_on(browser.get("/"))
    opened = browser.post("/panels/sample", follow_redirects=True)
    sample = project_on(opened)
    assert sample != own
    for address in ("/settings", "/library", "/panels/bar?page=library", "/"):
        assert project_on(browser.get(address)) == sample
    assert shot_on(browser.get("/")) == shot_on(opened)


def test_a_shot_that_was_opened_without_a_page_is_kept_in_mind(browser: httpx.Client) -> None:
    first = browser.post("/api/shots").json()["id"]
    second = browser.post("/api/shots").json()["id"]
    browser.get("/", params={"shot": first})
    browser.get("/panels/shot", params={"shot": second})
    assert shot_on(browser.get("/")) == second
    browser.delete(f"/api/shots/{second}").raise_for_status()
    assert shot_on(browser.get("/")) != second
    assert project_on(browser.get("/settings")) == project_on(browser.get("/"))


def test_another_browser_and_a_made_up_cookie_find_the_own_project(
    studio: StudioProcess, browser: httpx.Client
) -> None:
    own = project_on(browser.get("/"))
    browser.post("/panels/sample", follow_redirects=True)
    for kept in (None, "0" * 32, '"\\000"', "x" * 4000):
        headers = {"Cookie": f"shot={kept}"} if kept else {}
        answer = httpx.get(f"{studio.url}/settings", headers=headers, trust_env=False)
        assert project_on(answer) == own


def test_the_cookie_is_for_this_site_and_no_script(browser: httpx.Client) -> None:
    told = browser.get("/").headers["set-cookie"].lower()
    for part in ("httponly", "samesite=strict", "path=/"):
        assert part in told
