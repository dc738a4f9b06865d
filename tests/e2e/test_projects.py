"""A second episode and a second project, from the menus of the top bar."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, expect

from e2e.studio_process import StudioProcess

pytestmark = pytest.mark.browser


def test_a_new_episode_and_a_new_project_are_opened_and_listed(
    page: Page, studio_server: StudioProcess
) -> None:
    page.goto(studio_server.url)
    first = page.locator("[data-shot]").first.get_attribute("data-shot")
    page.get_by_role("button", name="Episode:").click()
    # Two clicks in a hurry are one wish.
    page.get_by_role("button", name="New episode").dblclick()
    expect(page.get_by_role("button", name="Episode: 2")).to_be_visible()
    expect(page.locator("[data-shot]").first).not_to_have_attribute("data-shot", first or "")
    expect(page.get_by_role("region", name="Filmstrip").get_by_role("link")).to_have_count(1)
    page.get_by_role("button", name="Project:").click()
    links = page.get_by_role("navigation", name="Projects").get_by_role("link")
    expect(links).to_have_text(
        ["Untitled project 1 · Untitled episode", "Untitled project 2 · Untitled episode"]
    )
    expect(links.nth(1)).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="New project").click()
    expect(page.get_by_role("button", name="Episode: 1")).to_be_visible()
    projects = httpx.get(f"{studio_server.url}/api/projects", trust_env=False).json()
    assert [len(each["episodes"]) for each in projects] == [2, 1]
    page.get_by_role("button", name="Project:").click()
    expect(links).to_have_count(3)
    links.first.click()
    expect(page.locator(f"[data-shot='{first}']").first).to_be_attached()


def test_the_sample_opens_from_the_menu_after_the_first_take(
    page: Page, studio_server: StudioProcess
) -> None:
    order = {"prompt": "A tram at night.", "model": "previz-1"}
    httpx.post(f"{studio_server.url}/api/takes", json=order).raise_for_status()
    page.goto(studio_server.url)
    page.get_by_role("button", name="Project:").click()
    page.get_by_role("button", name="Open the sample").click()
    expect(page.get_by_role("button", name="Project: Night Market")).to_be_visible()
    page.get_by_role("button", name="Project:").click()
    projects = page.get_by_role("navigation", name="Projects")
    expect(projects.get_by_role("link", name="Night Market")).to_be_visible()
    expect(projects.get_by_role("button", name="Open the sample")).to_have_count(0)
