"""What a model cannot do, said before anything is paid for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shortdrama.domain.asset import Asset
from shortdrama.domain.model import Capability, Mode, Sound
from shortdrama.errors import fill, mark

MAX_SECONDS = 600
_SIZE = re.compile(r"[1-9]\d{1,4}x[1-9]\d{1,4}")
# How vendors call what an order says itself, without case and dashes. Sent along with the order,
# they would go before it, and the clip would be another one than its estimate and caps are about.
_ORDERED = frozenset(
    {"model", "modelid", "modelname", "prompt", "quality", "mode"}
    | {"seconds", "duration", "durations", "durationseconds", "frames", "numframes", "framecount"}
    | {"size", "width", "height", "resolution", "ratio", "aspectratio"}
    | {"n", "num", "numvideos", "numberofvideos", "numoutputs", "samplecount", "batchsize"}
)
_MOST_DEEP = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request cannot go, at the field where it can be mended."""

    where: str  # prompt, model, seconds, size, references or extra
    code: str
    template: str  # with `%(name)s` for what `details` holds
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        return fill(self.template, self.details)


@dataclass(frozen=True, slots=True)
class Wish:
    """A request as typed, before it is a take."""

    prompt: str
    seconds: int
    size: str
    references: tuple[Asset, ...] = ()
    mode: Mode | None = None  # None: the first way that fits
    extra: Mapping[str, Any] = field(default_factory=dict)


def find_problems(wish: Wish, capability: Capability) -> list[Problem]:
    """Every reason why the model cannot do this; nothing is ever changed silently."""
    found = [
        _prompt_problem(wish, capability),
        _seconds_problem(wish, capability),
        _size_problem(wish, capability),
        _count_problem(wish, capability),
        _kind_problem(wish.references, capability),
        _mode_problem(wish, capability),
        *_rule_problems(wish, capability),
        *_extra_problems(wish.extra, capability),
        _order_words_problem(wish, capability),
    ]
    return [problem for problem in found if problem is not None]


def _prompt_problem(wish: Wish, capability: Capability) -> Problem | None:
    most, count = capability.max_prompt_chars, capability.prompt_length(wish.prompt)
    if count <= most:
        return None
    parts = {"model": capability.label, "most": most, "count": count}
    if count != len(wish.prompt):
        return Problem(
            "prompt",
            "prompt_too_long",
            "%(model)s reads %(most)s characters, of which an emoji counts as two or more; "
            "this has %(count)s.",
            parts,
        )
    return Problem(
        "prompt",
        "prompt_too_long",
        "%(model)s reads %(most)s characters; this has %(count)s.",
        parts,
    )


def spans(numbers: Sequence[int]) -> str:
    """ "1–20, 30, 45, 60": runs of three and more as one."""
    told: list[str] = []
    run: list[int] = []
    for number in (*numbers, None):
        if run and number == run[-1] + 1:
            run.append(number)
            continue
        told += [f"{run[0]}–{run[-1]}"] if len(run) > 2 else [str(one) for one in run]
        run = [] if number is None else [number]
    return ", ".join(told)


def _seconds_problem(wish: Wish, capability: Capability) -> Problem | None:
    if wish.seconds < 1 or wish.seconds > MAX_SECONDS:
        return Problem("seconds", "seconds_out_of_range", "A take lasts 1 to 600 seconds.")
    if not capability.seconds or wish.seconds in capability.seconds:
        return None
    allowed = spans(capability.seconds)
    parts = {"model": capability.label, "allowed": allowed, "seconds": wish.seconds}
    return Problem(
        "seconds",
        "seconds_unsupported",
        "%(model)s makes takes of %(allowed)s s, not of %(seconds)s s.",
        parts,
    )


def _size_problem(wish: Wish, capability: Capability) -> Problem | None:
    if not _SIZE.fullmatch(wish.size):
        return Problem("size", "size_malformed", "A size is width x height, such as 720x1280.")
    if not capability.sizes or wish.size in capability.sizes:
        return None
    allowed = ", ".join(size.replace("x", " × ") for size in capability.sizes)
    parts = {
        "model": capability.label,
        "allowed": allowed,
        "size": wish.size.replace("x", " × "),
    }
    return Problem("size", "size_unsupported", "%(model)s makes %(allowed)s, not %(size)s.", parts)


def _count_problem(wish: Wish, capability: Capability) -> Problem | None:
    most, count = capability.max_references, len(wish.references)
    if most is None or count <= most:
        return None
    parts = {"model": capability.label, "most": most, "count": count}
    return Problem(
        "references",
        "too_many_references",
        "Too many references for %(model)s: %(count)s, where %(most)s can be used.",
        parts,
    )


def _kind_problem(references: Sequence[Asset], capability: Capability) -> Problem | None:
    wrong = [a for a in references if a.kind.value not in capability.reference_kinds]
    if not wrong:
        return None
    parts = {"model": capability.label, "name": wrong[0].name}
    return Problem(
        "references",
        "reference_kind_unsupported",
        "%(model)s cannot use %(name)s as a reference: it is not a picture.",
        parts,
    )


