"""Connecting a model in the page: checked for free, used for a take, its key never seen again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from doubles.sora2_double import Sora2Double
from e2e.studio_process import StudioProcess

pytestmark = pytest.mark.browser
KEY = "sk-made-up-for-this-test"


@pytest.fixture
def provider() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=KEY, poll_after_ms=100) as double:
        yield double


def choose(page: Page, vendor: str) -> Locator:
    """The form of a vendor."""
    if page.locator("#connect:not([open])").count():
        page.locator("#connect > summary").click()
    page.get_by_role("button", name=vendor).click()
    return page.get_by_role("form", name="Connect a model")


def connect(page: Page, url: str, key: str, model: str = "double-1") -> None:
    form = choose(page, "Another server")
    form.get_by_label("Base URL").fill(url)
    form.get_by_label("Model ids").fill(model)
    form.get_by_label("Key, if the server wants one").fill(key)
    form.get_by_label("Name, if you like").fill("Gateway")
    form.get_by_role("button", name="Connect", exact=True).click()


def test_a_model_is_connected_checked_used_and_disconnected(
    studio_server: StudioProcess, page: Page, provider: Sora2Double
) -> None:
    page.goto(f"{studio_server.url}/settings")
    connect(page, provider.base_url, KEY)
    card = page.get_by_role("region", name="Gateway")
    expect(card).to_contain_text("kept until the studio stops")
    card.get_by_role("button", name="Check").click()
    expect(card).to_contain_text("The server answers in")
    expect(card).to_contain_text("Nothing was charged.")
    assert provider.submits() == 0
    assert KEY not in page.content()

    page.goto(studio_server.url)
    page.get_by_role("textbox", name="Prompt").fill("A tram at night")
    page.get_by_role("button", name="Model").click()
    page.get_by_role("menu", name="Model").get_by_text("double-1").click()
    page.get_by_role("button", name="Generate").click()
    page.get_by_label("Viewer").locator("video").wait_for(timeout=60_000)
    assert provider.submits("A tram at night") == 1
    assert KEY not in page.content()

    page.goto(f"{studio_server.url}/settings")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Disconnect Gateway").click()
    expect(page.get_by_role("region", name="Gateway")).to_have_count(0)


def test_a_wrong_key_is_said_in_words(
    studio_server: StudioProcess, page: Page, provider: Sora2Double
) -> None:
    page.goto(f"{studio_server.url}/settings")
    connect(page, provider.base_url, "sk-another-made-up-one")
    card = page.get_by_role("region", name="Gateway")
    with page.expect_response("**/check*"):
        card.get_by_role("button", name="Check").click()
    expect(card).to_contain_text("checks failed")
    assert "sk-another" not in page.content()
    card.get_by_label("Key for Gateway").fill(KEY)
    card.get_by_role("button", name="Save").click()
    expect(card).not_to_contain_text("checks failed")
    card.get_by_role("button", name="Check").click()
    expect(card).to_contain_text("All checks passed")


def test_what_cannot_be_connected_is_said_at_the_form(
    studio_server: StudioProcess, page: Page
) -> None:
    page.goto(f"{studio_server.url}/settings")
    connect(page, "http://gateway.example/v1", KEY)
    expect(page.get_by_role("alert")).to_contain_text("Your key would travel in the clear")
    assert page.get_by_label("Base URL").input_value() == "http://gateway.example/v1"
    assert KEY not in page.content()


def test_one_row_is_called_key_and_it_takes_a_new_one(
    studio_server: StudioProcess, page: Page, provider: Sora2Double
) -> None:
    page.goto(f"{studio_server.url}/settings")
    connect(page, provider.base_url, KEY)
    card = page.get_by_role("region", name="Gateway")
    expect(card).to_contain_text("All checks passed")
    expect(card.get_by_text("Key", exact=True)).to_have_count(1)
    expect(card.get_by_label("Key for Gateway")).to_be_hidden()
    card.get_by_text("Change").click()
    card.get_by_label("Key for Gateway").fill("sk-another-made-up-one")
    card.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("1 of 3 checks failed")
    expect(card.get_by_text("Key", exact=True)).to_have_count(1)
    expect(card.get_by_label("Key for Gateway")).to_be_visible()


def test_what_was_checked_stays_while_others_come_and_go(
    studio_server: StudioProcess, page: Page, provider: Sora2Double
) -> None:
    page.goto(f"{studio_server.url}/settings")
    connect(page, provider.base_url, KEY)
    first = page.get_by_role("region", name="Gateway")
    expect(first).to_contain_text("All checks passed")
    form = choose(page, "Another server")
    expect(form.get_by_label("Base URL")).to_have_value("")
    form.get_by_label("Base URL").fill("http://127.0.0.1:9/v1")
    form.get_by_label("Model ids").fill("far-1")
    form.get_by_label("Name, if you like").fill("Far away")
    form.get_by_role("button", name="Connect", exact=True).click()
    second = page.get_by_role("region", name="Far away")
    expect(second).to_contain_text("does not answer at port 9")
    expect(first).to_contain_text("All checks passed")
    page.on("dialog", lambda dialog: dialog.accept())
    second.get_by_role("button", name="Disconnect").click()
    expect(second).to_have_count(0)
    expect(first).to_contain_text("All checks passed")
    page.reload()
    expect(page.get_by_role("region", name="Far away")).to_have_count(0)
    expect(first).to_contain_text("All checks passed")
    expect(first).to_contain_text(re.compile(r"Checked \d\d:\d\d"))


def test_the_environment_s_connection_is_shown_and_cannot_be_changed(
    tmp_path: Path, page: Page, provider: Sora2Double
) -> None:
    studio = StudioProcess(
        tmp_path / "data",
        SORA2_BASE_URL=provider.base_url,
        SORA2_API_KEY=KEY,
        SORA2_MODEL="double-1",
    )
    studio.start()
    try:
        page.goto(f"{studio.url}/settings")
        card = page.get_by_role("region", name="127.0.0.1")
        expect(card).to_contain_text("The key comes from SORA2_API_KEY.")
        expect(card).to_contain_text("Set by environment variables")
        card.get_by_role("button", name="Check").click()
        expect(card).to_contain_text("All checks passed")
        expect(card.locator("input:not([type=hidden])")).to_have_count(0)
        expect(card.get_by_role("button", name="Disconnect")).to_have_count(0)
        assert KEY not in page.content()
    finally:
        studio.stop()


def test_a_vendor_s_form_is_filled_in_but_for_the_key(
    studio_server: StudioProcess, page: Page
) -> None:
    page.goto(f"{studio_server.url}/settings")
    form = choose(page, "Google Veo")
    expect(form.get_by_label("Base URL")).to_have_value(re.compile("generativelanguage"))
    expect(form.get_by_label("Model ids")).to_have_value(re.compile("veo-3.1"))
    form.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("A key is needed")
    form.get_by_role("button", name="Choose another").click()
    expect(page.get_by_role("button", name="ComfyUI")).to_be_visible()


def test_a_connection_is_changed_and_keeps_its_key(
    studio_server: StudioProcess, page: Page, provider: Sora2Double
) -> None:
    page.goto(f"{studio_server.url}/settings")
    connect(page, provider.base_url, KEY)
    card = page.get_by_role("region", name="Gateway")
    expect(card).to_contain_text("All checks passed")
    card.get_by_role("button", name="Change Gateway").click()
    form = page.get_by_role("form", name="Change Gateway")
    form.get_by_label("Model ids").fill("double-1, double-2")
    form.get_by_text("More settings").click()
    form.get_by_label("Takes at once").fill("none")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("is no whole number")
    form.get_by_label("Takes at once").fill("3")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    expect(card).to_contain_text("double-2")
    (kept,) = httpx.get(f"{studio_server.url}/api/connections").json()
    assert (kept["max_at_once"], kept["models"], kept["has_key"]) == (
        3,
        ["double-1", "double-2"],
        True,
    )


def test_own_figures_are_checked_before_the_click(
    studio_server: StudioProcess, page: Page, provider: Sora2Double
) -> None:
    page.goto(f"{studio_server.url}/settings")
    connect(page, provider.base_url, KEY)
    card = page.get_by_role("region", name="Gateway")
    expect(card).to_contain_text("nothing is known of it")
    expect(card).to_contain_text("All checks passed")
    card.locator(".figures > summary").click()
    form = page.get_by_role("form", name="Figures of double-1")
    form.get_by_label("Seconds").fill("7")
    form.get_by_label("Sizes").fill("tall")
    form.get_by_role("button", name="Save figures").click()
    expect(page.get_by_role("alert")).to_contain_text("A size is width x height")
    form.get_by_label("Seconds").fill("7, 9")
    form.get_by_label("Dollars a second").fill("0.05")
    form.get_by_role("button", name="Save figures").click()
    expect(card).to_contain_text("7, 9 s · $0.05 a second · own figures")

    page.goto(studio_server.url)
    page.get_by_role("button", name="Model").click()
    page.get_by_role("menu", name="Model").get_by_text("double-1").click()
    expect(page.locator("[data-pick=seconds]")).to_contain_text("7 s")
    expect(page.locator("[data-money]")).to_have_text("$0.35")
    order = {"prompt": "x", "model": "double-1", "seconds": 5}
    refused = httpx.post(f"{studio_server.url}/api/takes", json=order)
    assert refused.json()["error"]["code"] == "seconds_unsupported"
    assert provider.submits() == 0


def test_a_connection_whose_check_failed_is_marked_in_the_menu_of_models(
    studio_server: StudioProcess, page: Page
) -> None:
    page.goto(f"{studio_server.url}/settings")
    connect(page, "http://127.0.0.1:9/v1", KEY, "far-1")
    expect(page.get_by_role("region", name="Gateway")).to_contain_text("checks failed")
    bare = {"base_url": "https://gateway.example", "models": ["veo-3.1"]}  # needs no key
    made = httpx.post(f"{studio_server.url}/api/connections", json=bare).json()
    veo = bare | {"protocol": "veo"}
    httpx.put(f"{studio_server.url}/api/connections/{made['id']}", json=veo).raise_for_status()
    page.goto(studio_server.url)
    page.get_by_role("button", name="Model").click()
    menu = page.get_by_role("menu", name="Model")
    expect(menu.get_by_role("menuitemradio", name="far-1")).to_have_text(
        re.compile("Gateway · check failed")
    )
    without = menu.get_by_role("menuitemradio", name="no key")
    expect(without).to_contain_text(" · no key")
    expect(without).to_be_disabled()
    expect(menu.get_by_role("menuitemradio", name="Previz")).not_to_contain_text("failed")


def test_nobody_is_asked_to_trust_their_own_machine(
    studio_server: StudioProcess, page: Page
) -> None:
    page.goto(f"{studio_server.url}/settings")
    form = choose(page, "Another server")
    trust, here = form.get_by_label("I trust this server"), form.get_by_text("of this machine")
    form.get_by_label("Base URL").fill("http://192.168.1.5:8091/v1")
    expect(trust).to_be_visible()
    trust.check()
    for url in ("http://127.0.0.1:8091/v1", "http://localhost", "http://[::1]:9"):
        form.get_by_label("Base URL").fill(url)
        expect(trust).to_be_hidden()
        expect(here).to_be_visible()
    form.get_by_label("Model ids").fill("near-1")
    form.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("region", name="::1")).to_be_visible()
    (kept,) = httpx.get(f"{studio_server.url}/api/connections").json()
    assert not kept["is_trusted"]
