"""Flow 5, choose: keys show takes, Enter selects, X rejects with a reason; cancel and try again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from e2e.quick_studio import QuickStudio

pytestmark = pytest.mark.browser


@pytest.fixture
def shot(quick_studio: QuickStudio) -> str:
    return quick_studio.new_shot()


@pytest.fixture
def takes(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Takes")


@pytest.fixture
def two(page: Page, quick_studio: QuickStudio, shot: str, takes: Locator) -> Locator:
    """A shot with two ready takes, the first of them selected."""
    quick_studio.take(shot, "One.")
    quick_studio.take(shot, "Two.")
    page.goto(quick_studio.page_of(shot))
    expect(takes.locator(".take")).to_have_count(2)
    return takes


def card(takes: Locator, number: int) -> Locator:
    return takes.locator(f".take[data-number='{number}']")


def test_the_newest_stands_first_and_says_what_it_is(two: Locator) -> None:
    expect(two.locator(".circled")).to_have_text(["2", "1"])
    expect(card(two, 2)).to_contain_text("Sora 2 · 4 s · $0.40")
    expect(two.locator(".panel-foot")).to_contain_text("$0.80")


def test_digits_show_and_enter_selects_and_undo_takes_it_back(page: Page, two: Locator) -> None:
    expect(card(two, 1)).to_contain_text("Selected")
    page.keyboard.press("2")
    expect(page.locator("take-player")).to_have_attribute("data-number", "2")
    page.keyboard.press("Enter")
    expect(card(two, 2)).to_contain_text("Selected")
    expect(card(two, 1)).to_contain_text("Ready")
    page.keyboard.press("Control+z")
    expect(card(two, 1)).to_contain_text("Selected")


def test_undo_is_offered_by_key_after_its_message_has_gone(page: Page, two: Locator) -> None:
    page.keyboard.press("2")
    expect(page.locator("take-player")).to_have_attribute("data-number", "2")
    page.keyboard.press("Enter")
    expect(card(two, 2)).to_contain_text("Selected")
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0, timeout=15_000)
    page.keyboard.press("Control+z")
    expect(card(two, 1)).to_contain_text("Selected")


def test_undo_is_not_offered_in_another_shot(
    page: Page, two: Locator, quick_studio: QuickStudio, shot: str
) -> None:
    page.keyboard.press("2")
    expect(page.locator("take-player")).to_have_attribute("data-number", "2")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Take 2 is selected.")
    other = quick_studio.new_shot()
    page.locator(f"#cell-{other}").click()
    expect(page).to_have_url(quick_studio.page_of(other))
    expect(page.locator(".toast")).to_have_count(0)
    page.keyboard.press("Control+z")
    page.wait_for_timeout(300)
    assert [take["is_selected"] for take in quick_studio.takes(shot)] == [True, False]


def test_a_take_that_is_late_is_said_to_be_so(
    page: Page, quick_studio: QuickStudio, shot: str, takes: Locator
) -> None:
    for number in range(3):
        quick_studio.take(shot, f"Quick {number}.")
    page.goto(quick_studio.page_of(shot))
    quick_studio.order(shot, "A late one.", poll="in_progress")
    late = card(takes, 4).locator("[data-clock]")
    expect(late).to_contain_text("longer than usual", timeout=20_000)
    expect(late).not_to_contain_text("left")
    page.reload()
    expect(late).to_contain_text("longer than usual")
    expect(page.locator("#viewer-status")).to_contain_text("longer than usual")
    card(takes, 4).get_by_role("button", name="Cancel").click()
    expect(card(takes, 4)).to_contain_text("Cancelled", timeout=15_000)


def test_the_clock_of_a_take_does_not_jump_when_its_card_is_drawn_anew(
    page: Page, quick_studio: QuickStudio, shot: str, takes: Locator
) -> None:
    running = quick_studio.order(shot, "A long one.", poll="in_progress")
    page.goto(quick_studio.page_of(shot))
    expect(card(takes, 1)).to_contain_text("so far")
    page.wait_for_timeout(5000)
    quick_studio.order(shot, "Another.", poll="in_progress")
    expect(card(takes, 2)).to_contain_text("so far")
    page.wait_for_timeout(1100)
    minutes, seconds = re.findall(r"(\d+):(\d+) so far", card(takes, 1).inner_text())[0]
    told = next(take for take in quick_studio.takes(shot) if take["id"] == running["id"])
    assert abs(int(minutes) * 60 + int(seconds) - told["elapsed_s"]) <= 2
    for number in (1, 2):
        card(takes, number).get_by_role("button", name="Cancel").click()
        expect(card(takes, number)).to_contain_text("Cancelled", timeout=15_000)


def test_a_download_says_how_far_it_is(
    page: Page, quick_studio: QuickStudio, shot: str, takes: Locator
) -> None:
    page.goto(quick_studio.page_of(shot))
    quick_studio.order(shot, "A heavy one.", content="paced:8")
    percent = re.compile(r"Take 1 is downloading, [1-9]\d? %")
    expect(page.locator("#viewer-status")).to_contain_text(percent, timeout=20_000)
    expect(card(takes, 1).locator("progress")).to_have_attribute("value", re.compile(r"^\d\d$"))


def test_x_rejects_with_a_reason_and_restore_brings_it_back(page: Page, two: Locator) -> None:
    page.keyboard.press("2")
    expect(page.locator("take-player")).to_have_attribute("data-number", "2")
    page.keyboard.press("x")
    dialog = page.get_by_role("dialog", name="Why not take 2")
    dialog.get_by_role("button", name="Hands").click()
    dialog.get_by_label("Note, kept with the take").fill("six fingers")
    dialog.get_by_role("button", name="Reject").click()
    expect(card(two, 2)).to_contain_text("Rejected")
    expect(card(two, 2)).to_contain_text("Hands, six fingers")
    card(two, 2).get_by_role("button", name="Restore").click()
    expect(card(two, 2)).to_contain_text("Ready")


def test_escape_keeps_the_take(page: Page, two: Locator) -> None:
    card(two, 2).get_by_role("button", name="Reject").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Why not")).to_be_hidden()
    expect(card(two, 2)).to_contain_text("Ready")


def test_the_take_that_a_person_chose_is_part_of_the_address(page: Page, two: Locator) -> None:
    card(two, 2).get_by_role("button", name="Show take 2").click()
    expect(page.locator("take-player")).to_have_attribute("data-number", "2")
    page.reload()
    expect(page.locator("take-player")).to_have_attribute("data-number", "2")


def test_keys_do_nothing_while_one_writes(page: Page, two: Locator) -> None:
    prompt = page.get_by_role("textbox", name="Prompt")
    prompt.press_sequentially("x2 k?")
    expect(prompt).to_have_value("x2 k?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("take-player")).to_have_attribute("data-number", "1")


def test_a_take_on_its_way_shows_its_number_and_can_be_cancelled(
    page: Page, quick_studio: QuickStudio, shot: str, takes: Locator
) -> None:
    page.goto(quick_studio.page_of(shot))
    quick_studio.order(shot, f"A long one {shot}.", takes_s=60.0)
    expect(card(takes, 1)).to_contain_text("Generating", timeout=10_000)
    expect(card(takes, 1)).to_contain_text("so far")
    card(takes, 1).get_by_role("button", name="Cancel").click()
    expect(card(takes, 1)).to_contain_text("Cancelled", timeout=15_000)
    card(takes, 1).get_by_role("button", name="Try again").click()
    expect(takes.locator(".take")).to_have_count(2)
    card(takes, 2).get_by_role("button", name="Cancel").click()
    expect(card(takes, 2)).to_contain_text("Cancelled", timeout=15_000)


def test_the_queue_lists_what_runs_and_cancels_it(
    page: Page, quick_studio: QuickStudio, shot: str, takes: Locator
) -> None:
    page.goto(quick_studio.page_of(shot))
    quick_studio.order(shot, f"Queued {shot}.", takes_s=60.0)
    queue = page.get_by_role("button", name="Queue:")
    expect(queue).to_contain_text("1 running", timeout=10_000)
    queue.click()
    page.get_by_role("dialog", name="Queue").get_by_role("button", name="Cancel").click()
    expect(card(takes, 1)).to_contain_text("Cancelled", timeout=15_000)
    expect(page.get_by_role("dialog", name="Queue")).to_contain_text("Nothing is queued")


def test_trying_again_is_a_new_take_and_keeps_the_old(
    page: Page, quick_studio: QuickStudio, shot: str, takes: Locator
) -> None:
    prompt = f"Fails once {shot}."
    quick_studio.take(shot, prompt, "failed", poll=["failed:server_error"])
    page.goto(quick_studio.page_of(shot))
    quick_studio.provider.script(prompt)
    card(takes, 1).get_by_role("button", name="Try again").click()
    expect(card(takes, 2)).to_contain_text("Selected", timeout=20_000)
    expect(card(takes, 1)).to_contain_text("Failed")
    expect(page.get_by_role("main").locator("video")).to_be_visible()


def test_trying_again_after_a_lost_answer_is_one_take(
    page: Page, quick_studio: QuickStudio, shot: str, takes: Locator
) -> None:
    prompt = f"Asked twice {shot}."
    quick_studio.take(shot, prompt, "failed", poll=["failed:server_error"])
    quick_studio.provider.script(prompt)
    page.goto(quick_studio.page_of(shot))

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/retry", lose_the_answer, times=1)
    again = card(takes, 1).get_by_role("button", name="Try again")
    again.click()
    expect(page.locator(".toast")).to_contain_text("not ordered twice")
    with page.expect_response("**/retry") as answered:
        again.click()
    assert answered.value.ok
    expect(card(takes, 2)).to_contain_text("Selected", timeout=20_000)
    assert len(quick_studio.takes(shot)) == 2
