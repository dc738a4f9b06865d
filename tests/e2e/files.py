"""Files to bring, and ways to bring them."""

from __future__ import annotations

import base64
import io
import random
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page


@dataclass(frozen=True)
class Given:
    name: str
    content: bytes


def picture(name: str, seed: int, size: tuple[int, int] = (360, 640)) -> Given:
    """A PNG that no other seed gives."""
    dice = random.Random(seed)  # noqa: S311 - not a secret
    image = Image.new("RGB", size, tuple(dice.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(8):
        x, y, radius = dice.randrange(size[0]), dice.randrange(size[1]), dice.randrange(20, 120)
        color = tuple(dice.randrange(256) for _ in range(3))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
    out = io.BytesIO()
    image.save(out, "PNG")
    return Given(name, out.getvalue())


def photoshop(name: str) -> Given:
    return Given(name, b"8BPS\0\1" + bytes(4000))


def long_sound(path: Path, megabytes: int) -> Path:
    """A WAV of silence with a little noise: large, quickly made, accepted."""
    size = megabytes * 1_000_000
    dice = random.Random(megabytes)  # noqa: S311 - not a secret
    header = (
        b"RIFF" + (36 + size).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
        + (1).to_bytes(2, "little") + (1).to_bytes(2, "little") + (48000).to_bytes(4, "little")
        + (96000).to_bytes(4, "little") + (2).to_bytes(2, "little") + (16).to_bytes(2, "little")
        + b"data" + size.to_bytes(4, "little")
    )  # fmt: skip
    with path.open("wb") as out:
        out.write(header)
        for _ in range(megabytes):
            out.write(dice.randbytes(1000) + bytes(999_000))
    return path


_BRING = """([files, kind]) => {
  const data = new DataTransfer();
  for (const { name, base64 } of files) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    data.items.add(new File([bytes], name));
  }
  const options = { bubbles: true, cancelable: true };
  if (kind === "paste") {
    document.body.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: data }));
    return;
  }
  for (const step of ["dragenter", "dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(step, { ...options, dataTransfer: data }));
  }
}"""


def drop(page: Page, *files: Given) -> None:
    """Drop files on the middle of nowhere in particular."""
    page.evaluate(_BRING, [_carried(files), "drop"])


def paste(page: Page, *files: Given) -> None:
    page.evaluate(_BRING, [_carried(files), "paste"])


def drop_paths(page: Page, *paths: Path) -> None:
    """A drop as the desktop makes it, folders too."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for step in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": step, "x": 600, "y": 300, "data": data})


def _carried(files: tuple[Given, ...]) -> list[dict[str, str]]:
    return [{"name": f.name, "base64": base64.b64encode(f.content).decode()} for f in files]
