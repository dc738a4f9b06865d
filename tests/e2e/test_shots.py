"""Shots are added and taken away, and what is written about them follows what is there."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from e2e.files import picture
from e2e.quick_studio import QuickStudio
from e2e.studio_process import StudioProcess

pytestmark = pytest.mark.browser


@pytest.fixture
def strip(page: Page) -> Locator:
    return page.get_by_role("region", name="Filmstrip")


def test_an_empty_shot_is_removed_and_comes_back_with_its_words(
    page: Page, quick_studio: QuickStudio, strip: Locator
) -> None:
    before, empty = quick_studio.new_shot(), quick_studio.new_shot()
    page.goto(quick_studio.page_of(empty))
    page.get_by_role("textbox", name="Prompt").fill("Rain on the awning.")
    page.get_by_role("main").get_by_role("button", name="Remove shot").click()
    expect(strip.locator(f"#cell-{empty}")).to_have_count(0)
    expect(strip.locator(f"#cell-{before}")).to_have_attribute("aria-current", "true")
    expect(page).to_have_url(quick_studio.page_of(before))
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("Rain on the awning.")
    expect(strip.get_by_role("link").last).to_have_attribute("aria-current", "true")
    page.reload()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("Rain on the awning.")


def test_delete_removes_the_shot_that_holds_the_focus(
    page: Page, quick_studio: QuickStudio, strip: Locator
) -> None:
    first, middle, last = (quick_studio.new_shot() for _ in range(3))
    page.goto(quick_studio.page_of(first))
    strip.locator(f"#cell-{middle}").focus()
    page.keyboard.press("Delete")
    expect(strip.locator(f"#cell-{middle}")).to_have_count(0)
    expect(strip.locator(f"#cell-{first}")).to_have_attribute("aria-current", "true")
    expect(strip.locator(f"#cell-{last}")).to_be_focused()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_have_text("The shot is back, as the last one.")


def test_a_shot_with_takes_stays(page: Page, quick_studio: QuickStudio, strip: Locator) -> None:
    shot = quick_studio.new_shot()
    quick_studio.take(shot, "Paid for.")
    page.goto(quick_studio.page_of(shot))
    expect(page.get_by_role("main").locator("video")).to_be_visible()
    expect(page.get_by_role("button", name="Remove shot")).to_have_count(0)
    strip.locator(f"#cell-{shot}").focus()
    page.keyboard.press("Delete")
    expect(page.locator(".toast")).to_have_text("This shot has takes, so it stays.")
    expect(strip.locator(f"#cell-{shot}")).to_be_visible()


def test_a_tab_leaves_a_shot_that_another_tab_removed(
    page: Page, quick_studio: QuickStudio, strip: Locator
) -> None:
    before, shot = quick_studio.new_shot(), quick_studio.new_shot()
    page.goto(quick_studio.page_of(shot))
    httpx.delete(f"{quick_studio.url}/api/shots/{shot}").raise_for_status()
    expect(strip.locator(f"#cell-{before}")).to_have_attribute("aria-current", "true")
    expect(strip.locator(f"#cell-{shot}")).to_have_count(0)


def test_the_only_shot_cannot_be_removed(page: Page, studio_server: StudioProcess) -> None:
    page.goto(studio_server.url)
    expect(page.get_by_role("textbox", name="Prompt")).to_be_visible()
    expect(page.get_by_role("button", name="Remove shot")).to_have_count(0)


def test_a_new_shot_without_the_server_is_refused_in_words(
    page: Page, studio_server: StudioProcess, strip: Locator
) -> None:
    page.goto(studio_server.url)
    studio_server.kill()
    strip.get_by_role("button", name="New shot").click()
    expect(page.locator(".toast")).to_have_text("New shots need the server.")


def test_a_new_project_name_reaches_title_and_download(
    page: Page, quick_studio: QuickStudio
) -> None:
    shot = quick_studio.new_shot()
    quick_studio.take(shot, "To keep.")
    library = page.context.new_page()
    library.goto(f"{quick_studio.url}/library")
    page.goto(quick_studio.page_of(shot))
    page.get_by_role("button", name="Project:").click()
    page.get_by_role("textbox", name="Project").fill("Paper Lantern")
    page.keyboard.press("Enter")
    expect(page).to_have_title("Studio – Paper Lantern")
    expect(library).to_have_title("Library – Paper Lantern")
    download = page.get_by_role("link", name="Download take")
    expect(download).to_have_attribute("href", re.compile(r"/Paper%20Lantern%20-%20Episode%201"))


def test_a_renamed_file_is_renamed_in_the_prompt(page: Page, quick_studio: QuickStudio) -> None:

    page.goto(quick_studio.page_of(quick_studio.new_shot()))
    page.locator("file-drop input[type=file]").set_input_files(
        {"name": "Mei.png", "mimeType": "image/png", "buffer": picture("Mei.png", 1).content}
    )
    page.locator("asset-panel [data-asset-id] [data-slot=face]").first.click()
    chip = page.locator("[data-chips] .chip")
    expect(chip).to_have_text("Mei.png")
    asset = chip.get_attribute("data-reference")
    httpx.patch(f"{quick_studio.url}/api/assets/{asset}", json={"name": "Lin"}).raise_for_status()
    expect(chip).to_have_text("Lin")
    page.reload()
    expect(chip).to_have_text("Lin")


def test_the_status_names_the_take_that_plays(page: Page, quick_studio: QuickStudio) -> None:
    """An answer that was asked for while another take was shown comes late."""
    shot = quick_studio.new_shot()
    quick_studio.take(shot, "The first one.")
    page.goto(quick_studio.page_of(shot))
    status = page.locator("#viewer-status")
    expect(status).to_contain_text("Take 1")
    held: list[Route] = []
    is_slow = True

    def hold(route: Route) -> None:
        if is_slow:
            held.append(route)
        else:
            route.continue_()

    page.route(re.compile("/panels/(take|lists)[?]"), hold)
    quick_studio.take(shot, "The second one.")
    expect(page.locator("take-player")).to_have_attribute("data-number", "2")
    is_slow = False
    assert held
    for route in held:
        route.continue_()
    for route in held:
        answer = route.request.response()
        if answer is not None:
            answer.finished()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(status).to_contain_text("Take 2")
    expect(status).not_to_contain_text("Take 1")


def test_a_toast_covers_no_control_of_the_prompt(page: Page, quick_studio: QuickStudio) -> None:
    for size in ({"width": 1440, "height": 900}, {"width": 390, "height": 844}):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.goto(quick_studio.page_of(quick_studio.new_shot()))
        page.get_by_role("main").get_by_role("button", name="Remove shot").click()
        box = page.locator(".toast").bounding_box()
        head = page.locator("#main .panel-head").bounding_box()
        strip_box = page.locator("#filmstrip").bounding_box()
        assert box is not None
        assert head is not None
        assert strip_box is not None
        assert box["y"] >= head["y"] + head["height"]
        assert box["y"] + box["height"] <= strip_box["y"]


def test_a_toast_covers_no_error_and_no_status(page: Page, quick_studio: QuickStudio) -> None:
    shot = quick_studio.new_shot()
    quick_studio.take(shot, "A face that fails.", status="failed", poll=["failed:server_error"])
    page.route("**/api/takes/*/retry", lambda route: route.abort())
    for width, height in ((1440, 900), (1100, 620), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(quick_studio.page_of(shot))
        page.locator("prompt-panel:defined").wait_for()
        page.get_by_role("alert").get_by_role("button", name="Try again").click()
        page.locator(".toast").hover()  # it stays
        legible = ["#main .ask-card", "#viewer-status", ".prompt-box"]
        wide = [".take .problem"] if width > 900 else []
        covered = page.evaluate(COVERED_BY_TOAST, legible + wide)
        assert covered == [], (width, height)


COVERED_BY_TOAST = """(names) => {
  const toast = document.querySelector(".toast").getBoundingClientRect();
  return names.filter((name) => {
    const it = document.querySelector(name).getBoundingClientRect();
    return it.left < toast.right && toast.left < it.right
      && it.top < toast.bottom && toast.top < it.bottom;
  });
}"""


def test_a_shot_whose_take_failed_opens_with_that_take_s_model(
    page: Page, quick_studio: QuickStudio
) -> None:
    failed, draft = quick_studio.new_shot(), quick_studio.new_shot()
    quick_studio.take(failed, "A face that fails.", status="failed", poll=["failed:server_error"])
    model = page.locator("[data-pick=model] [data-label]")
    page.goto(quick_studio.page_of(draft))
    page.locator("prompt-panel:defined").wait_for()
    own = model.inner_text()
    page.locator(f"#cell-{failed}").click()
    expect(page.locator("prompt-panel")).to_have_attribute("data-shot", failed)
    expect(model).to_have_text("Sora 2")
    assert own != "Sora 2"
    # Nobody's own choice is changed by a look.
    page.locator(f"#cell-{draft}").click()
    expect(page.locator("prompt-panel")).to_have_attribute("data-shot", draft)
    expect(model).to_have_text(own)


def test_a_refusal_in_the_narrow_panel_is_shown_whole(
    page: Page, quick_studio: QuickStudio
) -> None:
    page.goto(quick_studio.page_of(quick_studio.new_shot()))
    empty = {"name": "empty.png", "mimeType": "image/png", "buffer": b""}
    page.locator("file-drop input[type=file]").set_input_files(empty)  # type: ignore[arg-type]
    said = page.locator("refused-files .says")
    expect(said).to_contain_text("so there is nothing to keep")
    assert said.evaluate("(name) => name.scrollHeight <= name.clientHeight")
