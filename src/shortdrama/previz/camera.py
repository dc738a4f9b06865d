"""What the camera does: read from the prompt, and where it looks at each moment. Pure.

A move is drawn on a canvas that is as large as the frame, or larger where the camera travels.
Windows are fractions of that canvas, so that the same move fits every frame size.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "push",
    "pull",
    "pan_left",
    "pan_right",
    "tilt_up",
    "tilt_down",
    "whip_left",
    "whip_right",
    "hold",
]
Window = tuple[float, float, float, float]

_LY = r"(?:\s+\w+ly)?"
_CAMERA = rf"(?:camera|lens|shot|view|we){_LY}(?:\s+(?:then|starts to|begins to|will|can))?{_LY}\s+"
_NO_OBJECT = r"(?!\s+(?:the|an?|his|her|their|my|your|its|some|two|three)\b(?!\s+(?:shot|frame)))"
_SIDE = r"(?:(?:slow|quick|gent)\w*\s+)?(?:to(?:wards?)?\s+(?:the\s+)?|from\s+\w+\s+to\s+)?"
_CUE = (
    r"(?:^|(?<=[.,;:!?()\n—–\[-])|(?<=[.,;:!?()\n—–\[-]\s)|(?<=\bthen\s)|(?<=\bslow\s)|(?<=ly\s))"
)

# Phrases per move. English ones need word edges; verbs that people also do (push, pull, hold,
# tilt) count only without an object, or when the camera is the one who does them.
_PHRASES: tuple[tuple[str, str], ...] = (
    ("hold", r"\b(?:no|zero|without(?: any)?) (?:camera|lens) (?:move|moves|movement|motion)\b"),
    (
        "hold",
        r"\b(?:static|locked|locked[- ]?off|lock[- ]?off|fixed|tripod|motionless)(?:[ -]off)?"
        r" (?:\w+ )?(?:camera|shot|frame|framing|angle|wide|close-?up)\b",
    ),
    ("hold", r"\b(?:locked[- ]off|lock-off|still shot|static)\b(?! (?:noise|electricity|on the))"),
    (
        "hold",
        rf"\b{_CAMERA}(?:is |stays |remains |keeps )?(?:completely |perfectly |entirely )?"
        r"(?:still|static|fixed|locked|motionless|holds?|does(?:n't| not) move)\b",
    ),
    ("hold", rf"{_CUE}(?:hold|holding) (?:on|the (?:shot|frame))\b"),
    ("hold", r"\b(?:long|quiet|steady) hold\b"),
    ("whip", rf"\b(?:whip|swish|snap)(?:[ -]?pan(?:s|ning)?|s)?\s+{_SIDE}(?P<dir>left|right)\b"),
    ("whip", r"\b(?:(?:whip|swish|snap)[ -]?pan(?:s|ning)?|camera whips|whip (?:move|to\b))"),
    (
        "push",
        r"\b(?:dolly|dollies|dollying|zoom(?:s|ing)?|track(?:s|ing)?)(?:[ -]shot)?[ -]"
        r"(?:\w+ly )?in(?:to|wards?)?\b(?! the (?:mud|snow|sand|dirt))",
    ),
    ("push", rf"\bpush(?:ing)?[ -](?:\w+ly )?in(?:wards?)?\b{_NO_OBJECT}"),
    ("push", rf"{_CUE}pushes (?:\w+ly )?in\b{_NO_OBJECT}"),
    (
        "push",
        rf"\b{_CAMERA}(?:pushes|push|moves?|moving|creeps?|glides?|drifts?|inches|closes?|"
        r"travels?|flies|comes?)"
        rf"{_LY}\s+(?:in|into|closer|forwards?|toward|towards|near(?:er)?|up to)\b",
    ),
    ("push", r"\b(?:slow|gentle|gradual|subtle|hard) push\b|\bcrash zoom\b|\bpush-?in\b"),
    (
        "pull",
        r"\b(?:dolly|dollies|dollying|zoom(?:s|ing)?|track(?:s|ing)?)[ -]"
        r"(?:\w+ly )?(?:out|back|backwards?|away)\b",
    ),
    ("pull", rf"\bpull(?:ing)?[ -](?:\w+ly )?(?:out|back|away)\b{_NO_OBJECT}"),
    ("pull", rf"{_CUE}pulls (?:\w+ly )?(?:out|back|away)\b{_NO_OBJECT}"),
    (
        "pull",
        rf"\b{_CAMERA}(?:pulls?|moves?|drifts?|glides?|backs?|retreats?|travels?|flies)"
        rf"{_LY}\s+(?:out|back|backwards?|away|off)\b",
    ),
    ("pull", r"\b(?:slow|gentle) pull\b|\bpull-?(?:out|back)\b"),
    (
        "tilt",
        rf"\b(?:pan(?:s|ning)?|crane(?:s|ing)?|crane shot|boom(?:s|ing)?|pedestal)[ -]{_SIDE}"
        r"(?P<dir>up|down)(?:wards?)?\b",
    ),
    ("tilt", rf"\btilt(?:ing)?[ -]{_SIDE}(?P<dir>up|down)(?:wards?)?\b{_NO_OBJECT}"),
    ("tilt", rf"{_CUE}tilts {_SIDE}(?P<dir>up|down)(?:wards?)?\b{_NO_OBJECT}"),
    (
        "tilt",
        rf"\b{_CAMERA}(?:tilts?|moves?|rises?|climbs?|cranes?|drops?|sinks?|descends?|lowers?)"
        rf"(?:{_LY}\s+{_SIDE}(?P<dir>up|down)(?:wards?)?)?\b(?! (?:in|out|back|left|right))",
    ),
    (
        "pan",
        rf"\b(?<!frying )(?:pan(?:s|ning)?|dolly|dollies|dollying)[ -]{_SIDE}(?P<dir>left|right)"
        r"(?:wards?)?\b",
    ),
    (
        "pan",
        rf"{_CUE}(?:track|truck|crab|slide|sweep|strafe)(?:s|ing)?[ -]{_SIDE}"
        r"(?P<dir>left|right)(?:wards?)?\b",
    ),
    (
        "pan",
        rf"\b{_CAMERA}(?:pans?|tracks?|trucks?|slides?|moves?|glides?|drifts?|sweeps?|travels?)"
        rf"{_LY}\s+{_SIDE}(?P<dir>left|right)(?:wards?)?\b",
    ),
    (
        "pan",
        r"\bpan(?:s|ning)? (?:across|over|along)\b|\bslow pan\b|\bpanning shot\b|\bpan shot\b"
        r"|\b(?:tracking|trucking|travelling) shot\b",
    ),
    ("pan", rf"\b{_CAMERA}(?:pans?|tracks?|trucks?|sweeps?)\b"),
    # Chinese
    (
        "hold",
        r"固定(?:镜头|机位|拍摄|视角)?(?!资产|住|在)|定镜|静止镜头|镜头(?:保持)?(?:静止|不动|固定)"
        r"|机位不动|(?:无|没有|不要)(?:任何)?(?:运镜|镜头运动|镜头移动)",
    ),
    (
        "whip",
        r"(?:向|往)?(?P<dir>左|右)甩|甩镜(?:头)?(?:向|到|往)?(?P<dir2>左|右)?|镜头[急快猛]?速?甩"
        r"|急摇|快速?摇镜",
    ),
    (
        "push",
        r"推近|拉近|(?<!被)推进(?!了|门|屋|房|去|计划)|推镜|推轨|镜头[^，。；！？\n]{0,4}推"
        r"|[缓慢]推|推向[^，。]{0,6}(?:脸|面部|特写)|放大镜头|变焦放大",
    ),
    (
        "pull",
        r"拉远|拉镜|镜头[^，。；！？\n]{0,4}(?:拉出|拉开|后退|后移|后拉|拉后)|[缓慢]拉|拉出全景",
    ),
    (
        "tilt",
        r"(?P<dir>上|下)(?:摇|移镜)|摇(?:镜头?)?(?:向|到|至|往)?(?P<dir2>上|下)"
        r"|镜头[^，。；！？\n]{0,4}(?P<dir3>上升|下降|上移|下移)|(?P<dir4>升镜|降镜|仰拍|俯拍)",
    ),
    (
        "pan",
        r"(?P<dir>左|右)(?:摇|平移|横移|移镜)"
        r"|(?:摇镜头?|平移|横移|移镜头?|摇)(?:向|到|至|往)?(?P<dir2>左|右)"
        r"|镜头[^，。；！？\n]{0,4}(?P<dir3>左移|右移)",
    ),
    ("pan", r"摇镜|镜头[^，。；！？\n]{0,3}摇(?!晃)|平移镜头|镜头平移|横移镜头|镜头横移|跟拍|移镜"),
)
_COMPILED = tuple((kind, re.compile(phrase, re.I)) for kind, phrase in _PHRASES)

_NEGATED = re.compile(
    r"(?:\b(?:no|not|never|without|avoid|nor|don[’']t|doesn[’']t|isn[’']t|do not)\b"
    r"(?:\s+(?!but\b)[\w’'-]+){0,3}[\s-]*|(?:不要|不用|不需要|不|别|无|没有|勿|避免|禁止)[^，。；\s]{0,3})$",
    re.I,
)
_CLAUSE_END = re.compile(r"[.,;:!?\n，。；：！？、]")
_GENTLE = re.compile(
    r"\b(?:slow|slowly|gentle|gently|subtle|subtly|slight|slightly|gradual\w*|creep\w*)\b|缓|慢|轻轻|微"
)
_SWIFT = re.compile(
    r"\b(?:fast|quick|quickly|rapid|rapidly|sudden|suddenly|crash|hard|dramatic\w*)\b|急|快速|猛|迅速"
)
_DOWN = ("down", "下", "降", "俯", "drop", "sink", "descend", "lower")


@dataclass(frozen=True, slots=True)
class Move:
    """One camera move. `amount` 1.0 is the usual travel; `focus` is what it goes to, 0..1."""

    kind: Kind
    amount: float = 1.0
    focus: tuple[float, float] = (0.5, 0.42)

    @property
    def span(self) -> tuple[float, float]:
        """How much wider and taller than the frame the canvas has to be."""
        if self.kind.startswith("pan"):
            return 1.0 + 0.26 * self.amount, 1.0
        if self.kind.startswith("whip"):
            return 1.75, 1.0
        if self.kind.startswith("tilt"):
            return 1.0, 1.0 + 0.2 * self.amount
        return 1.0, 1.0

    def window_at(self, moment: float) -> Window:
        """Left, top, right, bottom as fractions of the canvas at `moment` 0..1 of the clip."""
        start, end = self._ends()
        eased = self._ease(min(1.0, max(0.0, moment)))
        left, top, right, bottom = (a + (b - a) * eased for a, b in zip(start, end, strict=True))
        return left, top, right, bottom

    def _ease(self, moment: float) -> float:
        if self.kind.startswith("whip"):
            moment = min(1.0, max(0.0, (moment - 0.42) / 0.09))
        return moment * moment * (3.0 - 2.0 * moment)

    def _ends(self) -> tuple[Window, Window]:
        if self.kind == "hold":
            return (0.0, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 1.0)
        if self.kind in ("push", "pull"):
            whole, near = (
                (0.0, 0.0, 1.0, 1.0),
                _window_around(self.focus, 1 / (1 + 0.2 * self.amount)),
            )
            return (whole, near) if self.kind == "push" else (near, whole)
        wide, high = self.span
        first: Window = (0.0, 0.0, 1 / wide, 1 / high)
        last: Window = (1 - 1 / wide, 1 - 1 / high, 1.0, 1.0)
        return (first, last) if self.kind.endswith(("right", "down")) else (last, first)


def plan_camera(prompt: str, seed: int) -> Move:
    """Read the move from the prompt: the first one mentioned, negated ones left out.

    A prompt that only forbids moves is held. One that says nothing gets a mild move that suits
    its framing, chosen by `seed`. Give the prompt without its dialogue: actors do not direct.
    """
    chance = random.Random(f"camera {seed}")  # noqa: S311 - a picture, not a secret
    mentions, has_negated = _find_mentions(prompt)
    focus = (chance.uniform(0.42, 0.58), chance.uniform(0.36, 0.44))
    if mentions:
        _, name, match = mentions[0]
        return Move(_directed(name, match, chance), _read_amount(prompt, match), focus)
    if has_negated:
        return Move("hold", 1.0, focus)
    return Move(_suit(prompt, chance), chance.uniform(0.55, 0.75), focus)


def _find_mentions(prompt: str) -> tuple[list[tuple[int, str, re.Match[str]]], bool]:
    mentions: list[tuple[int, str, re.Match[str]]] = []
    has_negated = False
    for name, pattern in _COMPILED:
        for match in pattern.finditer(prompt):
            if _NEGATED.search(
                _CLAUSE_END.split(prompt[max(0, match.start() - 60) : match.start()])[-1]
            ):
                has_negated = True
            else:
                mentions.append((match.start(), name, match))
                break
    mentions.sort(key=lambda mention: mention[0])
    # Of phrases that overlap the one with a side knows best ("slow pan left" over "slow pan"),
    # then the longest ("whip pan left" over "pan left").
    together = [m for m in mentions if m[0] < mentions[0][2].end()]
    together.sort(key=lambda m: (m[1] == "pan", not any(m[2].groups()), -len(m[2].group())))
    return together, has_negated


def _directed(name: str, match: re.Match[str], chance: random.Random) -> Kind:
    side = next((value for value in match.groupdict().values() if value), "").lower()
    if name == "tilt":
        said = side or match.group().lower()
        return "tilt_down" if any(word in said for word in _DOWN) else "tilt_up"
    if name in ("pan", "whip"):
        is_left = side in ("left", "左", "左移") if side else chance.random() < 0.5
        if name == "pan":
            return "pan_left" if is_left else "pan_right"
        return "whip_left" if is_left else "whip_right"
    kinds: dict[str, Kind] = {"push": "push", "pull": "pull"}
    return kinds.get(name, "hold")


def _read_amount(prompt: str, match: re.Match[str]) -> float:
    nearby = prompt[max(0, match.start() - 24) : match.end() + 24].lower()
    if _SWIFT.search(nearby):
        return 1.5
    return 0.65 if _GENTLE.search(nearby) else 1.0


def _suit(prompt: str, chance: random.Random) -> Kind:
    if re.search(r"close-?\s?up|portrait|face\b|eyes\b|特写|近景", prompt, re.I):
        return "push"
    if re.search(
        r"\b(?:wide|establishing|landscape|aerial|panorama)\b|全景|远景|大全", prompt, re.I
    ):
        choices: tuple[Kind, ...] = ("pan_left", "pan_right", "pull", "tilt_up")
        return chance.choice(choices)
    usual: tuple[Kind, ...] = ("push", "push", "push", "pull", "pan_left", "pan_right")
    return chance.choice(usual)


def _window_around(focus: tuple[float, float], share: float) -> Window:
    left = min(max(focus[0] - share / 2, 0.0), 1.0 - share)
    top = min(max(focus[1] - share / 2, 0.0), 1.0 - share)
    return left, top, left + share, top + share
