"""People: flat, faceless forms with a light side, as a storyboard artist blocks them in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import ImageChops, ImageFilter

from shortdrama.previz.paint.canvas import Canvas, Point, limb, oval, smooth
from shortdrama.previz.palette import Colour, Palette, bend, mix, rgb

if TYPE_CHECKING:
    from shortdrama.previz.scene import Scene


@dataclass(frozen=True, slots=True)
class Pose:
    """Where somebody stands. `head` is the head's height as a fraction of the picture's height,
    `crown` the top of it; `facing` is -1 left, 1 right, 0 away from us;
    `style` 0..2 is hair and cut."""

    x: float
    crown: float
    head: float
    facing: int
    kind: str
    lit_from: int
    deep: bool = False
    style: int = 0


def paint_people(canvas: Canvas, scene: Scene, palette: Palette, focus_x: float) -> None:
    """Everybody in the scene around `focus_x`, far ones first."""
    style = int(canvas.random.integers(0, 3))
    for index, pose in enumerate(_place(canvas, scene)):
        if index:
            # Two people, two coats; and only the first carries what the prompt names.
            scene = replace(scene, props=frozenset())
            palette = replace(palette, accent=palette.second, second=palette.accent)
        _paint_person(
            canvas,
            scene,
            palette,
            replace(pose, x=pose.x + focus_x - 0.5, style=(style + index) % 3),
        )


def _place(canvas: Canvas, scene: Scene) -> list[Pose]:
    if not scene.people:
        return []
    tall = canvas.unit / canvas.height
    head = {"close": 0.56, "medium": 0.245, "wide": 0.088}[scene.framing] * min(tall, 0.7)
    crown = {"close": 0.2, "medium": 0.29, "wide": 0.47}[scene.framing]
    if tall > 0.8:
        crown = {"close": 0.12, "medium": 0.2, "wide": 0.36}[scene.framing]
    lit = 1 if canvas.random.random() < 0.5 else -1
    turned = 1 if canvas.random.random() < 0.5 else -1
    first, *others = scene.people
    if not others:
        x = 0.5 - turned * canvas.chance(0.04, 0.12)
        away = 0 if scene.framing == "wide" and canvas.random.random() < 0.5 else turned
        return [_grow(Pose(x, crown, head, away, first, lit))]
    apart = canvas.ux({"close": 0.34, "medium": 0.25, "wide": 0.12}[scene.framing])
    if scene.framing == "close":
        # Over the shoulder: one faces us, the other's back frames the picture.
        seen = Pose(0.5 + turned * 0.14, crown, head * 0.88, -turned, first, lit)
        near = Pose(0.5 - turned * 0.42, crown + 0.08, head * 1.25, 0, others[0], lit, deep=True)
        return [_grow(seen), _grow(near)]
    pair = [
        Pose(0.5 - apart, crown, head, 1, first, lit),
        Pose(0.5 + apart, crown, head, -1, others[0], lit),
    ]
    return [_grow(pose) for pose in pair]


def _grow(pose: Pose) -> Pose:
    """Children are smaller, men a little taller; feet stay where they are."""
    scale = {"child": 0.72, "man": 1.03, "woman": 0.97}.get(pose.kind, 1.0)
    foot = pose.crown + pose.head * 7.4
    return replace(
        pose,
        head=pose.head * scale,
        crown=foot - pose.head * scale * 7.4
        if pose.head < 0.1
        else pose.crown + pose.head * (1 - scale),
    )


class _Body:
    """Maps head units (x right, y down from the crown) to the picture, mirrored by facing."""

    def __init__(self, canvas: Canvas, pose: Pose) -> None:
        self._canvas = canvas
        self._pose = pose
        self._wide = pose.head * canvas.height / canvas.width
        self._flip = pose.facing or 1

    def at(self, x: float, y: float) -> Point:
        return self._pose.x + x * self._flip * self._wide, self._pose.crown + y * self._pose.head

    def shape(self, *points: Point) -> list[Point]:
        return smooth([self.at(x, y) for x, y in points])

    def limb(self, points: list[Point], widths: list[float]) -> list[Point]:
        aspect = self._canvas.width / self._canvas.height
        path = [self.at(x, y) for x, y in points]
        return limb(path, [w * self._pose.head for w in widths], aspect)

    def ball(self, x: float, y: float, size: float) -> list[Point]:
        return oval(self.at(x, y), size * self._wide, size * self._pose.head, 24)


def _paint_person(canvas: Canvas, scene: Scene, palette: Palette, pose: Pose) -> None:
    body = _Body(canvas, pose)
    tone = _tones(scene, palette, pose)
    style = pose.style
    if scene.framing == "wide":
        ground = (pose.x, pose.crown + pose.head * 7.42)
        canvas.fill(
            oval(ground, canvas.ux(pose.head * 1.3), canvas.uy(pose.head * 0.16)),
            palette.near,
            0.55,
            0.006,
        )
    cloth = _garment(body, pose, style)
    arms = _arms(canvas, scene, body, pose)
    hand = arms.hand
    if pose.kind != "man" and style != 1:
        canvas.fill(_back_hair(body, style), tone["hair"])
    _lit_fill(
        canvas,
        [body.shape((-0.17, 0.75), (0.17, 0.75), (0.2, 1.5), (-0.2, 1.5))],
        bend(tone["skin"], 0, 1, 0.78),
        tone,
        pose,
    )
    _lit_fill(canvas, cloth["legs"], tone["legs"], tone, pose)
    canvas.fill_all([body.ball(*place, 0.15) for place in arms.hands], tone["skin"])
    _lit_fill(canvas, [*cloth["torso"], *arms.behind], tone["cloth"], tone, pose)
    _details(canvas, body, pose, tone, style)
    if arms.before:
        canvas.fill_all(arms.before, mix(bend(tone["cloth"], 0, 1, 0.8), tone["shade"], 0.15))
        canvas.fill(body.ball(*hand, 0.15), tone["skin"])
    _head(canvas, body, pose, tone, style)
    _carry(canvas, scene, palette, body, hand)


def _dimness(scene: Scene, pose: Pose) -> float:
    """How far people sink into the shade, 0..1."""
    if pose.deep:
        return 0.86
    if scene.is_night:
        return 0.36 if scene.place in ("room", "kitchen", "cafe", "market") else 0.44
    return 0.34 if scene.hour in ("dusk", "dawn") or scene.has_rain else 0.2


def _tones(scene: Scene, palette: Palette, pose: Pose) -> dict[str, Colour]:
    dim = _dimness(scene, pose)
    cloth = palette.accent
    if pose.kind == "man":
        cloth = mix(cloth, rgb("2b3442"), 0.62)
    shade = mix(palette.near, palette.middle, 0.12)
    return {
        "skin": mix(palette.skin, shade, dim * 0.85),
        "hair": mix(mix(rgb("2a1c18"), palette.near, 0.5), palette.middle, 0.06),
        "cloth": mix(cloth, shade, dim),
        "legs": mix(mix(cloth, rgb("20242e"), 0.75), shade, dim),
        "rim": mix(
            palette.key if not scene.is_night else mix(palette.lamp, palette.key, 0.35),
            (255, 255, 255),
            0.15,
        ),
        "shade": shade,
    }


def _lit_fill(
    canvas: Canvas, shapes: list[list[Point]], colour: Colour, tone: dict[str, Colour], pose: Pose
) -> None:
    """Fill forms, darker on the far side, with a rim of light on the near one."""
    made = canvas.mask(list(shapes))
    if made is None:
        return
    mask, (left, top) = made
    canvas.image.paste(tuple(int(c) for c in colour), (left, top), mask)
    head_px = pose.head * canvas.height
    for push, tint, depth in ((0.34, tone["shade"], 0.5), (0.038, tone["rim"], 0.8)):
        shift = max(1, round(head_px * push)) * (1 if tint is tone["shade"] else -1) * pose.lit_from
        moved = ImageChops.offset(
            mask, shift, max(1, round(abs(shift) * 0.35)) if tint is tone["rim"] else 0
        )
        if tint is tone["shade"]:
            moved = moved.filter(ImageFilter.GaussianBlur(head_px * 0.12))
        edge = ImageChops.multiply(mask, ImageChops.invert(moved))
        strength = depth * (0.5 if pose.deep else 1.0)
        level = edge.point([int(v * strength) for v in range(256)])
        canvas.image.paste(tuple(int(c) for c in tint), (left, top), level)


def _garment(body: _Body, pose: Pose, style: int) -> dict[str, list[list[Point]]]:
    if pose.kind == "man" or (pose.kind == "person" and style == 1):
        torso = body.shape(
            (-0.3, 1.22),
            (0.3, 1.22),
            (0.92, 1.5),
            (1.0, 2.2),
            (0.78, 3.3),
            (0.82, 4.1),
            (-0.82, 4.1),
            (-0.78, 3.3),
            (-1.0, 2.2),
            (-0.92, 1.5),
        )
        legs = [
            body.limb([(side * 0.38, 3.9), (side * 0.4, 5.5), (side * 0.42, 7.2)], [0.4, 0.3, 0.2])
            for side in (-1, 1)
        ]
        shoes = [
            body.shape(
                (side * 0.42 - 0.2, 7.1),
                (side * 0.42 + 0.2, 7.1),
                (side * 0.42 + 0.34, 7.4),
                (side * 0.42 - 0.2, 7.4),
            )
            for side in (-1, 1)
        ]
        return {"torso": [torso], "legs": legs + shoes}
    hem, flare = ((5.6, 1.05), (4.4, 0.8), (6.9, 1.1))[style]
    torso = body.shape(
        (-0.26, 1.22),
        (0.26, 1.22),
        (0.74, 1.48),
        (0.68, 2.2),
        (0.5, 2.95),
        (0.72, 3.8),
        (flare, hem),
        (0, hem + 0.12),
        (-flare, hem),
        (-0.72, 3.8),
        (-0.5, 2.95),
        (-0.68, 2.2),
        (-0.74, 1.48),
    )
    legs = [
        body.limb([(side * 0.3, 3.8), (side * 0.28, 5.6), (side * 0.26, 7.25)], [0.26, 0.2, 0.12])
        for side in (-1, 1)
    ]
    shoes = [
        body.shape(
            (side * 0.26 - 0.14, 7.15),
            (side * 0.26 + 0.14, 7.15),
            (side * 0.26 + 0.28, 7.4),
            (side * 0.26 - 0.14, 7.4),
        )
        for side in (-1, 1)
    ]
    return {"torso": [torso], "legs": legs + shoes}


@dataclass(frozen=True, slots=True)
class _Arms:
    """Arms that merge with the coat, the one that crosses it, and where the hands are."""

    behind: list[list[Point]]
    before: list[list[Point]]
    hand: Point
    hands: list[Point]


def _arms(canvas: Canvas, scene: Scene, body: _Body, pose: Pose) -> _Arms:
    broad = 0.82 if pose.kind == "man" else 0.6
    low = (-broad - 0.1, 3.78)
    down = [
        body.limb([(-broad, 1.62), (-broad - 0.2, 2.7), low], [0.24, 0.2, 0.14]),
        body.ball(-broad, 1.64, 0.24),
    ]
    holds = scene.props & {"umbrella", "phone", "sword", "candle", "lantern"}
    if holds and not pose.deep:
        hand = (0.72, 2.25)
    elif canvas.random.random() < 0.4 and pose.facing:
        hand = (0.2, 2.75)
    else:
        hand = (broad + 0.1, 3.82)
    elbow = (broad + 0.24, 2.72)
    upper = [body.limb([(broad, 1.62), elbow], [0.24, 0.2]), body.ball(broad, 1.64, 0.24)]
    upper.append(body.ball(*elbow, 0.2))
    lower = [body.limb([elbow, hand], [0.2, 0.14])]
    if hand[1] > 3:
        return _Arms([*down, *upper, *lower], [], hand, [low, hand])
    return _Arms([*down, *upper], [*lower, body.ball(*elbow, 0.2)], hand, [low])


def _back_hair(body: _Body, style: int) -> list[Point]:
    if style == 0:
        return body.shape(
            (-0.48, 0.35),
            (-0.2, -0.02),
            (0.3, 0.0),
            (0.44, 0.4),
            (0.52, 1.3),
            (0.6, 2.3),
            (0.1, 2.0),
            (-0.3, 2.2),
            (-0.66, 2.4),
            (-0.6, 1.3),
        )
    return body.shape(
        (-0.48, 0.35),
        (-0.2, -0.03),
        (0.3, 0.0),
        (0.46, 0.4),
        (0.5, 1.0),
        (0.42, 1.32),
        (-0.5, 1.32),
        (-0.58, 1.0),
    )


def _details(canvas: Canvas, body: _Body, pose: Pose, tone: dict[str, Colour], style: int) -> None:
    """A collar, a lapel or a scarf: the one thing that makes a coat a coat."""
    if pose.facing == 0 or pose.deep:
        return
    light = mix(tone["cloth"], (255, 255, 255), 0.4)
    if pose.kind == "man":
        canvas.fill(
            [body.at(-0.2, 1.2), body.at(0.26, 1.2), body.at(0.1, 2.3)],
            mix(light, (255, 255, 255), 0.2),
        )
        canvas.fill_all(
            [
                [body.at(-0.26, 1.2), body.at(-0.5, 1.55), body.at(0.06, 2.6), body.at(0.1, 2.3)],
                [body.at(0.3, 1.2), body.at(0.52, 1.55), body.at(0.16, 2.6), body.at(0.1, 2.3)],
            ],
            bend(tone["cloth"], 0, 1, 0.7),
        )
    elif style == 2:
        canvas.fill(
            body.shape((-0.32, 1.12), (0.36, 1.12), (0.46, 1.5), (0, 1.66), (-0.42, 1.5)),
            mix(light, tone["rim"], 0.3),
        )
    else:
        canvas.fill(
            [body.at(-0.2, 1.2), body.at(0.24, 1.2), body.at(0.06, 1.75)],
            mix(tone["skin"], tone["shade"], 0.25),
        )


def _head(canvas: Canvas, body: _Body, pose: Pose, tone: dict[str, Colour], style: int) -> None:
    if pose.facing == 0:
        _lit_fill(
            canvas,
            [
                body.shape(
                    (-0.42, 0.45),
                    (-0.25, 0.04),
                    (0.25, 0.04),
                    (0.42, 0.45),
                    (0.32, 1.0),
                    (-0.32, 1.0),
                )
            ],
            tone["hair"],
            tone,
            pose,
        )
        return
    face = body.shape(
        (-0.3, 0.3),
        (0.0, 0.1),
        (0.3, 0.22),
        (0.37, 0.42),
        (0.45, 0.58),
        (0.36, 0.66),
        (0.35, 0.8),
        (0.24, 0.96),
        (0.06, 1.0),
        (-0.16, 0.86),
        (-0.3, 0.6),
    )
    _lit_fill(canvas, [face], tone["skin"], tone, pose)
    if pose.head > 0.1:
        _features(canvas, body, tone)
    if pose.kind == "man" or (pose.kind == "person" and style == 1):
        cap = body.shape(
            (-0.42, 0.72),
            (-0.5, 0.36),
            (-0.3, 0.0),
            (0.1, -0.06),
            (0.4, 0.1),
            (0.4, 0.32),
            (0.12, 0.28),
            (-0.1, 0.4),
            (-0.2, 0.62),
        )
    else:
        cap = body.shape(
            (-0.46, 0.95),
            (-0.52, 0.4),
            (-0.32, 0.0),
            (0.08, -0.06),
            (0.38, 0.1),
            (0.37, 0.36),
            (0.16, 0.26),
            (-0.02, 0.42),
            (-0.14, 0.7),
            (-0.2, 1.0),
        )
    shapes = [cap]
    if pose.kind == "woman" and style == 1:
        shapes.append(body.ball(-0.42, 0.06, 0.24))
    _lit_fill(canvas, shapes, tone["hair"], tone, pose)


def _features(canvas: Canvas, body: _Body, tone: dict[str, Colour]) -> None:
    """Brow, lid and mouth as single strokes; more would promise a likeness."""
    ink = mix(tone["skin"], tone["hair"], 0.75)
    for x in (0.02, 0.27):
        canvas.fill(
            body.limb([(x - 0.09, 0.43), (x, 0.405), (x + 0.08, 0.425)], [0.008, 0.018, 0.008]), ink
        )
        canvas.fill(
            body.limb([(x - 0.075, 0.51), (x, 0.535), (x + 0.07, 0.515)], [0.006, 0.016, 0.008]),
            ink,
        )
        canvas.fill(body.ball(x, 0.5, 0.085), mix(tone["skin"], tone["shade"], 0.5), 0.28, 0.008)
    canvas.fill(
        body.limb([(0.09, 0.79), (0.19, 0.802), (0.28, 0.785)], [0.006, 0.02, 0.006]),
        mix(ink, rgb("a8403c"), 0.45),
    )
    canvas.fill(
        body.limb([(0.2, 0.52), (0.24, 0.62), (0.19, 0.66)], [0.006, 0.016, 0.01]), ink, 0.4
    )
    canvas.fill(body.ball(0.0, 0.68, 0.12), mix(tone["skin"], rgb("e06a5a"), 0.5), 0.3, 0.012)


def _carry(canvas: Canvas, scene: Scene, palette: Palette, body: _Body, hand: Point) -> None:
    x, y = hand
    if "umbrella" in scene.props:
        canvas.fill(body.limb([(x, y + 0.3), (x - 0.25, -0.75)], [0.035, 0.035]), palette.near)
        top = body.shape(
            (-1.55, 0.05),
            (-1.1, -0.62),
            (0.45, -1.05),
            (1.7, -0.5),
            (2.0, 0.1),
            (1.2, -0.12),
            (0.4, -0.2),
            (-0.5, -0.1),
        )
        canvas.fade(
            top,
            [
                (0, mix(palette.accent, palette.key, 0.3)),
                (1, mix(palette.accent, palette.near, 0.4)),
            ],
        )
    elif "phone" in scene.props:
        canvas.fill(
            [
                body.at(x - 0.12, y - 0.5),
                body.at(x + 0.16, y - 0.46),
                body.at(x + 0.12, y + 0.05),
                body.at(x - 0.14, y),
            ],
            rgb("dff0ff"),
        )
        canvas.glow(body.at(x, y - 0.3), 0.2, rgb("9cc8ff"), 0.7)
    elif "sword" in scene.props:
        canvas.fill(
            body.limb([(x - 0.05, y + 0.2), (x + 1.3, y - 2.3)], [0.045, 0.008]),
            mix(rgb("e6eef6"), palette.key, 0.3),
        )
        canvas.fill(
            body.limb([(x - 0.22, y - 0.02), (x + 0.28, y + 0.2)], [0.05, 0.05]), palette.accent
        )
    elif "candle" in scene.props:
        wax = [
            body.at(x + dx, y + dy) for dx, dy in ((-0.1, -0.6), (0.1, -0.6), (0.1, 0), (-0.1, 0))
        ]
        canvas.glow(body.at(x, y - 0.8), 0.7, palette.lamp, 0.5)
        canvas.fill(wax, mix(rgb("f2e6cf"), palette.lamp, 0.3))
        for colour, size in ((rgb("ff9a3a"), 1.0), (rgb("fff0bf"), 0.55)):
            flame = ((0, -0.62), (0.1, -0.78), (0, -1.12), (-0.1, -0.78))
            tip = [(x + dx * size, y - 0.62 + (dy + 0.62) * size) for dx, dy in flame]
            canvas.fill(body.shape(*tip), colour, 0.95, 0.002)
    elif "lantern" in scene.props:
        canvas.glow(body.at(x, y - 0.3), 0.5, palette.lamp, 0.55)
        canvas.fill(
            body.ball(x, y - 0.25, 0.28), mix(palette.lamp, rgb("ff6a3a"), 0.4), 0.95, 0.002
        )
        canvas.fill(body.ball(x, y - 0.2, 0.15), (255, 244, 214), 0.9, 0.004)