_PICTURES_OF = {Mode.TEXT: (0, 0), Mode.FIRST_FRAME: (1, 1), Mode.FIRST_LAST: (2, 2)}
_SAID_AS = {
    Mode.TEXT: mark("no pictures"),
    Mode.FIRST_FRAME: mark("a first frame"),
    Mode.FIRST_LAST: mark("a first and a last frame"),
    Mode.REFERENCES: mark("reference pictures"),
}


def _mode_problem(wish: Wish, capability: Capability) -> Problem | None:
    count = len(wish.references)
    if count > (capability.max_references or count):
        return None  # said by their number
    mode = capability.mode_for(count, wish.mode)
    what = _SAID_AS[mode]
    if capability.modes and mode not in capability.modes:
        if mode is Mode.TEXT:
            template = mark("%(model)s makes takes from pictures only. Choose one as a reference.")
            return Problem("references", "picture_needed", template, {"model": capability.label})
        parts = {"model": capability.label, "what": what}
        return Problem(
            "references", "mode_unsupported", "%(model)s makes no takes from %(what)s.", parts
        )
    least, most = _PICTURES_OF.get(mode, (1, count))
    if least <= count <= max(least, most):
        return None
    return Problem(
        "references",
        "mode_needs_other_count",
        "For %(what)s, %(least)s references are needed; there are %(count)s.",
        {"what": what, "count": count, "least": least},
    )


def _rule_problems(wish: Wish, capability: Capability) -> list[Problem]:
    """Where two choices exclude each other."""
    mode = capability.mode_for(len(wish.references), wish.mode)
    chosen = {"mode": mode.value, "size": wish.size, "seconds": str(wish.seconds)}
    broken = []
    for rule in capability.rules:
        if not all(chosen[name] in values for name, values in rule.given):
            continue
        parts = {"model": capability.label}
        if rule.seconds and wish.seconds not in rule.seconds:
            allowed = ", ".join(str(s) for s in rule.seconds)
            template = mark("With these choices %(model)s makes takes of %(allowed)s s only.")
            broken.append(Problem("seconds", "rule", template, {**parts, "allowed": allowed}))
        if rule.sizes and wish.size not in rule.sizes:
            allowed = ", ".join(size.replace("x", " × ") for size in rule.sizes)
            template = mark("With these choices %(model)s makes %(allowed)s only.")
            broken.append(Problem("size", "rule", template, {**parts, "allowed": allowed}))
    return broken


def _extra_problems(extra: Mapping[str, Any], capability: Capability) -> list[Problem]:
    """Of the house's own words; what else a vendor takes is for it to say."""
    parts = {"model": capability.label}
    found = []
    if capability.is_known:
        found = [problem for is_so, problem in _declined(extra, capability, parts) if is_so]
    seed = extra.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        found.append(Problem("extra", "seed_malformed", mark("A seed is a whole number.")))
    return found


def _declined(
    extra: Mapping[str, Any], capability: Capability, parts: dict[str, Any]
) -> list[tuple[bool, Problem]]:
    """Whether each wish is one that the model does not grant."""
    sound = extra.get("sound")
    return [
        (
            extra.get("seed") is not None and not capability.has_seed,
            Problem("extra", "seed_unsupported", "%(model)s takes no seed.", parts),
        ),
        (
            bool(extra.get("negative_prompt")) and not capability.has_negative_prompt,
            Problem(
                "extra",
                "negative_prompt_unsupported",
                "%(model)s takes no negative prompt.",
                parts,
            ),
        ),
        (
            sound is True and capability.sound is Sound.NEVER,
            Problem("extra", "loud_unsupported", "%(model)s makes no sound.", parts),
        ),
        (
            sound is False and capability.sound is Sound.ALWAYS,
            Problem("extra", "silent_unsupported", "%(model)s always makes sound.", parts),
        ),
    ]


def _order_words_problem(wish: Wish, capability: Capability) -> Problem | None:
    """Words that would make a clip of another price than the one that was ordered."""
    if capability.micro_usd(wish.seconds, wish.size) == 0:
        return None
    name = next((name for name in _names_in(wish.extra) if _plain(name) in _ORDERED), None)
    if name is None:
        return None
    template = mark(
        "“%(name)s” cannot be among the model's own words: it could change what the take costs. "
        "Say it with the order's own fields."
    )
    return Problem("extra", "extra_of_order", template, {"name": name[:100]})


def _names_in(value: object, depth: int = 0) -> Iterator[str]:
    """Names of an object's fields, those inside it included."""
    if depth > _MOST_DEEP:
        return
    if isinstance(value, Mapping):
        yield from (str(name) for name in value)
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _names_in(inner, depth + 1)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()
