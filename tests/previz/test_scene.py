"""What is read from a prompt, and what the seed may fill in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortdrama.previz.palette import mix_palette
from shortdrama.previz.scene import describe_scene


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("Kitchen at night", {"place": "kitchen", "hour": "night", "people": ()}),
        ("厨房,清晨", {"place": "kitchen", "hour": "dawn"}),
        ("rainy street at dusk", {"place": "street", "hour": "dusk", "weather": "rain"}),
        ("夜市,灯笼,雨", {"place": "market", "hour": "night", "weather": "rain"}),
        ("A hospital corridor", {"place": "corridor"}),
        ("Snow on the mountain", {"place": "mountain", "weather": "snow"}),
        ("森林 薄雾", {"place": "forest", "weather": "fog"}),
        ("He drives a car", {"place": "car", "people": ("man",)}),
        ("电车里的女孩", {"place": "tram", "people": ("woman",)}),
        ("天台 两人 夜晚", {"place": "rooftop", "people": ("person", "person")}),
        ("Mei stands by the window", {"place": "room", "people": ("person",)}),
        ("Mei and Li in a cafe", {"people": ("person", "person"), "place": "cafe"}),
        ("Two women on a bridge", {"people": ("woman", "woman")}),
        ("A couple kiss, the girl cries", {"people": ("woman", "man")}),
        ("a father and his daughter at sea", {"people": ("man", "woman"), "place": "sea"}),
        ("close-up of a man", {"framing": "close"}),
        ("特写 女孩", {"framing": "close"}),
        ("wide shot of a field", {"framing": "wide", "place": "field"}),
        ("INT. LIBRARY - NIGHT", {"place": "room", "hour": "night"}),
        ("A tense chase", {"mood": "tension"}),
        ("The Sunset Over The River", {"place": "river", "hour": "dusk", "people": ()}),
        ("seashell on a plate", {"people": ()}),
    ],
)
def test_reading(prompt: str, wanted: dict[str, object]) -> None:
    scene = describe_scene(prompt, 5)
    assert {key: getattr(scene, key) for key in wanted} == wanted


def test_spoken_words_are_not_the_place() -> None:
    scene = describe_scene("Kitchen. “I miss the sea and the snow.”", 5)
    assert (scene.place, scene.weather) == ("kitchen", "clear")
    assert scene.people == ("person",)


@given(st.text(max_size=300), st.integers(0, 2**63))
@settings(max_examples=60, deadline=None)
def test_any_text_gives_a_scene_and_a_palette(text: str, seed: int) -> None:
    scene = describe_scene(text, seed)
    assert scene == describe_scene(text, seed)
    assert mix_palette(scene) == mix_palette(scene)
    assert scene.bed.seed == seed


def test_rain_is_heard_outside_more_than_inside() -> None:
    outside = describe_scene("street in the rain", 1).bed
    inside = describe_scene("bedroom, rain", 1).bed
    dry = describe_scene("street at noon, clear", 1).bed
    assert outside.rain > inside.rain > dry.rain == 0
