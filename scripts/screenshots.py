"""Take the pictures of `docs/screenshots` from a real studio in a real browser.

    .venv/bin/python scripts/screenshots.py [FOLDER]

A double of a provider stands in for a paid model, so that a take can be caught at 42 % and
another one can lose its answer.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from doubles.sora2_double import Sora2Double  # noqa: E402
from e2e.conftest import CHROMIUM, CHROMIUM_ARGUMENTS  # noqa: E402
from e2e.studio_process import StudioProcess  # noqa: E402
from looks import look_until  # noqa: E402
from shortdrama.domain.ids import new_id  # noqa: E402

Act = Callable[[Page], None] | None
SIZES = ((1440, 900), (390, 844))
THEMES = ("dark", "light")
MODEL = "sora-2"
SAMPLE_SHOTS = 8
WITHIN_S = 300
PROMPT = "Mei pours tea for Jun without looking up. Slow push in, steam crosses her face."


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    with Sora2Double() as double, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        with studio(double) as url:
            take_pictures(browser, url, folder, "empty")
            shot = furnish(url)
            take_pictures(browser, f"{url}/?shot={shot}", folder, "playing", play)
            double.default(poll=("in_progress:42",))
            order(url, shot)
            take_pictures(browser, f"{url}/?shot={shot}", folder, "generating", reach_some_percent)
            double.default(submit="drop_after_accept")
            double.has_list = False
            order(url, shot)
            take_pictures(browser, f"{url}/?shot={shot}", folder, "error", see_problem)
        browser.close()


@contextmanager
def studio(double: Sora2Double) -> Iterator[str]:
    environment = {"SORA2_BASE_URL": double.base_url, "SORA2_MODEL": MODEL}
    with tempfile.TemporaryDirectory() as data:
        made = StudioProcess(Path(data), **environment)
        made.start()
        try:
            yield made.url
        finally:
            made.stop()


def furnish(url: str) -> str:
    """Open the sample and wait until its takes are there; the shot that is shown."""
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as api:
        place = api.post("/panels/sample").headers["location"]
        look_until(lambda: takes(api), is_complete, WITHIN_S)
    return place.partition("shot=")[2]


def is_complete(takes: list[dict[str, Any]]) -> bool:
    return sum(take["status"] == "ready" for take in takes) == SAMPLE_SHOTS


def takes(api: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("/api/takes").json()
    return found


def order(url: str, shot: str) -> None:
    wanted = {
        "prompt": PROMPT,
        "model": MODEL,
        "seconds": 4,
        "size": "720x1280",
        "shot_id": shot,
    }
    headers = {"Idempotency-Key": new_id()}
    httpx.post(f"{url}/api/takes", json=wanted, headers=headers, trust_env=False).raise_for_status()


def play(page: Page) -> None:
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => document.querySelector('video').currentTime > 1.2")


def reach_some_percent(page: Page) -> None:
    page.get_by_text("is generating, 42 %").first.wait_for()


def see_problem(page: Page) -> None:
    page.get_by_role("button", name="Check with the provider").first.wait_for(timeout=60_000)


def take_pictures(browser: Browser, url: str, folder: Path, name: str, act: Act = None) -> None:
    for width, height in SIZES:
        for theme in THEMES:
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=theme, locale="en-US"
            )
            page.goto(url)
            page.get_by_role("textbox", name="Prompt").wait_for()
            if act is not None:
                act(page)
            page.wait_for_function(
                "() => [...document.images].every((i) => i.complete || i.loading === 'lazy')"
            )
            page.wait_for_timeout(500)
            page.screenshot(path=folder / f"{name}-{theme}-{width}.png")
            page.close()


if __name__ == "__main__":
    main()
