"""What the prompt offers beyond words: what pictures are, a seed, sound, what must not be seen."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Request, expect

from e2e.files import drop, picture
from e2e.quick_studio import QuickStudio

pytestmark = pytest.mark.browser
CAN = {
    "modes": ["text", "first_frame", "first_last", "references"],
    "max_references": 3,
    "sound": "switch",
    "has_seed": True,
    "has_negative_prompt": True,
}


@pytest.fixture
def shot(page: Page, quick_studio: QuickStudio) -> str:
    """A new shot, open in the page, its model one that can do all of `CAN`."""
    wish = {"name": "Gate", "base_url": quick_studio.provider.base_url, "models": ["wonder"]}
    made = httpx.post(f"{quick_studio.url}/api/connections", json=wish).raise_for_status().json()
    figures = f"{quick_studio.url}/api/connections/{made['id']}/figures"
    httpx.put(figures, json={"model": "wonder", **CAN}).raise_for_status()
    shot = quick_studio.new_shot()
    page.goto(quick_studio.page_of(shot))
    choose(page, "model", "wonder")
    return shot


def choose(page: Page, what: str, label: str) -> None:
    page.locator(f"[data-pick={what}]").click()
    page.locator(f"[data-menu={what}]").get_by_role("menuitemradio", name=label).first.click()


def orders(page: Page) -> list[dict[str, Any]]:
    """What leaves this page from now on."""
    sent: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/api/takes"):
            sent.append(dict(request.post_data_json or {}))

    page.on("request", note)
    return sent


def test_only_what_the_model_can_do_is_offered_and_sent(
    page: Page, quick_studio: QuickStudio, shot: str
) -> None:
    sent = orders(page)
    expect(page.locator("[data-pick=mode]")).to_be_hidden()
    page.locator("[data-more]").click()
    page.get_by_label("Seed").fill("7")
    page.get_by_label("What must not be seen").fill("blur")
    page.locator("#prompt-more [name=sound]").select_option("off")
    page.keyboard.press("Escape")
    expect(page.locator("[data-more-words]")).to_have_text("3")
    choose(page, "takes", "2 takes")
    page.get_by_role("textbox", name="Prompt").fill("A tram")
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.get_by_role("complementary", name="Takes").locator(".take")).to_have_count(2)
    # The same seed twice would be the same clip twice.
    assert [order["extra"] for order in sent] == [
        {"seed": 7, "sound": False, "negative_prompt": "blur"},
        {"seed": 8, "sound": False, "negative_prompt": "blur"},
    ]

    choose(page, "model", "Sora 2")
    expect(page.locator("[data-more]")).to_be_hidden()
    choose(page, "takes", "1 take")
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.get_by_role("complementary", name="Takes").locator(".take")).to_have_count(3)
    assert sent[2]["extra"] == {}
    # They come back with the model that knows them.
    choose(page, "model", "wonder")
    expect(page.locator("[data-more-words]")).to_have_text("3")


def test_two_pictures_are_what_a_person_says(
    page: Page, quick_studio: QuickStudio, shot: str
) -> None:
    sent = orders(page)
    drop(page, picture("one.png", 811), picture("two.png", 812))
    panel = page.get_by_role("complementary", name="Assets")
    for name in ("one.png", "two.png"):
        panel.locator(f".face[title='{name}']").click()
    mode = page.locator("[data-pick=mode]")
    expect(mode).to_contain_text("References")
    choose(page, "mode", "First and last frame")
    expect(mode).to_contain_text("First and last frame")
    chips = page.locator("[data-chips] .chip")
    expect(chips.nth(0)).to_contain_text("First")
    expect(chips.nth(1)).to_contain_text("Last")
    page.get_by_role("textbox", name="Prompt").fill("From one to two")
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.get_by_role("complementary", name="Takes").locator(".take")).to_have_count(1)
    assert sent[0]["mode"] == "first_last"
    # With one picture that choice is none any more.
    chips.nth(1).get_by_role("button").click()
    expect(mode).to_contain_text("First frame")
