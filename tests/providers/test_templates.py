"""Templates of marketplaces' models: the shipped ones, and what follows from a person's own."""

from __future__ import annotations

from pathlib import Path

import pytest

import shortdrama.providers
from shortdrama.domain.model import Mode, Sound
from shortdrama.errors import InvalidInput
from shortdrama.generation.ports import Submission
from shortdrama.providers.capabilities import CapabilityTable
from shortdrama.providers.outputs import clip_address
from shortdrama.providers.templates import TemplateBook, put_text_in_words

HERE = Path(shortdrama.providers.__file__).parent
FILES = {name: HERE / name / "templates.toml" for name in ("fal", "replicate")}
MODELS = [(name, model) for name, file in FILES.items() for model in TemplateBook(file).models]


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_a_shipped_template_and_what_is_told_of_the_model_agree(name: str, model: str) -> None:
    template = TemplateBook(FILES[name]).find(model)
    capability = CapabilityTable().capability_of(model)
    assert capability.is_known
    assert set(capability.modes) == set(template.ways)
    for way in template.ways.values():
        assert (capability.sound is Sound.SWITCH) == bool(way.names.get("sound"))
        assert capability.has_seed == bool(way.names.get("seed"))
        assert capability.has_negative_prompt == bool(way.names.get("negative_prompt"))
    for size in capability.sizes:
        for seconds in capability.seconds:
            put_text_in_words(template, Submission("a cat", model, seconds, size))


OWN = """
[[template]]
model = "me/mine"
seconds_as = "8s"
seconds = "length"
ratio = "ratio"
first = "image"
last = "end"
seed = "seed"
[[template]]
model = "me/fixed"
fixed = {seconds = 6}
size = "size"
words = {"720x1280" = "720*1280"}
"""


def test_what_follows_from_a_persons_own_template() -> None:
    book = TemplateBook(FILES["fal"], OWN)
    mine = book.describe("me/mine")
    assert mine is not None
    assert mine.modes == (Mode.TEXT, Mode.FIRST_FRAME, Mode.FIRST_LAST)
    assert (mine.has_seed, mine.sound, mine.max_references) == (True, Sound.UNKNOWN, 2)
    fixed = book.describe("me/fixed", "me/fixed:3fa")
    assert fixed is not None
    assert (fixed.model, fixed.seconds, fixed.modes) == ("me/fixed:3fa", (6,), (Mode.TEXT,))
    asked = put_text_in_words(book.find("me/fixed"), Submission("a cat", "me/fixed", 6, "720x1280"))
    assert asked.arguments == {"prompt": "a cat", "size": "720*1280"}


def test_a_shipped_model_is_left_to_the_tables_unless_a_person_described_it_anew() -> None:
    assert TemplateBook(FILES["fal"]).describe("fal-ai/veo3.1") is None
    own = '[[template]]\nmodel = "fal-ai/veo3.1"\nfixed = {seconds = 8}'
    anew = TemplateBook(FILES["fal"], own).describe("fal-ai/veo3.1")
    assert anew is not None
    assert anew.seconds == (8,)


def test_a_model_without_a_template_is_said_when_it_is_connected() -> None:
    with pytest.raises(InvalidInput, match="no template for fal-ai/nobody-knows"):
        TemplateBook(FILES["fal"]).describe("fal-ai/nobody-knows")
    book = TemplateBook(FILES["fal"], '[[template]]\nmodel = "*"\nseconds = "duration"')
    described = book.describe("fal-ai/nobody-knows")
    assert described is not None
    assert described.modes == (Mode.TEXT,)


@pytest.mark.parametrize(
    ("output", "address"),
    [
        ("https://x/a", "https://x/a"),
        (["https://x/a.png", "https://x/b.mp4?sig=1"], "https://x/b.mp4?sig=1"),
        ({"video": {"url": "https://x/a"}}, "https://x/a"),
        (
            {
                "thumbnail": {"url": "https://x/a", "content_type": "image/png"},
                "clip": {"url": "https://x/b", "content_type": "video/mp4"},
            },
            "https://x/b",
        ),
        ({"output": {"videos": [{"url": "https://x/a.webm"}]}}, "https://x/a.webm"),
        ({"seed": 7}, None),
        ({"error": "No.", "docs": "https://x/errors", "more": {"url": "https://x/more"}}, None),
        (
            {"still": {"url": "https://x/a.png"}, "out": {"url": "https://x/b.mp4"}},
            "https://x/b.mp4",
        ),
        (None, None),
        ("flagged", None),
        ({"video": {"url": "https://[broken"}}, "https://[broken"),
    ],
)
def test_the_clip_is_found_in_any_shape(output: object, address: str | None) -> None:
    assert clip_address(output) == address
