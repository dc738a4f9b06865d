"""What was ordered, taken apart: the house's own words and the vendor's; and what to say, before
anything is sent, where a vendor has no word for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from shortdrama.domain.model import Mode, Sound
from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError, mark
from shortdrama.generation.ports import Submission

_PICTURES = {Mode.TEXT: (0, 0), Mode.FIRST_FRAME: (1, 1), Mode.FIRST_LAST: (2, 2)}
_NAMES = {
    Mode.TEXT: mark("text alone"),
    Mode.FIRST_FRAME: mark("a first frame"),
    Mode.FIRST_LAST: mark("a first and a last frame"),
    Mode.REFERENCES: mark("references"),
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """`extra` of an order. None and "" where nobody wished for anything.

    Attributes:
        own: The vendor's own words, merged into the request as they are.
    """

    seed: int | None = None
    sound: bool | None = None
    negative_prompt: str = ""
    own: Mapping[str, Any] = field(default_factory=dict)


def wishes_of(submission: Submission) -> Wishes:
    own = dict(submission.extra)
    seed, sound = own.pop("seed", None), own.pop("sound", None)
    negative = own.pop("negative_prompt", None)
    return Wishes(
        seed=int(seed) if isinstance(seed, int | float) and isfinite(seed) else None,
        sound=sound if isinstance(sound, bool) else None,
        negative_prompt=str(negative or "").strip(),
        own=own,
    )


def cannot(template: str, **details: Any) -> ProviderError:
    """An order that the vendor has no word for; certainly not sent."""
    return ProviderError(template, kind=FailureKind.UNSUPPORTED, not_sent=True, **details)


def need_mode(submission: Submission, modes: Collection[Mode], most_references: int = 99) -> None:
    """Raises `ProviderError` (`kind="unsupported"`) for a mode that is not among `modes`, and for
    another number of pictures than its mode has."""
    mode, count = submission.mode, len(submission.references)
    if mode not in modes:
        raise cannot(
            "The model %(model)s makes no clips from %(what)s.",
            model=submission.model[:200],
            what=_NAMES[mode],
        )
    least, most = _PICTURES.get(mode, (1, most_references))
    if not least <= count <= most:
        raise cannot(
            "For %(what)s the model %(model)s takes %(least)s to %(most)s pictures, not %(count)s.",
            what=_NAMES[mode],
            model=submission.model[:200],
            least=least,
            most=most,
            count=count,
        )


def need_sound(submission: Submission, sound: Sound) -> None:
    """Raises `ProviderError` (`kind="unsupported"`) where sound cannot be as it was wished for."""
    wished = wishes_of(submission).sound
    if wished is True and sound is Sound.NEVER:
        raise cannot("The model %(model)s makes no sound.", model=submission.model[:200])
    if wished is False and sound is Sound.ALWAYS:
        raise cannot("The model %(model)s always makes sound.", model=submission.model[:200])


def need_no(wish: object, what: str, model: str) -> None:
    """Raises `ProviderError` (`kind="unsupported"`) where there is a wish; `what` is marked."""
    if wish not in (None, ""):
        raise cannot("The model %(model)s knows no %(what)s.", model=model[:200], what=what)
