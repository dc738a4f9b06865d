"""Flow 3, prompt: write, see what it costs, press Generate; nothing is ever sent twice."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Request, Route, expect

from e2e.files import Given, drop, long_sound, picture
from e2e.quick_studio import QuickStudio

pytestmark = pytest.mark.browser


@pytest.fixture
def shot(quick_studio: QuickStudio) -> str:
    return quick_studio.new_shot()


@pytest.fixture
def prompt(page: Page, quick_studio: QuickStudio, shot: str) -> Locator:
    page.goto(quick_studio.page_of(shot))
    choose(page, "model", "Sora 2")
    return page.get_by_role("textbox", name="Prompt")


def choose(page: Page, what: str, label: str) -> None:
    page.locator(f"[data-pick={what}]").click()
    page.locator(f"[data-menu={what}]").get_by_role("menuitemradio", name=label).first.click()


def generate(page: Page) -> Locator:
    return page.get_by_role("button", name="Generate", exact=True)


def orders(page: Page) -> list[Request]:
    """Every order that leaves this page from now on."""
    sent: list[Request] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/api/takes"):
            sent.append(request)

    page.on("request", note)
    return sent


def tile(page: Page, name: str) -> Locator:
    """Of a sound or a video its name has the length too."""
    return page.get_by_role("complementary", name="Assets").locator(f".face[title='{name}']")


def cards(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Takes").locator(".take")


def test_generate_makes_a_take_of_this_shot_that_plays(
    page: Page, prompt: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    prompt.fill("A tram at night.")
    generate(page).click()
    expect(cards(page)).to_have_count(1)
    expect(page.get_by_role("main", name="Viewer").locator("video")).to_be_visible(timeout=20_000)
    (take,) = quick_studio.takes(shot)
    assert (take["prompt"], take["model"]) == ("A tram at night.", "sora-2")


def test_a_double_click_makes_one_take(
    page: Page, prompt: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    sent = orders(page)
    prompt.fill("Pressed twice.")
    generate(page).dblclick()
    expect(cards(page)).to_have_count(1)
    page.wait_for_timeout(400)
    assert len(sent) == 1
    assert len(quick_studio.takes(shot)) == 1


def test_control_enter_generates_and_a_held_key_does_not_repeat_it(
    page: Page, prompt: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    prompt.fill("By key.")
    prompt.press("Control+Enter")
    prompt.press("Control+Enter")
    expect(cards(page)).to_have_count(1)
    page.wait_for_timeout(300)
    assert len(quick_studio.takes(shot)) == 1


def test_three_takes_are_three_orders_with_a_key_each(
    page: Page, prompt: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    sent = orders(page)
    choose(page, "takes", "3 takes")
    prompt.fill("Three at once.")
    expect(page.locator("[data-money]")).to_have_text("$1.20")
    generate(page).click()
    expect(cards(page)).to_have_count(3)
    assert len({request.headers["idempotency-key"] for request in sent}) == 3


def test_an_answer_that_is_lost_and_a_reload_make_one_take(
    page: Page, prompt: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    lost: list[str] = []

    def lose_first(route: Route) -> None:
        if not lost:
            lost.append(route.request.headers["idempotency-key"])
            route.fetch()  # the server hears it, the page does not hear the server
            route.abort()
        else:
            route.continue_()

    page.route("**/api/takes", lose_first)
    prompt.fill("The answer is lost.")
    generate(page).click()
    expect(page.locator(".toast")).to_contain_text("goes up by itself")
    page.reload()
    expect(cards(page)).to_have_count(1)
    page.wait_for_timeout(1500)
    assert len(quick_studio.takes(shot)) == 1


def test_a_late_check_takes_no_answer_away(page: Page, prompt: Locator) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/prompts/check", hold, times=1)
    with page.expect_request("**/api/prompts/check"):
        prompt.fill(" ")
    generate(page).click()
    expect(page.locator("#prompt-problems")).to_have_text("Write a prompt first.")
    with page.expect_event("requestfinished", lambda request: request == held[0].request):
        held[0].continue_()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(page.locator("#prompt-problems")).to_have_text("Write a prompt first.")


def test_an_empty_prompt_is_said_beside_the_field_and_nothing_is_sent(
    page: Page, prompt: Locator
) -> None:
    sent = orders(page)
    generate(page).click()
    expect(page.locator("#prompt-problems")).to_have_text("Write a prompt first.")
    expect(prompt).to_be_focused()
    expect(prompt).to_have_attribute("aria-invalid", "true")
    assert sent == []
    prompt.press("A")
    expect(page.locator("#prompt-problems")).to_be_hidden()


def test_the_estimate_stands_before_the_click(page: Page, prompt: Locator) -> None:
    expect(page.locator("[data-money]")).to_have_text("$0.40")
    choose(page, "seconds", "12 s")
    expect(page.locator("[data-money]")).to_have_text("$1.20")
    choose(page, "model", "Previz")
    expect(page.locator("[data-money]")).to_have_text("Free")
    expect(page.locator("[data-time]")).to_have_text("about 3 s, on this machine")
    choose(page, "takes", "4 takes")  # two of them at once
    expect(page.locator("[data-time]")).to_have_text("about 6 s for 4 takes")


def test_what_the_model_cannot_do_is_said_while_it_is_written(
    page: Page, prompt: Locator, quick_studio: QuickStudio
) -> None:
    drop(page, picture("Mei.png", 1), picture("Jun.png", 2))
    prompt.fill("Both of them.")
    for name in ("Mei.png", "Jun.png"):
        page.get_by_role("complementary", name="Assets").get_by_role(
            "button", name=name, exact=True
        ).click()
    expect(page.locator(".chip")).to_have_count(2)
    expect(page.locator("#prompt-problems")).to_contain_text(re.compile("references.*Sora 2"))
    page.get_by_role("button", name="Remove Jun.png").click()
    expect(page.locator("#prompt-problems")).to_be_hidden()
    expect(page.locator(".chip")).to_have_count(1)
    page.reload()
    expect(page.locator(".chip")).to_contain_text("Mei.png")


def test_too_many_references_are_mended_by_one_click(
    page: Page, prompt: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    choose(page, "model", "Previz")
    drop(page, picture("Ana.png", 51), picture("Bo.png", 52))
    prompt.fill("Only one of them fits.")
    for name in ("Ana.png", "Bo.png"):
        tile(page, name).click()
    problems = page.locator("#prompt-problems")
    expect(problems).to_contain_text("2, where 1 can be used")
    problems.get_by_role("button", name="Use only the first").click()
    expect(problems).to_be_hidden()
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator(".chip")).to_contain_text("Ana.png")
    expect(tile(page, "Bo.png")).to_have_attribute("aria-pressed", "false")
    expect(prompt).to_be_focused()
    generate(page).click()
    expect(cards(page)).to_have_count(1)
    (take,) = quick_studio.takes(shot)
    assert len(take["references"]) == 1


def test_where_the_price_is_from_can_be_read(page: Page, prompt: Locator) -> None:
    price = page.get_by_role("button", name="$0.40")
    expect(price).to_have_accessible_description(re.compile("Source: .*read 2026-11-23"))
    price.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#price-source")).to_contain_text("OpenAI's guide of March 2026")
    page.keyboard.press("Escape")
    choose(page, "model", "Previz")
    expect(page.get_by_role("button", name="Free")).to_be_disabled()


def test_a_mention_writes_the_name_and_adds_the_picture(page: Page, prompt: Locator) -> None:
    drop(page, picture("Auntie Hua.png", 3))
    tile = page.get_by_role("complementary", name="Assets").get_by_role(
        "button", name="Auntie Hua.png", exact=True
    )
    expect(tile).to_be_visible()
    prompt.press_sequentially("Steam, @Aun")
    option = page.get_by_role("option", name="Auntie Hua.png")
    expect(option).to_be_visible()
    prompt.press("Enter")
    expect(prompt).to_have_value("Steam, @Auntie Hua.png ")
    expect(page.locator(".chip")).to_contain_text("Auntie Hua.png")
    expect(page.locator(".prompt-marks .mention")).to_have_text("@Auntie Hua.png")


def test_a_name_that_is_written_out_becomes_a_reference(
    page: Page, prompt: Locator, context: BrowserContext
) -> None:
    """Typed, pasted or from a draft; and it goes with its mention."""
    drop(page, picture("Night bus.png", 61))
    expect(tile(page, "Night bus.png")).to_be_visible()
    prompt.fill("Rain. @Night bus.png waits, @Nobody does not.")
    expect(page.locator(".chip")).to_have_text("Night bus.png")
    expect(page.locator(".prompt-marks .mention")).to_have_text("@Night bus.png")
    page.wait_for_timeout(600)  # the draft is kept shortly after it was typed
    browser = context.browser
    assert browser is not None
    elsewhere = browser.new_context(locale="en-US")
    try:
        other = elsewhere.new_page()
        other.goto(page.url)
        expect(other.locator(".chip")).to_have_text("Night bus.png")
    finally:
        elsewhere.close()
    prompt.fill("Rain. Nobody waits.")
    expect(page.locator(".chip")).to_have_count(0)


def test_what_was_removed_by_hand_is_not_linked_again(page: Page, prompt: Locator) -> None:
    drop(page, picture("Last bus.png", 62))
    expect(tile(page, "Last bus.png")).to_be_visible()
    prompt.fill("@Last bus.png leaves.")
    page.get_by_role("button", name="Remove Last bus.png").click()
    prompt.press_sequentially(" Slowly.")
    page.wait_for_timeout(600)  # in which it must not come back
    expect(page.locator(".chip")).to_have_count(0)
    prompt.fill("Nobody.")
    prompt.fill("@Last bus.png comes back.")
    expect(page.locator(".chip")).to_have_text("Last bus.png")


def test_a_reference_of_a_tile_stays_without_a_mention(page: Page, prompt: Locator) -> None:
    drop(page, picture("First bus.png", 63))
    tile(page, "First bus.png").click()
    expect(page.locator(".chip")).to_have_text("First bus.png")
    prompt.fill("A street.")
    prompt.fill("")
    expect(page.locator(".chip")).to_have_text("First bus.png")


def test_a_mention_in_the_middle_leaves_one_space(page: Page, prompt: Locator) -> None:
    drop(page, picture("Old tram.png", 31))
    expect(tile(page, "Old tram.png")).to_be_visible()
    prompt.fill("At night  leaves.")
    for _ in range(len(" leaves.")):
        prompt.press("ArrowLeft")
    prompt.press_sequentially("@Old")
    expect(page.get_by_role("option", name="Old tram.png")).to_be_visible()
    prompt.press("Enter")
    expect(prompt).to_have_value("At night @Old tram.png leaves.")
    prompt.press_sequentially("slowly ")
    expect(prompt).to_have_value("At night @Old tram.png slowly leaves.")


def test_a_mention_offers_those_with_a_role_before_files(
    page: Page, prompt: Locator, quick_studio: QuickStudio
) -> None:
    drop(page, picture("Order a.png", 41), picture("Order b.png", 42))
    expect(tile(page, "Order b.png")).to_be_visible()
    expect(tile(page, "Order a.png")).to_be_visible()
    found = httpx.get(f"{quick_studio.url}/api/assets", params={"text": "Order a"}).json()
    (older,) = found["assets"]
    drop(page, picture("Order c.png", 43))
    expect(tile(page, "Order c.png")).to_be_visible()
    changed = httpx.patch(f"{quick_studio.url}/api/assets/{older['id']}", json={"role": "cast"})
    changed.raise_for_status()
    prompt.press_sequentially("@Order")
    expect(page.get_by_role("option")).to_have_count(3)
    expect(page.get_by_role("option").first).to_have_text("Order a.png")


def test_what_the_model_cannot_use_is_said_at_the_click(
    page: Page, prompt: Locator, tmp_path: Path
) -> None:
    sound = long_sound(tmp_path / "Rain.wav", 1)
    drop(page, Given("Act one.txt", b"INT. TRAM - NIGHT"), Given("Rain.wav", sound.read_bytes()))
    for name, sentence in [
        ("Act one.txt", "Act one.txt is a script to read: no model takes it as a reference."),
        ("Rain.wav", "Sora 2 takes no sound as a reference: Rain.wav stays in the library."),
    ]:
        tile(page, name).click()
        expect(page.locator(".toast")).to_contain_text(sentence)
        expect(page.locator(".toast").get_by_role("link", name="Open")).to_be_visible()
        expect(tile(page, name)).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("#prompt-problems")).to_be_hidden()


def test_the_draft_of_a_shot_survives_a_reload_and_shows_in_another_tab(
    page: Page, prompt: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    other = page.context.new_page()
    other.goto(quick_studio.page_of(shot))
    prompt.fill("Half a thou")
    expect(other.get_by_role("textbox", name="Prompt")).to_have_value("Half a thou")
    page.reload()
    expect(prompt).to_have_value("Half a thou")


def test_up_arrow_in_the_empty_field_walks_the_history(
    page: Page, quick_studio: QuickStudio, shot: str
) -> None:
    quick_studio.order(shot, "The older one.")
    quick_studio.order(shot, "The newer one.")
    page.goto(quick_studio.page_of(shot))
    prompt = page.get_by_role("textbox", name="Prompt")
    prompt.press("ArrowUp")
    expect(prompt).to_have_value("The newer one.")
    prompt.press("ArrowUp")
    expect(prompt).to_have_value("The older one.")
    prompt.press("ArrowDown")
    prompt.press("ArrowDown")
    expect(prompt).to_have_value("")
    prompt.fill("My own words")
    prompt.press("ArrowUp")
    expect(prompt).to_have_value("My own words")


def test_the_history_list_finds_by_words(page: Page, quick_studio: QuickStudio, shot: str) -> None:
    quick_studio.order(shot, "A lighthouse in fog.")
    quick_studio.order(shot, "A lantern in rain.")
    page.goto(quick_studio.page_of(shot))
    page.get_by_role("button", name="Prompt history").click()
    page.get_by_role("searchbox", name="Search prompts").fill("LIGHTHOUSE")
    rows = page.locator("#prompt-history [data-text]")
    expect(rows).to_have_text(["A lighthouse in fog."])
    rows.click()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("A lighthouse in fog.")


def test_a_prompt_is_shown_as_text(page: Page, prompt: Locator) -> None:
    hostile = '<img src=x onerror="document.title=1"> {{ 7*7 }}'
    prompt.fill(hostile)
    generate(page).click()
    expect(cards(page)).to_have_count(1)
    page.reload()
    expect(prompt).to_have_value(hostile)
    assert page.title() != "1"


def test_menus_are_worked_by_keys(page: Page, prompt: Locator) -> None:
    picker = page.locator("[data-pick=seconds]")
    picker.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(picker).to_contain_text("8 s")
    picker.click()
    page.keyboard.press("Escape")
    expect(page.locator("[data-menu=seconds]")).to_be_hidden()


def test_the_generate_button_gives_way_where_a_problem_is_open(
    page: Page, quick_studio: QuickStudio, shot: str
) -> None:
    quick_studio.take(shot, "Refused outright.", "failed", submit="401")
    page.goto(quick_studio.page_of(shot))

    def background(locator: Locator) -> Any:
        return locator.evaluate("element => getComputedStyle(element).backgroundColor")

    first = page.get_by_role("main").get_by_role("button", name=re.compile("settings"))
    assert background(first) != background(generate(page))
