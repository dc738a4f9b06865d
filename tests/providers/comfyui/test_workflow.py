"""Where a request goes in a workflow: by titles, and where it can be seen without them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from doubles.comfyui_workflows import TITLED, WAN_PICTURE, WAN_TEXT, as_text, changed
from shortdrama.domain.model import Mode
from shortdrama.errors import InvalidInput
from shortdrama.providers.comfyui.slots import Place
from shortdrama.providers.comfyui.workflow import (
    Filling,
    capability_of,
    fill_workflow,
    read_workflow,
)


def node(class_type: str, title: str = "", /, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs, "_meta": {"title": title}}


def filling(**changes: Any) -> Filling:
    return Filling(**{"prompt": "p", "seconds": 5, "size": "720x1280", "seed": 1, **changes})


def test_the_obvious_is_found_without_titles() -> None:
    workflow = read_workflow(as_text(WAN_TEXT))
    assert workflow.places == {
        "prompt": (Place("6", "text"),),
        "negative": (Place("7", "text"),),
        "seed": (Place("3", "seed"),),
        "width": (Place("55", "width"),),
        "height": (Place("55", "height"),),
        "frames": (Place("55", "length"),),
    }
    assert (workflow.fps, workflow.savers, workflow.mode) == (16, ("58",), Mode.TEXT)


def test_prompt_is_followed_through_the_node_that_takes_the_picture() -> None:
    workflow = read_workflow(as_text(WAN_PICTURE))
    assert workflow.places["prompt"] == (Place("6", "text"),)
    assert workflow.places["negative"] == (Place("7", "text"),)
    assert workflow.pictures == (("first_frame", Place("52", "image")),)
    assert workflow.mode is Mode.FIRST_FRAME


def test_titles_say_it_where_nothing_can_be_seen() -> None:
    workflow = read_workflow(as_text(TITLED))
    assert workflow.places["prompt"] == (Place("1", "value"),)
    assert workflow.places["seed"] == (Place("3", "seed"),)
    assert workflow.places["frames"] == (Place("3", "count"),)
    assert workflow.places["width"] == (Place("3", "width"),)
    assert [slot for slot, _ in workflow.pictures] == ["first_frame", "last_frame"]
    assert (workflow.fps, workflow.savers, workflow.mode) == (24, ("6",), Mode.FIRST_LAST)


def test_a_title_beats_what_was_seen() -> None:
    graph = changed(WAN_TEXT, n9=node("StringBox", "shortdrama:prompt", value="x"))
    assert read_workflow(as_text(graph)).places["prompt"] == (Place("9", "value"),)


def test_values_are_followed_through_links_to_a_value_node() -> None:
    graph = changed(WAN_TEXT, n90=node("PrimitiveInt", value=720))
    graph["55"]["inputs"]["width"] = ["90", 0]
    workflow = read_workflow(as_text(graph))
    assert workflow.places["width"] == (Place("90", "value"),)
    assert workflow.own_size == "720x1280"


def test_two_samplers_share_the_seed() -> None:
    second = changed(WAN_TEXT)["3"]
    second["inputs"] = {**second["inputs"], "noise_seed": 0}
    del second["inputs"]["seed"]
    graph = changed(WAN_TEXT, n4=second)
    filled = fill_workflow(read_workflow(as_text(graph)), filling(seed=9))
    assert (filled["3"]["inputs"]["seed"], filled["4"]["inputs"]["noise_seed"]) == (9, 9)


def test_start_and_end_pictures_are_told_apart_by_their_links() -> None:
    graph = changed(
        WAN_PICTURE, n53=node("LoadImage", image="b.png"), n54=node("Resize", image=["53", 0])
    )
    graph["50"]["inputs"]["end_image"] = ["54", 0]
    workflow = read_workflow(as_text(graph))
    assert workflow.pictures == (
        ("first_frame", Place("52", "image")),
        ("last_frame", Place("53", "image")),
    )


def test_references_are_filled_in_order_of_their_nodes() -> None:
    graph = changed(
        WAN_TEXT,
        n10=node("LoadImage", "shortdrama:reference", image="b.png"),
        n9=node("LoadImage", "shortdrama:reference", image="a.png"),
    )
    workflow = read_workflow(as_text(graph))
    assert workflow.mode is Mode.REFERENCES
    filled = fill_workflow(workflow, filling(pictures=("one", "two")))
    assert (filled["9"]["inputs"]["image"], filled["10"]["inputs"]["image"]) == ("one", "two")


@pytest.mark.parametrize(("seconds", "frames"), [(2, 33), (5, 81)])
def test_seconds_become_frames_and_one(seconds: int, frames: int) -> None:
    filled = fill_workflow(read_workflow(as_text(WAN_TEXT)), filling(seconds=seconds))
    assert filled["55"]["inputs"]["length"] == frames


def test_the_export_itself_is_never_changed() -> None:
    workflow = read_workflow(as_text(WAN_TEXT))
    fill_workflow(workflow, filling())
    assert workflow.graph == WAN_TEXT


def test_with_frames_put_in_between_the_rate_must_be_told() -> None:
    """What is saved at 32 frames a second was generated at 16."""
    graph = changed(WAN_TEXT, n59=node("RIFE VFI", frames=["8", 0], multiplier=2))
    graph["57"]["inputs"]["fps"] = 32
    workflow = read_workflow(as_text(graph))
    assert workflow.fps is None
    assert not workflow.takes_seconds
    graph["55"]["_meta"]["title"] = "shortdrama:frames@16"
    assert read_workflow(as_text(graph)).fps == 16


def test_a_workflow_of_one_length_says_so_and_makes_no_other() -> None:
    graph = changed(WAN_TEXT)
    graph["55"]["inputs"]["length"] = ["90", 0]
    graph["90"] = node("Maths", a=5, b=16)
    workflow = read_workflow(as_text(graph))
    assert not workflow.takes_seconds
    titled = changed(graph, n91=node("PrimitiveFloat", "shortdrama:seconds", value=5.0))
    assert fill_workflow(read_workflow(as_text(titled)), filling(seconds=7))["91"]["inputs"] == {
        "value": 7
    }


def test_one_size_is_refused_where_there_is_no_place_for_it() -> None:
    workflow = read_workflow(as_text(WAN_TEXT))
    with pytest.raises(InvalidInput, match="takes 0 pictures; the request has 1"):
        fill_workflow(workflow, filling(pictures=("a",)))


def test_what_it_can_do_is_told_by_the_workflow() -> None:
    capability = capability_of("wan", read_workflow(as_text(WAN_PICTURE)))
    assert capability.modes == (Mode.FIRST_FRAME,)
    assert (capability.default_seconds, capability.default_size) == (5, "480x832")
    assert (capability.seconds, capability.sizes) == ((), ())
    assert (capability.max_references, capability.at_once) == (1, 1)
    assert capability.micro_usd(5, "480x832") == 0
    assert capability.has_seed
    assert capability.has_negative_prompt


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        (json.dumps({"nodes": [], "links": []}), "saved for ComfyUI’s editor"),
        (json.dumps({"1": {"a": 2}}), "no ComfyUI workflow in API format"),
        (json.dumps([]), "no ComfyUI workflow"),
        (as_text({"1": node("X", a=1)}), "no place for the prompt"),
        (as_text({"1": node("X", "shortdrama:promt", a=1)}), "names no slot: promt"),
        (as_text({"1": node("X", "shortdrama:prompt", a=1)}), "has no input for it"),
        (as_text({"1": node("X", "shortdrama:prompt=b", a=1)}), "has no input for it"),
    ],
)
def test_what_is_no_workflow_says_what_to_do(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_workflow(text)
