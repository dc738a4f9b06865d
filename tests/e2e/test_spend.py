"""Money on the page: caps, the question before a dear click, the refusal, what was spent."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from e2e.quick_studio import QuickStudio

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("e2e-spend")]
PRICE = 400_000


@pytest.fixture
def no_rules(quick_studio: QuickStudio) -> Iterator[None]:
    yield
    put(quick_studio, "/api/caps", scope="day", micro_usd=None)
    put(quick_studio, "/api/caps/rules", ask_above_micro_usd=None, allows_unknown_prices=False)


def put(studio: QuickStudio, path: str, **body: object) -> None:
    httpx.put(studio.url + path, json=body).raise_for_status()


def write_prompt(page: Page, studio: QuickStudio, shot: str, text: str) -> None:
    page.goto(studio.page_of(shot))
    page.locator("[data-pick=model]").click()
    page.locator("#pick-model [data-value*='sora-2']").click()
    page.get_by_role("textbox", name="Prompt").fill(text)
    expect(page.locator("[data-money]")).to_have_text("$0.40")


def test_caps_are_set_and_what_was_spent_is_shown(
    page: Page, quick_studio: QuickStudio, no_rules: None
) -> None:
    shot = quick_studio.new_shot()
    quick_studio.take(shot, "paid")
    page.goto(f"{quick_studio.url}/spend?span=all&by=connection")
    expect(page.get_by_role("heading", name="What was spent")).to_be_visible()
    page.get_by_label("A day").fill("twenty")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_have_text(
        "“twenty” is no amount of dollars. Write it like 20 or 20.50."
    )
    expect(page.get_by_label("A day")).to_have_value("twenty")
    page.get_by_label("A day").fill("20.50")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("A day")).to_have_value("20.50")
    expect(page.locator("#day")).to_contain_text("of $20.50")
    expect(page.locator(".table tbody tr")).to_have_count(1)


def test_a_cap_is_said_before_the_click_and_by_it(
    page: Page, quick_studio: QuickStudio, no_rules: None
) -> None:
    shot = quick_studio.new_shot()
    put(quick_studio, "/api/caps", scope="day", micro_usd=1)
    write_prompt(page, quick_studio, shot, "past the cap")
    problem = page.locator("#prompt-problems")
    expect(problem).to_contain_text("This would pass today’s cap of <$0.01")
    page.get_by_role("button", name="Generate", exact=False).first.click()
    expect(problem).to_contain_text("this may cost $0.40")
    assert quick_studio.takes(shot) == []


def test_a_dear_click_is_asked_about(page: Page, quick_studio: QuickStudio, no_rules: None) -> None:
    shot = quick_studio.new_shot()
    limit = PRICE - 1
    put(quick_studio, "/api/caps/rules", ask_above_micro_usd=limit, allows_unknown_prices=False)
    write_prompt(page, quick_studio, shot, "a dear one")
    dialog = page.get_by_role("dialog", name="This take costs about $0.40. Generate it?")
    generate = page.locator("[data-generate]")
    generate.click()
    dialog.get_by_role("button", name="Do not generate").click()
    expect(dialog).to_be_hidden()
    assert quick_studio.takes(shot) == []
    generate.click()
    dialog.get_by_role("button", name="Generate", exact=False).last.click()
    expect(page.locator("#takes .take")).to_have_count(1)
    expect(page.locator("#takes .take").first).to_contain_text("$0.40")


def test_trying_again_is_asked_about_too(
    page: Page, quick_studio: QuickStudio, no_rules: None
) -> None:
    shot = quick_studio.new_shot()
    quick_studio.take(shot, "fails at first", status="failed", poll=["failed"])
    limit = PRICE - 1
    put(quick_studio, "/api/caps/rules", ask_above_micro_usd=limit, allows_unknown_prices=False)
    page.goto(quick_studio.page_of(shot))
    page.get_by_role("button", name="Try again").first.click()
    dialog = page.get_by_role("dialog", name="This take costs about $0.40. Generate it?")
    dialog.get_by_role("button", name="Generate", exact=False).last.click()
    expect(page.locator("#takes .take")).to_have_count(2)


def test_the_sums_follow_the_takes(page: Page, quick_studio: QuickStudio) -> None:
    page.goto(f"{quick_studio.url}/spend?span=all&by=connection")
    attempts = page.locator(".table tbody tr td").nth(4)
    expect(attempts).to_be_visible()
    before = int(attempts.inner_text())
    quick_studio.order(quick_studio.new_shot(), "seen from the spend page")
    expect(attempts).to_have_text(str(before + 1))
