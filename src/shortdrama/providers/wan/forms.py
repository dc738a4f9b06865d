"""How DashScope's families of video models want an order written: data, a row for a family.

From the vendor's pages on text, image and reference to video (2.6, 2.7 and 3.0) and dashscope
2.0.2, read 2026-11-23. A model that matches no row is written to as the newest are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shortdrama.domain.model import Mode, Sound
from shortdrama.errors import mark
from shortdrama.generation.ports import Submission
from shortdrama.providers.frames import (
    PictureLimits,
    measures_of,
    need_shape,
    ratio_of,
    read_picture,
    resolution_of,
)
from shortdrama.providers.wishes import (
    Wishes,
    cannot,
    need_mode,
    need_no,
    need_sound,
    wishes_of,
)

_MAKE = "/services/aigc/video-generation/video-synthesis"
_MAKE_BETWEEN = "/services/aigc/image2video/video-synthesis"
# 20 MB by the pages; as text they are a third more, and bodies have limits of their own.
_PICTURES = PictureLimits(7_000_000, longest_px=8000, is_opaque=True)
_OLD_PICTURES = PictureLimits(7_000_000, longest_px=2000, is_opaque=True)
_INPUT_WORDS = frozenset({"audio_url", "template", "function", "reference_video_urls"})
_FRAMES = frozenset({Mode.FIRST_FRAME, Mode.FIRST_LAST})


def _by_pixels(size: str, _mode: Mode) -> dict[str, str]:
    width, height = measures_of(size)
    return {"size": f"{width}*{height}"}


def _by_tier(size: str, _mode: Mode) -> dict[str, str]:
    return {"resolution": _tier(size)}


def _by_ratio(size: str, mode: Mode) -> dict[str, str]:
    # A clip that begins with a picture has the shape of that picture.
    ratio = "adaptive" if mode in _FRAMES else _ratio(size)
    return {"resolution": _tier(size), "ratio": ratio}


@dataclass(frozen=True, slots=True)
class _Form:
    """How requests of the models that match `models` are written.

    Attributes:
        pictures: What each picture is called, by mode; the last name stands for all that follow.
        place: Where they go: "fields" or "list" of `input`, or its "media".
    """

    models: str
    pictures: Mapping[Mode, tuple[str, ...]]
    place: str
    measure: Callable[[str, Mode], dict[str, str]]
    path: str = _MAKE
    limits: PictureLimits = _PICTURES


_TEXT: Mapping[Mode, tuple[str, ...]] = {Mode.TEXT: ()}
_FIRST: Mapping[Mode, tuple[str, ...]] = {Mode.FIRST_FRAME: ("first_frame",)}
_FIRST_LAST: Mapping[Mode, tuple[str, ...]] = {Mode.FIRST_LAST: ("first_frame", "last_frame")}
_REFERENCES: Mapping[Mode, tuple[str, ...]] = {Mode.REFERENCES: ("reference_image",)}
_OLD = r"wanx?2\.[0-6]"
_FORMS = (
    _Form(rf"{_OLD}-t2v", _TEXT, "fields", _by_pixels),
    _Form(
        rf"{_OLD}-i2v",
        {Mode.FIRST_FRAME: ("img_url",)},
        "fields",
        _by_tier,
        limits=_OLD_PICTURES,
    ),
    _Form(
        rf"{_OLD}-kf2v",
        {Mode.FIRST_LAST: ("first_frame_url", "last_frame_url")},
        "fields",
        _by_tier,
        _MAKE_BETWEEN,
        _OLD_PICTURES,
    ),
    _Form(
        rf"{_OLD}-r2v",
        {Mode.REFERENCES: ("reference_urls",)},
        "list",
        _by_pixels,
        limits=_OLD_PICTURES,
    ),
    _Form(r"(wan2\.7|happyhorse-[\d.]+)-t2v", _TEXT, "media", _by_ratio),
    _Form(r"wan2\.7-i2v", {**_FIRST, **_FIRST_LAST}, "media", _by_tier),
    _Form(r"happyhorse-[\d.]+-i2v", _FIRST, "media", _by_tier),
    _Form(r"(wan2\.7|happyhorse-[\d.]+)-r2v", _REFERENCES, "media", _by_ratio),
    # 3.0, and whatever comes after it: one model for everything.
    _Form("", {**_TEXT, **_FIRST, **_FIRST_LAST, **_REFERENCES}, "media", _by_ratio),
)
_SOUNDS = (
    (r"wanx?2\.[0-4]", Sound.NEVER),
    (r"wan2\.[56]", Sound.SWITCH),
    (r"wan2\.7|happyhorse", Sound.ALWAYS),
    ("", Sound.SWITCH),
)
_WITH_NEGATIVE = re.compile(r"wanx?2\.")


def path_of(model: str) -> str:
    return _form_of(model).path


async def body_of(submission: Submission) -> dict[str, Any]:
    """The request's JSON.

    Raises:
        ProviderError: The model has no word for what was ordered (`kind="unsupported"`).
        InvalidInput: A picture cannot be read.
    """
    form = _form_of(submission.model)
    need_mode(submission, form.pictures)
    wishes = wishes_of(submission)
    sound = next(sound for models, sound in _SOUNDS if re.match(models, submission.model))
    need_sound(submission, sound)
    if not _WITH_NEGATIVE.match(submission.model):
        need_no(wishes.negative_prompt, mark("negative prompt"), submission.model)
    parameters: dict[str, Any] = {
        **form.measure(submission.size, submission.mode),
        "duration": submission.seconds,
    }
    if wishes.seed is not None:
        parameters["seed"] = wishes.seed
    if wishes.sound is not None and sound is Sound.SWITCH:
        parameters["audio"] = wishes.sound
    return {
        "model": submission.model,
        "input": await _input(submission, form, wishes),
        "parameters": parameters
        | {key: value for key, value in wishes.own.items() if key not in _INPUT_WORDS},
    }


async def _input(submission: Submission, form: _Form, wishes: Wishes) -> dict[str, Any]:
    made: dict[str, Any] = {"prompt": submission.prompt}
    if wishes.negative_prompt:
        made["negative_prompt"] = wishes.negative_prompt
    if submission.mode in _FRAMES:
        await need_shape(submission.references[0], submission.size)
    names = form.pictures[submission.mode]
    limits = form.limits.shared_by(len(submission.references))
    urls = [
        (await read_picture(reference, submission.size, limits)).data_url
        for reference in submission.references
    ]
    named = [(names[min(number, len(names) - 1)], url) for number, url in enumerate(urls)]
    if form.place == "media" and named:
        made["media"] = [{"type": name, "url": url} for name, url in named]
    elif form.place == "list":
        made[names[0]] = urls
    else:
        made |= dict(named)
    return made | {key: value for key, value in wishes.own.items() if key in _INPUT_WORDS}


def _tier(size: str) -> str:
    tier = resolution_of(size).upper()
    if tier not in {"480P", "720P", "1080P"}:
        raise cannot("The provider makes 480p, 720p and 1080p, not %(size)s.", size=size[:40])
    return tier


def _ratio(size: str) -> str:
    ratio = ratio_of(size)
    if ratio not in {"16:9", "9:16", "1:1", "4:3", "3:4"}:
        raise cannot(
            "The provider makes 9:16, 16:9, 1:1, 3:4 and 4:3, not %(size)s.", size=size[:40]
        )
    return ratio


def _form_of(model: str) -> _Form:
    return next(form for form in _FORMS if re.match(form.models, model))
