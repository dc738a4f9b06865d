"""The shape of a room: where its back wall stands, and the tones of its sides."""

from __future__ import annotations

from dataclasses import dataclass

from shortdrama.previz.paint.canvas import Point, rect
from shortdrama.previz.palette import Colour


@dataclass(frozen=True, slots=True)
class Box:
    """The back wall as fractions of the picture, and the tones of the room's sides."""

    left: float
    top: float
    right: float
    bottom: float
    wall: Colour
    dark: Colour
    floor: Colour

    def at(self, x: float, y: float) -> Point:
        """A place on the back wall, 0..1 across and down."""
        return self.left + x * (self.right - self.left), self.top + y * (self.bottom - self.top)

    def panel(self, x0: float, y0: float, x1: float, y1: float) -> list[Point]:
        return rect(*self.at(x0, y0), *self.at(x1, y1))
