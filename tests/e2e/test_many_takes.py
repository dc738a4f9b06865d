"""A shot of more takes than its panel lists at once."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, expect

from e2e.studio_process import StudioProcess
from web.panels.takes.many_takes import a_ready_take, clone_takes

pytestmark = pytest.mark.browser
TOTAL = 130


@pytest.fixture
def full_shot(studio_server: StudioProcess) -> str:
    """The address of the shot."""
    with httpx.Client(base_url=studio_server.url, trust_env=False, timeout=60) as client:
        take = a_ready_take(client)
    studio_server.stop()
    clone_takes(studio_server.data, take["id"], TOTAL)
    studio_server.start()
    return f"{studio_server.url}/?shot={take['shot_id']}"


def test_older_takes_are_a_click_away_and_keys_find_them(page: Page, full_shot: str) -> None:
    page.goto(full_shot)
    cards = page.locator("#takes [data-take]")
    older = page.get_by_role("button", name="Show older takes")
    expect(cards).to_have_count(61)
    expect(older).to_contain_text("70")

    page.locator("body").press("7")
    player = page.get_by_role("main", name="Viewer").locator("take-player")
    expect(player).to_have_attribute("data-number", "7")
    expect(cards.locator("visible=true").and_(page.locator("[data-shown]"))).to_have_count(1)
    expect(cards).to_have_count(62)
    page.locator("body").press("Enter")
    expect(page.locator("#takes .take.selected")).to_have_attribute("data-number", "7")
    expect(cards).to_have_count(61)

    older.click()
    expect(cards).to_have_count(121)
    expect(older).to_be_focused()
    page.locator("[data-number='80'] [data-do=show]").click()
    expect(page.locator("#takes [data-shown]")).to_have_attribute("data-number", "80")
    expect(cards).to_have_count(121)
    # A change of another take brings the lists up to date: what was opened stays open.
    page.locator("[data-number='100']").get_by_role("button", name="Reject").click()
    page.get_by_role("button", name="Reject").and_(page.locator("[value=reject]")).click()
    expect(page.locator("#takes .take.rejected")).to_have_count(1)
    expect(cards).to_have_count(121)

    older.click()
    expect(cards).to_have_count(130)
    expect(older).to_be_hidden()
    expect(page.locator("#takes [data-number='1']")).to_have_count(1)
