"""Colours of a scene: from hour, weather and mood, bent a little by the seed. Pure."""

from __future__ import annotations

import colorsys
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shortdrama.previz.scene import Scene

Colour = tuple[float, float, float]


def rgb(code: str) -> Colour:
    """Red, green, blue 0..255 of "0a1230"."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`share` 0 is the first colour, 1 the second."""
    a, b, c = (x + (y - x) * share for x, y in zip(first, second, strict=True))
    return a, b, c


def bend(colour: Colour, turn: float = 0.0, vivid: float = 1.0, bright: float = 1.0) -> Colour:
    """Turn the hue (1.0 is the whole circle), scale saturation and lightness."""
    hue, light, full = colorsys.rgb_to_hls(*(min(255.0, max(0.0, c)) / 255 for c in colour))
    red, green, blue = colorsys.hls_to_rgb(
        (hue + turn) % 1.0, min(1.0, light * bright), min(1.0, full * vivid)
    )
    return red * 255, green * 255, blue * 255


@dataclass(frozen=True, slots=True)
class Palette:
    """`high`, `middle`, `low`: the sky, downwards; `far` to `near`: the land; `key`: the light."""

    high: Colour
    middle: Colour
    low: Colour
    far: Colour
    near: Colour
    key: Colour
    lamp: Colour
    accent: Colour
    second: Colour
    wall: Colour
    skin: Colour

    def depth(self, share: float) -> Colour:
        """Land at a distance: 0 is the haze at the horizon, 1 right before the lens."""
        return mix(self.far, self.near, share)


_HOURS = {
    "night": ("0b1434", "1b2c5e", "3c5690", "2b3f70", "070a16", "c9dcff"),
    "dusk": ("2c2b62", "9c4f7c", "ff9f5e", "80567f", "170f24", "ffbf73"),
    "dawn": ("5478a8", "d3a6b4", "ffdcb0", "98a0c0", "262a44", "ffe3b5"),
    "day": ("3f88cc", "8cc6e6", "eaf3e8", "93b6c8", "203038", "fff1c8"),
}
# Which way the weather pulls every colour, how far, how much colour and light it leaves.
_WEATHERS = {
    "rain": ("50667c", 0.34, 0.72, 0.84),
    "storm": ("2e3d48", 0.45, 0.7, 0.66),
    "snow": ("bccbdc", 0.40, 0.62, 1.0),
    "fog": ("b4bdc4", 0.46, 0.6, 0.98),
    "cloud": ("8e9aa6", 0.4, 0.68, 0.9),
}
_MOODS = {
    "romance": ("ff6f91", 0.16, 1.08, 1.02),
    "tension": ("0f4a52", 0.26, 1.0, 0.78),
    "sorrow": ("44618c", 0.24, 0.72, 0.86),
    "horror": ("1f4a36", 0.34, 0.72, 0.62),
    "joy": ("ffd45e", 0.12, 1.25, 1.06),
    "wonder": ("6a4be0", 0.2, 1.2, 0.96),
    "calm": ("9cc9c4", 0.12, 0.85, 1.0),
}
_ACCENTS = {
    "romance": ("e8476a", "ffb3a7", "b13a6b", "f2695c"),
    "tension": ("d8342a", "e0581f", "c9a227"),
    "sorrow": ("5b7fb0", "8f6f8a", "5f8f94"),
    "horror": ("8e1f2b", "6f8f3a", "a83a1f"),
    "joy": ("f2a31b", "e4572e", "2fa89a", "e95d8c"),
    "wonder": ("7df0dd", "b98aff", "ff9ad5"),
    "calm": ("4f9d94", "d49a5f", "7fa06a"),
    "plain": ("c8553d", "d99a2b", "2f8f8a", "b0486b", "5a7fc0", "7a9a3f", "8a5fb0"),
}
_WALLS = {
    "kitchen": ("b98b56", "8fa37c", "c47d5a", "6f969c", "d0b070"),
    "bedroom": ("a8788a", "6f84a8", "a58d74", "7d7aa6"),
    "office": ("8797a6", "9a9690", "6d8494", "a39a86"),
    "hospital": ("a9c4bd", "b4c6cf", "c3c9b8"),
    "cafe": ("8a5a38", "4f6b58", "7a3f3a", "8a6a3f", "3f5a6b"),
    "corridor": ("7f8a80", "8a7a68", "6a7a8c", "94766a"),
    "palace": ("a33a2a", "8a2f2f", "b0502a"),
    "room": ("a3765a", "6f8a86", "8d7a9a", "b0925f", "5f7a94", "9a5f5a"),
}


def mix_palette(scene: Scene) -> Palette:
    """The palette of a scene; the same scene always gives the same."""
    chance = random.Random(f"palette {scene.seed}")  # noqa: S311 - a picture, not a secret
    *grounds, key = (rgb(code) for code in _HOURS[scene.hour])
    walls = _WALLS.get(scene.place, _WALLS["room"])
    accents = chance.sample(_ACCENTS.get(scene.mood, _ACCENTS["plain"]), 2)
    turn, bright = chance.uniform(-0.035, 0.035), chance.uniform(0.93, 1.07)
    lamp = bend(rgb("ffc46b"), chance.uniform(-0.02, 0.025))
    if scene.mood == "horror" or (
        scene.place in ("corridor", "hospital") and scene.mood != "romance"
    ):
        lamp = rgb("d8f0d4")
    high, middle, low, far, near = (bend(colour, turn, 1.0, bright) for colour in grounds)
    base = Palette(
        high=high,
        middle=middle,
        low=low,
        far=far,
        near=near,
        key=key,
        lamp=lamp,
        accent=rgb(accents[0]),
        second=rgb(accents[1]),
        wall=bend(rgb(chance.choice(walls)), chance.uniform(-0.03, 0.03), 1.0, bright),
        skin=bend(rgb(chance.choice(("e8b894", "d9a077", "f0c8a8", "c68a63"))), 0.0),
    )
    return _tint(_tint(base, _WEATHERS.get(scene.weather), scene), _MOODS.get(scene.mood), scene)


def _tint(base: Palette, pull: tuple[str, float, float, float] | None, scene: Scene) -> Palette:
    if pull is None:
        return base
    towards, share, vivid, bright = rgb(pull[0]), pull[1], pull[2], pull[3]
    if scene.is_night:
        # By night weather has no light of its own; it only greys and cools.
        towards, bright = bend(towards, 0.0, 1.0, 0.34), max(bright, 0.8)

    def shift(colour: Colour, much: float = 1.0) -> Colour:
        return bend(mix(colour, towards, share * much), 0.0, 1 + (vivid - 1) * much, bright)

    return replace(
        base,
        high=shift(base.high),
        middle=shift(base.middle),
        low=shift(base.low, 0.85),
        far=shift(base.far),
        near=shift(base.near, 0.35),
        key=shift(base.key, 0.3),
        wall=shift(base.wall, 0.7),
    )
