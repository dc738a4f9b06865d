"""One stream for all tabs; whoever lost it is right again without a reload."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from e2e.quick_studio import QuickStudio, run_quick_studio

pytestmark = pytest.mark.browser
TABS = 7  # a browser gives six connections to one server
WATCH_CARDS = """() => {
  window.changed = new Set();
  const note = ({ target }) => {
    const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
    const card = element?.closest(".take");
    if (card) window.changed.add(card.dataset.number);
  };
  new MutationObserver((list) => list.forEach(note)).observe(
    document.getElementById("takes"),
    { subtree: true, childList: true, attributes: true, characterData: true },
  );
}"""


@pytest.fixture
def own_studio(tmp_path: Path) -> Iterator[QuickStudio]:
    """One that may be killed."""
    with run_quick_studio(tmp_path / "data") as studio:
        yield studio


def open_tabs(context: BrowserContext, url: str, count: int) -> list[Page]:
    tabs = [context.new_page() for _ in range(count)]
    for tab in tabs:
        tab.goto(url)
    return tabs


def test_seven_tabs_load_and_stay_in_step(
    context: BrowserContext, quick_studio: QuickStudio
) -> None:
    shot = quick_studio.new_shot()
    tabs = open_tabs(context, quick_studio.page_of(shot), TABS)
    quick_studio.take(shot, "For all of them.")
    for tab in tabs:
        expect(tab.locator(".take")).to_contain_text("Selected", timeout=10_000)


def test_where_there_is_no_shared_worker_one_tab_leads(
    context: BrowserContext, quick_studio: QuickStudio
) -> None:
    context.add_init_script("delete window.SharedWorker")
    shot = quick_studio.new_shot()
    tabs = open_tabs(context, quick_studio.page_of(shot), TABS)
    quick_studio.take(shot, "Led by one.")
    for tab in tabs:
        expect(tab.locator(".take")).to_have_count(1, timeout=10_000)
    tabs[0].close()
    quick_studio.take(shot, "Led by another.")
    for tab in tabs[1:]:
        expect(tab.locator(".take")).to_have_count(2, timeout=10_000)


def test_a_killed_server_that_comes_back_needs_no_reload(
    page: Page, own_studio: QuickStudio
) -> None:
    shot = own_studio.new_shot()
    page.goto(own_studio.page_of(shot))
    page.evaluate("window.isSamePage = true")
    # The line stands, and has been told how soon to try again.
    other = own_studio.new_shot()
    expect(page.locator(f"#cell-{other}")).to_be_visible()
    own_studio.process.kill()
    away = page.get_by_text("The server is away.")
    expect(away).to_be_visible(timeout=10_000)
    own_studio.process.start()
    expect(away).to_be_hidden(timeout=15_000)
    own_studio.take(shot, "After the fall.")
    expect(page.locator(".take")).to_contain_text("Selected", timeout=10_000)
    assert page.evaluate("window.isSamePage")


def test_what_happened_between_two_lines_is_replayed(page: Page, own_studio: QuickStudio) -> None:
    shot = own_studio.new_shot()
    page.goto(own_studio.page_of(shot))
    expect(page.get_by_role("textbox", name="Prompt")).to_be_visible()
    page.wait_for_timeout(500)
    page.context.set_offline(True)
    own_studio.take(shot, "While nobody looked.")
    own_studio.process.kill()
    page.context.set_offline(False)
    own_studio.process.start()
    expect(page.locator(".take")).to_contain_text("Selected", timeout=15_000)


def test_one_change_touches_one_card(page: Page, quick_studio: QuickStudio) -> None:
    shot = quick_studio.new_shot()
    for text in ("One.", "Two.", "Three."):
        quick_studio.take(shot, text)
    page.goto(quick_studio.page_of(shot))
    expect(page.locator(".take")).to_have_count(3)
    page.evaluate(WATCH_CARDS)
    quick_studio.order(shot, f"Four {shot}.", takes_s=2.0)
    expect(page.locator(".take[data-number='4']")).to_contain_text("Ready", timeout=20_000)
    changed = set(page.evaluate("[...window.changed]"))
    assert "4" in changed
    assert not changed & {"2", "3"}
