"""Which fields Runway's models know. It refuses a request with a field too many, before it costs.

From the request types of runwayml 5.24.0 (text_to_video, image_to_video), read 2026-11-23. A model
that is not listed gets the fields that most models know.
"""

from __future__ import annotations

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
from shortdrama.providers.wishes import need_mode, need_no, need_sound, wishes_of

# The text of a picture may have 5 MB; it is a third longer than the picture.
_PICTURES = PictureLimits(5 * 1024**2 * 3 // 4 - 1024, longest_px=8000)
_MOST_REFERENCES = 30

# What the size becomes: "pixels" 720:1280; "names" 9:16; "auto" auto_720p; "tier" 720p in a field
# of its own; "shaped" nothing at all. Then the fields, and what pictures may be.
_KNOWN = {
    "gen4.5": ("pixels seed", "pixels seed first"),
    "gen4_turbo": ("", "pixels seed first"),
    "veo3.1 veo3.1_fast": ("pixels audio seed negative", "pixels audio seed negative first last"),
    "kling3.0_4k kling3.0_pro kling3.0_standard": ("pixels audio", "pixels audio first last"),
    "klingO3_4k klingO3_pro klingO3_standard": ("pixels audio", "pixels audio first last"),
    "kling2.5_turbo_pro": ("pixels", "shaped first last"),
    "kling_4": ("pixels references", "auto first last"),
    "seedance2 seedance2_fast seedance2_mini seedance2_5": (
        "pixels audio seed references",
        "pixels audio seed first last",
    ),
    "wan3 wan3_prime": ("pixels audio references", "auto audio first last"),
    "hailuo3": ("names tier references", "names tier first last"),
    "happyhorse_1_0": ("pixels", "tier first"),
    "gemini_omni_flash": ("pixels", "pixels first"),
    "gemini_omni_flash_1.1": ("pixels references", "pixels first last"),
    "grok_imagine_1_5": ("names tier references", "tier first"),
    "grok_imagine_1_5_lite": ("pixels", "auto first"),
    # From text alone it has no field for the shape.
    "h3_max": ("", "tier seed first last"),
}
_UNKNOWN = ("pixels audio seed negative references", "pixels audio seed negative first last")
_FORMS = {model: words for models, words in _KNOWN.items() for model in models.split()}
# Clips of these begin in the shape of their first frame, whatever is asked for.
_SHAPED = frozenset({"auto", "shaped"})
_TIERS = {"1440p": "2k"}


@dataclass(frozen=True, slots=True)
class _Form:
    text: frozenset[str]  # for /v1/text_to_video; empty where the model is not there
    image: frozenset[str]  # for /v1/image_to_video

    @property
    def modes(self) -> tuple[Mode, ...]:
        may = {
            Mode.TEXT: bool(self.text),
            Mode.REFERENCES: "references" in self.text,
            Mode.FIRST_FRAME: "first" in self.image,
            Mode.FIRST_LAST: "last" in self.image,
        }
        return tuple(mode for mode, is_there in may.items() if is_there)

    def words_of(self, mode: Mode) -> frozenset[str]:
        return self.text if mode in {Mode.TEXT, Mode.REFERENCES} else self.image


def path_of(mode: Mode) -> str:
    is_text = mode in {Mode.TEXT, Mode.REFERENCES}
    return "/v1/text_to_video" if is_text else "/v1/image_to_video"


async def body_of(submission: Submission) -> dict[str, Any]:
    """The request's JSON.

    Raises:
        ProviderError: The model has no field for what was ordered (`kind="unsupported"`).
        InvalidInput: A picture cannot be read.
    """
    text, image = _FORMS.get(submission.model, _UNKNOWN)
    form = _Form(frozenset(text.split()), frozenset(image.split()))
    need_mode(submission, form.modes, _MOST_REFERENCES)
    words = form.words_of(submission.mode)
    return {
        "model": submission.model,
        "promptText": submission.prompt,
        "duration": submission.seconds,
        **_measures(submission, words),
        **await _pictures(submission, words),
        **_wishes(submission, words),
    }


def _measures(submission: Submission, words: frozenset[str]) -> dict[str, str]:
    size = submission.size
    width, height = measures_of(size)
    tier = _TIERS.get(resolution_of(size), resolution_of(size))
    made = {}
    if "pixels" in words:
        made["ratio"] = f"{width}:{height}"
    if "names" in words:
        made["ratio"] = ratio_of(size)
    if "auto" in words:
        made["ratio"] = f"auto_{tier}"
    if "tier" in words:
        made["resolution"] = tier
    return made


async def _pictures(submission: Submission, words: frozenset[str]) -> dict[str, Any]:
    if submission.mode in {Mode.FIRST_FRAME, Mode.FIRST_LAST}:
        has_shape = words & {"pixels", "names"}
        if not has_shape or words & _SHAPED:
            await need_shape(submission.references[0], submission.size)
    limits = _PICTURES.shared_by(len(submission.references))
    uris = [
        (await read_picture(reference, submission.size, limits)).data_url
        for reference in submission.references
    ]
    if submission.mode is Mode.REFERENCES:
        return {"references": [{"uri": uri} for uri in uris]}
    places = zip(("first", "last"), uris, strict=False)
    framed = [{"uri": uri, "position": position} for position, uri in places]
    return {"promptImage": framed} if framed else {}


def _wishes(submission: Submission, words: frozenset[str]) -> dict[str, Any]:
    wishes = wishes_of(submission)
    made: dict[str, Any] = {}
    if "audio" in words:
        made["audio"] = wishes.sound
    elif wishes.sound is not None:
        need_sound(submission, _sound_of(submission.model))
    if "seed" in words:
        made["seed"] = wishes.seed
    else:
        need_no(wishes.seed, mark("seed"), submission.model)
    if "negative" in words:
        made["negativePrompt"] = wishes.negative_prompt or None
    else:
        need_no(wishes.negative_prompt, mark("negative prompt"), submission.model)
    return {name: value for name, value in made.items() if value is not None} | dict(wishes.own)


def _sound_of(model: str) -> Sound:
    """Of models without a switch: whether there is sound is not in the types."""
    silent = ("gen4", "kling2.5")
    return Sound.NEVER if model.startswith(silent) else Sound.ALWAYS
