"""What htmx's morph keeps and what it does not: upgrade htmx only with this green.

The page's own configuration and its extension for touched controls are part of what is tested.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from e2e.studio_process import StudioProcess

pytestmark = pytest.mark.browser


@pytest.fixture
def room(page: Page, shared_studio: StudioProcess) -> Page:
    """The page with an empty element to morph, and `morph(html)` to do it by."""
    page.goto(shared_studio.url)
    page.evaluate(
        """async () => {
          await customElements.whenDefined("prompt-panel");
          const room = document.createElement("div");
          room.id = "room";
          document.body.append(room);
          window.morph = text => htmx.swap(
            { sourceElement: document.body, text, target: room, swap: "innerMorph" });
        }"""
    )
    return page


def put(page: Page, html: str) -> None:
    page.evaluate("html => { document.getElementById('room').innerHTML = html; }", html)


def morph(page: Page, html: str) -> None:
    page.evaluate("html => window.morph(html)", html)


def look(page: Page, expression: str) -> Any:
    return page.evaluate(expression)


def test_a_focused_field_keeps_node_value_and_caret(room: Page) -> None:
    put(room, '<p>a</p><input id="f" value="server">')
    look(room, "window.f = f; f.focus(); f.value = 'typed here'; f.setSelectionRange(3, 5)")
    morph(room, '<p>new</p><p>a</p><input id="f" value="server">')
    state = look(
        room,
        "[f === window.f, f.value, f.selectionStart, f.selectionEnd, document.activeElement === f]",
    )
    assert state == [True, "typed here", 3, 5, True]


def test_unfocused_text_is_kept_unless_the_server_changed_it(room: Page) -> None:
    put(room, '<input id="a" value="s"><input id="b" value="s">')
    look(room, "a.value = 'typed'; b.value = 'typed'")
    morph(room, '<input id="a" value="s"><input id="b" value="server now">')
    assert look(room, "[a.value, b.value]") == ["typed", "server now"]


def test_an_element_that_moves_is_the_same_element(room: Page) -> None:
    put(room, '<ul><li id="x">x</li><li id="y">y</li></ul><div id="side"></div>')
    look(room, "window.x0 = x")
    morph(room, '<ul><li id="y">y</li></ul><div id="side"><i id="z"></i></div><b id="x">x</b>')
    morph(room, '<ul><li id="y">y</li><li id="x">x</li></ul>')
    put(room, '<video id="v" muted></video><p id="p"></p>')
    look(room, "window.v0 = v")
    morph(room, '<p id="p"></p><section><video id="v" muted></video></section>')
    assert look(room, "v === window.v0")


def test_details_that_somebody_opened_stay_open(room: Page) -> None:
    put(room, "<details><summary>s</summary>a</details>")
    look(room, "document.querySelector('#room details').open = true")
    morph(room, "<details><summary>s</summary>b</details>")
    assert look(room, "document.querySelector('#room details').open")


def test_a_modal_dialog_stays_a_modal_dialog(room: Page) -> None:
    put(room, '<dialog id="d">a</dialog>')
    look(room, "d.showModal()")
    morph(room, '<dialog id="d">b</dialog>')
    assert look(room, "[d.open, d.matches(':modal'), d.textContent]") == [True, True, "b"]


def test_an_open_popover_stays_open(room: Page) -> None:
    put(room, '<div id="pop" popover>a</div>')
    look(room, "pop.showPopover()")
    morph(room, '<div id="pop" popover>b</div>')
    assert look(room, "[pop.matches(':popover-open'), pop.textContent]") == [True, "b"]


def test_touched_controls_take_what_the_server_says(room: Page) -> None:
    put(room, '<input type="checkbox" id="c"><select id="s"><option>1<option>2</select>')
    look(room, "c.checked = true; s.value = '2'")
    morph(room, '<input type="checkbox" id="c"><select id="s"><option selected>1<option>2</select>')
    assert look(room, "[c.checked, s.value]") == [False, "1"]


def test_what_must_not_be_touched_is_skipped(room: Page) -> None:
    put(room, '<div id="k" hx-morph-skip></div><div id="c" hx-morph-skip-children></div>')
    look(room, "k.textContent = c.textContent = 'by script'; k.title = 'mine'")
    morph(
        room,
        '<div id="k" hx-morph-skip></div><div id="c" class="new" hx-morph-skip-children></div>',
    )
    assert look(room, "[k.textContent, k.title, c.textContent, c.className]") == [
        "by script", "mine", "by script", "new",
    ]  # fmt: skip


def test_an_error_page_is_never_swapped_into_the_page(room: Page) -> None:
    room.route("**/panels/lists?**", lambda route: route.fulfill(status=500, body="<b>bug</b>"))
    event = "new CustomEvent('studio-event', {detail: {kind: 'resync', data: {}}})"
    look(room, f"document.dispatchEvent({event})")
    room.wait_for_timeout(300)
    assert "bug" not in room.locator("#takes").inner_text()
