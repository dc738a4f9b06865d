"""How Kling's models want an order written: an endpoint for each kind of task, data for the rest.

From the vendor's pages on text, image, multi-image and omni video and its capability map (v1 to
v3), read 2026-11-23. Kling 4.0's own form is not published yet; fal and Runway have the model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shortdrama.domain.model import Mode, Sound
from shortdrama.errors import mark
from shortdrama.generation.ports import Submission
from shortdrama.providers.frames import (
    PictureLimits,
    need_shape,
    ratio_of,
    read_picture,
    resolution_of,
)
from shortdrama.providers.wishes import cannot, need_mode, need_no, need_sound, wishes_of

# 10 MB by the pages; four of them go into one body.
_PICTURES = PictureLimits(5_000_000, frozenset({"image/jpeg", "image/png"}), longest_px=4096)
_RATIOS = frozenset({"16:9", "9:16", "1:1"})
_MOST_PICTURES = {"multi-image2video": 4, "omni-video": 7}
_FRAMES = frozenset({Mode.FIRST_FRAME, Mode.FIRST_LAST})

_TEXT: Mapping[Mode, str] = {Mode.TEXT: "text2video"}
_IMAGE: Mapping[Mode, str] = {Mode.FIRST_FRAME: "image2video"}
_TAIL: Mapping[Mode, str] = {**_IMAGE, Mode.FIRST_LAST: "image2video"}
_MULTI: Mapping[Mode, str] = {Mode.REFERENCES: "multi-image2video"}
_OMNI: Mapping[Mode, str] = dict.fromkeys(Mode, "omni-video")
_PRO = {"720p": "std", "1080p": "pro"}


@dataclass(frozen=True, slots=True)
class _Form:
    """How requests of the models that match `models` are written.

    Attributes:
        endpoints: By mode.
        qualities: The vendor's `mode` by resolution; "" where the model has only one.
        is_tail_pro: Only "pro" takes a last frame.
    """

    models: str
    endpoints: Mapping[Mode, str]
    qualities: Mapping[str, str]
    sound: Sound = Sound.NEVER
    is_tail_pro: bool = True


_FORMS = (
    _Form(r"kling-v3-omni|kling-v[4-9].*omni", _OMNI, {**_PRO, "4k": "4k"}, Sound.SWITCH, False),
    _Form(r"kling-video-o1|.*omni", _OMNI, _PRO, is_tail_pro=False),
    _Form(r"kling-v1$", {**_TEXT, **_TAIL}, {"720p": "std"}, is_tail_pro=False),
    _Form(r"kling-v1-5$", _TAIL, _PRO),
    _Form(r"kling-v1-6$", {**_TEXT, **_TAIL, **_MULTI}, _PRO),
    _Form(r"kling-v2-master$", {**_TEXT, **_IMAGE}, {"720p": ""}),
    _Form(r"kling-v2-1-master$", {**_TEXT, **_IMAGE}, {"1080p": ""}),
    _Form(r"kling-v2-1$", _TAIL, _PRO),
    _Form(r"kling-v2-5", {**_TEXT, **_TAIL}, _PRO),
    _Form(r"kling-v2-6", {**_TEXT, **_TAIL}, _PRO, Sound.SWITCH),
    # v3, and whatever is written like it.
    _Form("", {**_TEXT, **_TAIL}, {**_PRO, "4k": "4k"}, Sound.SWITCH, False),
)


def endpoint_of(submission: Submission) -> str:
    """The kind of task. Raises `ProviderError` (`kind="unsupported"`) for a mode it has not."""
    form = _form_of(submission.model)
    if submission.mode not in form.endpoints:
        need_mode(submission, form.endpoints)
    return form.endpoints[submission.mode]


async def body_of(submission: Submission, external_id: str) -> dict[str, Any]:
    """The request's JSON.

    Raises:
        ProviderError: The model has no word for what was ordered (`kind="unsupported"`).
        InvalidInput: A picture cannot be read.
    """
    form, endpoint = _form_of(submission.model), endpoint_of(submission)
    need_mode(submission, form.endpoints, _MOST_PICTURES.get(endpoint, 1))
    wishes = wishes_of(submission)
    need_no(wishes.seed, mark("seed"), submission.model)
    body: dict[str, Any] = {
        "model_name": submission.model,
        "prompt": submission.prompt,
        "negative_prompt": wishes.negative_prompt or None,
        "duration": str(submission.seconds),  # a number is refused
        "mode": _quality(submission, form) or None,
        "sound": _sound(submission, form),
        "aspect_ratio": None if submission.mode in _FRAMES else _ratio(submission.size),
        "external_task_id": external_id or None,
        **await _pictures(submission, endpoint),
    }
    return {name: value for name, value in body.items() if value is not None} | dict(wishes.own)


async def _pictures(submission: Submission, endpoint: str) -> dict[str, Any]:
    """Bare base64: with "data:" in front it is refused."""
    if submission.mode in _FRAMES:
        await need_shape(submission.references[0], submission.size)
    limits = _PICTURES.shared_by(len(submission.references))
    texts = [
        (await read_picture(reference, submission.size, limits)).base64
        for reference in submission.references
    ]
    if endpoint == "image2video":
        return dict(zip(("image", "image_tail"), texts, strict=False))
    if endpoint == "multi-image2video":
        return {"image_list": [{"image": text} for text in texts]}
    if endpoint == "omni-video" and texts:
        kinds = ("first_frame", "end_frame") if submission.mode in _FRAMES else ()
        items: list[dict[str, str]] = [{"image_url": text} for text in texts]
        for item, kind in zip(items, kinds, strict=False):
            item["type"] = kind
        return {"image_list": items}
    return {}


def _quality(submission: Submission, form: _Form) -> str:
    resolution = resolution_of(submission.size)
    if resolution not in form.qualities:
        raise cannot(
            "The model %(model)s makes %(known)s, not %(resolution)s.",
            model=submission.model[:200],
            known=", ".join(form.qualities),
            resolution=resolution,
        )
    if submission.mode is Mode.FIRST_LAST and form.is_tail_pro and resolution != "1080p":
        raise cannot(
            "With a last frame the model %(model)s makes 1080p only.", model=submission.model[:200]
        )
    return form.qualities[resolution]


def _sound(submission: Submission, form: _Form) -> str | None:
    wished = wishes_of(submission).sound
    need_sound(submission, form.sound)
    if wished is None or form.sound is not Sound.SWITCH:
        return None
    if wished and submission.model.startswith("kling-v2-6"):
        _need_sound_of_2_6(submission)
    return "on" if wished else "off"


def _need_sound_of_2_6(submission: Submission) -> None:
    is_pro = resolution_of(submission.size) == "1080p"
    if not is_pro or submission.mode is Mode.FIRST_LAST:
        raise cannot(
            "The model %(model)s makes sound in 1080p only, and not with a last frame.",
            model=submission.model[:200],
        )


def _ratio(size: str) -> str:
    ratio = ratio_of(size)
    if ratio not in _RATIOS:
        raise cannot("Kling makes 9:16, 16:9 and 1:1, not %(size)s.", size=size[:40])
    return ratio


def _form_of(model: str) -> _Form:
    return next(form for form in _FORMS if re.match(form.models, model))
