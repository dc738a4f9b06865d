"""The budgets of the page, in Debian's Chromium against a real studio on this machine."""

from __future__ import annotations

import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Row = tuple[str, float, str, float | None]
ROUNDS = 15
_REST_MS = 600  # a browser that still starts and ends processes measures those
TAKES = 7
TAKE_S = 4
_SHOWN_AND_READY = """() => performance.getEntriesByName("scripts-ready").length
  && performance.getEntriesByName("first-contentful-paint").length"""
_PAINTED = """() => ({
  paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  ready: performance.getEntriesByName("scripts-ready")[0].duration,
})"""
_WATCH_INTERACTIONS = """
  window.slowest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if (entry.interactionId) window.slowest = Math.max(window.slowest, entry.duration);
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
"""
_TILES_SHOWN = """() => {
  const tiles = [...document.querySelectorAll("#main .tile img")];
  return tiles.length > 10 && tiles.slice(0, 10).every((tile) => tile.complete);
}"""


def bench() -> list[Row]:
    """First load, library, interactions, completed to playable, start and memory."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from playwright.sync_api import sync_playwright

    from e2e.conftest import CHROMIUM, CHROMIUM_ARGUMENTS

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        rows = [*_studio_rows(browser)]
        for count, ready_ms in ((1_000, 400), (10_000, 500)):
            rows += _library_rows(browser, count, ready_ms)
        browser.close()
    return rows


def _studio_rows(browser: Browser) -> Iterator[Row]:
    from e2e.quick_studio import run_quick_studio

    with tempfile.TemporaryDirectory() as folder, run_quick_studio(Path(folder)) as studio:
        yield from _load_rows(browser, studio.url)
        yield "interaction to next paint, worst", _slowest_interaction(browser, studio), "ms", 100
        yield from _playable_rows(browser, studio)
        yield from _process_rows(studio.process)


def _load_rows(browser: Browser, url: str) -> Iterator[Row]:
    sizes = _sizes(browser, url)
    yield "first load, compressed", sizes["bytes"] / 1000, "kB", 100
    yield "JavaScript of it, compressed", sizes["script_bytes"] / 1000, "kB", 60
    loads = [_load(browser, url) for _ in range(ROUNDS)]
    yield "first contentful paint, median", _median(loads, "paint"), "ms", 200
    yield "ready to type, median", _median(loads, "ready"), "ms", 300


def _load(browser: Browser, url: str) -> dict[str, float]:
    with _fresh_page(browser) as page:
        page.goto(url)
        page.wait_for_function(_SHOWN_AND_READY)
        marks: dict[str, float] = page.evaluate(_PAINTED)
        return marks


def _sizes(browser: Browser, url: str) -> dict[str, float]:
    """In a load of its own, because counting slows it down."""
    with _fresh_page(browser) as page:
        sizes = _count_bytes(page)
        page.goto(url)
        page.wait_for_function(_SHOWN_AND_READY)
        return sizes


def _count_bytes(page: Page) -> dict[str, float]:
    """Filled while the page loads: bytes on the wire without media, and those of scripts."""
    sizes = {"bytes": 0.0, "script_bytes": 0.0, "requests": 0.0}
    kinds: dict[str, str] = {}
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["type"]}))

    def add(event: dict[str, Any]) -> None:
        kind = kinds.get(event["requestId"], "")
        sizes["requests"] += 1
        if kind not in {"Media", "Image"}:
            sizes["bytes"] += event["encodedDataLength"]
        if kind == "Script":
            sizes["script_bytes"] += event["encodedDataLength"]

    network.on("Network.loadingFinished", add)
    return sizes


def _slowest_interaction(browser: Browser, studio: Any) -> float:  # noqa: ANN401 - of the tests
    shot = studio.new_shot()
    for number in range(3):
        studio.take(shot, f"A tram at night, {number}")
    with _fresh_page(browser) as page:
        page.add_init_script(_WATCH_INTERACTIONS)
        page.goto(studio.page_of(shot))
        prompt = page.get_by_role("textbox", name="Prompt")
        prompt.click()
        page.keyboard.type("A woman in a green jacket closes her stall.", delay=20)
        page.get_by_role("button", name="Generate").click()
        prompt.blur()
        for key in ("1", "2", "3", "Enter", " ", "ArrowRight", "ArrowLeft", " ", "?", "Escape"):
            page.keyboard.press(key)
            page.wait_for_timeout(100)
        page.get_by_role("button", name="New shot").click()
        page.wait_for_timeout(500)
        return float(page.evaluate("window.slowest"))


def _playable_rows(browser: Browser, studio: Any) -> Iterator[Row]:  # noqa: ANN401 - of the tests
    delays = []
    for number in range(TAKES):
        shot, prompt = studio.new_shot(), f"Rain on the awning, {number}"
        with _fresh_page(browser) as page:
            page.goto(studio.page_of(shot))
            page.get_by_role("textbox", name="Prompt").wait_for()
            studio.order(shot, prompt, takes_s=TAKE_S)
            page.wait_for_function(
                "() => document.querySelector('main video')?.readyState >= 3", timeout=60_000
            )
            (job,) = studio.provider.made(prompt)
            delays.append(time.time() - job.made_at - TAKE_S)
    downloads = [studio.provider.downloads(f"Rain on the awning, {n}") for n in range(TAKES)]
    yield "provider completed → clip playable, median", statistics.median(delays), "s", 1
    yield "downloads of a take, most", max(downloads), "", 1


def _process_rows(studio: Any) -> Iterator[Row]:  # noqa: ANN401 - of the tests
    """Of the command as people start it: nothing in memory, unlike in the tests' processes."""
    studio.stop()
    command = [sys.executable, "-m", "shortdrama", "serve", "--port", str(studio.port)]
    started = time.perf_counter()
    with subprocess.Popen(
        [*command, "--data", str(studio.data)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert "The studio is at" in process.stdout.readline()
            yield "start of a studio that was there before", time.perf_counter() - started, "s", 2
            time.sleep(35)  # until the workers of the last take have left
            yield "memory of the idle server and its children", _memory_mb(process.pid), "MB", 150
        finally:
            process.send_signal(signal.SIGINT)


def _memory_mb(pid: int) -> float:
    """Resident memory of a process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    kilobytes = int(next(line for line in status.splitlines() if "VmRSS" in line).split()[1])
    return kilobytes / 1000 + sum(_memory_mb(int(child)) for child in children)


def _library_rows(browser: Browser, count: int, ready_ms: float) -> Iterator[Row]:
    from e2e.filled_library import fill_library
    from e2e.studio_process import StudioProcess

    with tempfile.TemporaryDirectory() as folder:
        fill_library(Path(folder), count)
        process = StudioProcess(Path(folder))
        process.start()
        try:
            loads = [_load_library(browser, process.url) for _ in range(ROUNDS)]
        finally:
            process.stop()
    name = f"library of {count:,}"
    yield f"{name}: ready, median", _median(loads, "shown"), "ms", ready_ms
    yield f"{name}: requests", loads[0]["requests"], "", 60
    yield f"{name}: next page of tiles, median", _median(loads, "next"), "ms", 150


def _load_library(browser: Browser, url: str) -> dict[str, float]:
    with _fresh_page(browser) as page:
        sizes = _count_bytes(page)
        page.goto(f"{url}/library", wait_until="commit")
        page.wait_for_function(_TILES_SHOWN, polling="raf")
        shown = float(page.evaluate("performance.now()"))
        requests = sizes["requests"]
        with page.expect_response(lambda answer: "/api/assets?" in answer.url) as answered:
            page.get_by_role("region", name="Asset grid").evaluate("e => e.scrollTo(0, 4000)")
        answered.value.finished()
        timing = answered.value.request.timing
        return {"shown": shown, "requests": requests, "next": timing["responseEnd"]}


@contextmanager
def _fresh_page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    try:
        page = context.new_page()
        page.wait_for_timeout(_REST_MS)
        yield page
    finally:
        context.close()


def _median(loads: list[dict[str, float]], name: str) -> float:
    return statistics.median(load[name] for load in loads)
