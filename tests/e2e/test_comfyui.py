"""A ComfyUI of one's own: workflows dropped into the settings become models that make takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from doubles.comfyui_double import ComfyUIDouble
from doubles.comfyui_workflows import WAN_PICTURE, WAN_TEXT, as_text
from e2e.studio_process import StudioProcess

pytestmark = pytest.mark.browser


@pytest.fixture
def comfy() -> Iterator[ComfyUIDouble]:
    with ComfyUIDouble() as double:
        double.default(polls=["pending", "running"], seconds=4)
        yield double


def test_workflows_become_models_and_one_makes_a_take(
    studio_server: StudioProcess, page: Page, comfy: ComfyUIDouble, tmp_path: Path
) -> None:
    files = {"Wan text": as_text(WAN_TEXT), "Wan picture": as_text(WAN_PICTURE), "Wrong": "{}"}
    for name, text in files.items():
        (tmp_path / f"{name}.json").write_text(text)
    page.goto(f"{studio_server.url}/settings")
    page.get_by_role("button", name="ComfyUI").click()
    form = page.get_by_role("form", name="Connect a model")
    form.get_by_label("Workflows").set_input_files(tmp_path / "Wrong.json")
    form.get_by_label("Base URL").fill(comfy.url)
    form.get_by_label("Name, if you like").fill("My card")
    form.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("no ComfyUI workflow in API format")
    given = [tmp_path / "Wan text.json", tmp_path / "Wan picture.json"]
    form.get_by_label("Workflows").set_input_files(given)
    form.get_by_role("button", name="Connect", exact=True).click()
    card = page.get_by_role("region", name="My card")
    expect(card).to_contain_text("All checks passed")
    expect(card).to_contain_text("Ready. Prompt, length and size are the take’s.")
    assert comfy.submits() == 0

    page.goto(studio_server.url)
    page.get_by_role("button", name="Model").click()
    page.get_by_role("menu", name="Model").get_by_text("Wan text").click()
    page.get_by_role("textbox", name="Prompt").fill("A fox in the snow")
    expect(page.locator("[data-money]")).to_have_text("Free")
    page.locator("[data-more]").click()
    page.get_by_label("Seed").fill("42")
    page.get_by_label("What must not be seen").fill("blur")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Generate").click()
    page.get_by_label("Viewer").locator("video").wait_for(timeout=60_000)
    (sent,) = comfy.bodies("/prompt")
    graph = sent["prompt"]
    assert graph["6"]["inputs"]["text"] == "A fox in the snow"
    assert graph["7"]["inputs"]["text"] == "blur"
    assert graph["3"]["inputs"]["seed"] == 42
    assert graph["55"]["inputs"]["length"] == 65  # 4 s at 16 a second, and one


def test_a_refused_workflow_is_said_by_its_node(
    studio_server: StudioProcess, page: Page, comfy: ComfyUIDouble
) -> None:
    comfy.default(submit="node_error")
    wish = {
        "name": "My card",
        "base_url": comfy.url,
        "models": [],
        "protocol": "comfyui",
        "options": {"workflow:Wan": as_text(WAN_TEXT)},
    }
    httpx.post(f"{studio_server.url}/api/connections", json=wish).raise_for_status()
    order = {"prompt": "A fox", "model": "Wan", "seconds": 4, "size": "704x1280"}
    httpx.post(f"{studio_server.url}/api/takes", json=order).raise_for_status()
    page.goto(studio_server.url)
    takes = page.get_by_label("Viewer")
    expect(takes).to_contain_text("ComfyUI refused the workflow at node 37 “UNETLoader”")
    expect(takes).to_contain_text("Mend it in ComfyUI and export the workflow again.")


def test_a_picture_workflow_wants_its_picture_before_the_click(
    studio_server: StudioProcess, page: Page, comfy: ComfyUIDouble
) -> None:
    wish = {
        "base_url": comfy.url,
        "models": [],
        "protocol": "comfyui",
        "options": {"workflow:Wan": as_text(WAN_PICTURE)},
    }
    httpx.post(f"{studio_server.url}/api/connections", json=wish).raise_for_status()
    order = {"prompt": "A fox", "model": "Wan", "seconds": 5, "size": "480x832"}
    refused = httpx.post(f"{studio_server.url}/api/takes", json=order).json()["error"]
    assert refused["code"] == "picture_needed"
    assert comfy.submits() == 0
    page.goto(studio_server.url)
    page.get_by_role("button", name="Model").click()
    page.get_by_role("menu", name="Model").get_by_text("Wan").click()
    page.get_by_role("textbox", name="Prompt").fill("A fox")
    expect(page.locator("#prompt-problems")).to_contain_text("Wan makes takes from pictures only")
