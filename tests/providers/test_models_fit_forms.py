"""What the table says that a model of Wan, Kling or Runway can do, its form has words for."""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import shortdrama.providers
from providers.contract import picture
from shortdrama.domain.model import Capability, Mode, Sound
from shortdrama.generation.ports import Reference, Submission
from shortdrama.providers.capabilities import CapabilityTable
from shortdrama.providers.kling import forms as kling_forms
from shortdrama.providers.runway import forms as runway_forms
from shortdrama.providers.wan import forms as wan_forms

TABLE = Path(shortdrama.providers.__file__).with_name("capabilities.toml")
IDS = [model["id"] for model in tomllib.loads(TABLE.read_text(encoding="utf-8"))["model"]]
Body = Callable[[Submission], Awaitable[dict[str, Any]]]


async def of_kling(submission: Submission) -> dict[str, Any]:
    return await kling_forms.body_of(submission, "k")


def form_of(model: str) -> Body | None:
    if model in runway_forms._FORMS:
        return runway_forms.body_of
    if model.startswith("kling-"):
        return of_kling
    return wan_forms.body_of if model.startswith(("wan2", "wan3.", "happyhorse-")) else None


OURS = [model for model in IDS if form_of(model) is not None]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], list[Reference]]:
    folder = tmp_path_factory.mktemp("pictures")
    made: dict[str, Reference] = {}

    def of(size: str, count: int) -> list[Reference]:
        if size not in made:
            made[size] = picture(folder / f"{size}.png", 0, size)
        return [made[size]] * count

    return of


def wishes_of(capability: Capability) -> dict[str, Any]:
    wishes: dict[str, Any] = {"seed": 7} if capability.has_seed else {}
    if capability.has_negative_prompt:
        wishes["negative_prompt"] = "rain"
    if capability.sound is Sound.SWITCH:
        wishes["sound"] = False
    return wishes


def is_ruled_out(capability: Capability, mode: Mode, size: str) -> bool:
    return any(
        rule.sizes and size not in rule.sizes and rule.given == (("mode", (mode.value,)),)
        for rule in capability.rules
    )


@pytest.mark.anyio
@pytest.mark.parametrize("model", OURS)
async def test_every_choice_can_be_sent(
    model: str, pictures: Callable[[str, int], list[Reference]]
) -> None:
    capability = CapabilityTable().capability_of(model)
    form = form_of(model)
    assert form is not None
    assert capability.modes
    most = {Mode.TEXT: 0, Mode.FIRST_FRAME: 1, Mode.FIRST_LAST: 2}
    for size in capability.sizes:
        for mode in capability.modes:
            if is_ruled_out(capability, mode, size):
                continue
            count = most.get(mode, 2)
            wishes = wishes_of(capability)
            seconds = capability.default_seconds
            asked = (size, tuple(pictures(size, count)), "k", wishes, mode)
            body = await form(Submission("a cat", model, seconds, *asked))
            assert str(seconds) in str(body)


def test_the_modes_of_runway_are_those_of_its_fields() -> None:
    for model in set(OURS) & set(runway_forms._FORMS):
        text, image = runway_forms._FORMS[model]
        form = runway_forms._Form(frozenset(text.split()), frozenset(image.split()))
        assert set(CapabilityTable().capability_of(model).modes) <= set(form.modes)


def test_all_three_vendors_are_in_the_table() -> None:
    assert {model.split("-")[0] for model in OURS} >= {"wan3.0", "kling", "gen4.5", "seedance2"}
