"""Several people in one browser: what one of them made is nobody else's to send or to see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from e2e.files import drop, picture
from e2e.page_store import stored, wait_until, wait_until_stored
from e2e.studio_process import StudioProcess
from e2e.test_outbox import order

pytestmark = pytest.mark.browser
ROOT = "the studio's own password"
PEOPLE = {"alice": "editor", "bob": "editor", "vera": "viewer"}
_CONTROLLED = "() => navigator.serviceWorker.controller !== null"
_KEPT_PAGES = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
  }
  return found.filter((path) => !path.startsWith("/static/"));
}"""
_PUT_IN_OUTBOX = """async (job) => {
  const { src } = document.querySelector("script[src*='/static/']");
  const { change } = await import(src.replace(/[^/]+$/, "static/js/local-store.js"));
  await change(["outbox"], (tx) => { tx.objectStore("outbox").put(job); });
}"""


@pytest.fixture(scope="module")
def guarded_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    """A studio where everybody logs in."""
    studio = StudioProcess(tmp_path_factory.mktemp("people") / "data", SHORTDRAMA_PASSWORD=ROOT)
    studio.start()
    try:
        with _as_owner(studio) as owner:
            for name, role in PEOPLE.items():
                form = {"name": name, "role": role, "password": _password(name)}
                owner.post("/api/users", json=form).raise_for_status()
        yield studio
    finally:
        studio.stop()


def _password(name: str) -> str:
    return f"{name}'s password"


def _as_owner(studio: StudioProcess) -> httpx.Client:
    headers = {"Authorization": f"Bearer {ROOT}"}
    return httpx.Client(base_url=studio.url, headers=headers, trust_env=False)


def log_in(page: Page, studio: StudioProcess, name: str) -> None:
    page.goto(f"{studio.url}/login")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(_password(name))
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Logged in: ")).to_be_visible()
    page.wait_for_function(_CONTROLLED)


def log_out(page: Page, answer: str = "") -> None:
    page.get_by_role("button", name="Logged in: ").click()
    page.get_by_role("button", name="Log out").click()
    if answer:
        asking = page.get_by_role("dialog", name="Log out all the same?")
        expect(asking).to_contain_text("not with the studio yet")
        asking.get_by_role("button", name=answer).click()
    if answer != "Stay":
        page.wait_for_url("**/login")


def prompts_of(studio: StudioProcess) -> dict[str, str]:
    """Who has ordered what."""
    with _as_owner(studio) as owner:
        takes: list[dict[str, Any]] = owner.get("/api/takes").json()
    return {take["prompt"]: take.get("ordered_by", "") for take in takes}


def asset_names(studio: StudioProcess) -> set[str]:
    with _as_owner(studio) as owner:
        return {asset["name"] for asset in owner.get("/api/assets").json()["assets"]}


def cut_off(page: Page) -> None:
    """Nothing arrives: only orders and files, so that a log-out still works."""
    for address in ("**/api/takes", "**/api/uploads"):
        page.context.route(
            address,
            lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
        )


def test_what_waits_is_sent_by_its_own_person_alone(
    page: Page, guarded_studio: StudioProcess
) -> None:
    log_in(page, guarded_studio, "alice")
    cut_off(page)
    assert order(page, "A secret of Alice")["queued"]
    drop(page, picture("alice-private.png", 1))
    wait_until_stored(page, "outbox", 2)
    assert {job["owner"] for job in stored(page, "outbox")} == {"user%3Aalice"}
    assert set(stored(page, "prompts")[0]) == {"id", "text", "createdAt"}
    log_out(page, "Stay")
    expect(page.get_by_role("button", name="Logged in: ")).to_be_visible()
    log_out(page, "Log out")
    page.context.unroute_all(behavior="ignoreErrors")

    log_in(page, guarded_studio, "bob")
    waits = page.locator("others-waiting")
    expect(waits).to_contain_text("2 things of another person wait in this browser")
    # What Bob sends goes by the same way, after what waits.
    assert order(page, "An order of Bob")["take"]
    drop(page, picture("bob.png", 2))
    expect(page.get_by_role("button", name="bob.png", exact=True)).to_be_visible()
    assert "A secret of Alice" not in prompts_of(guarded_studio)
    assert "alice-private.png" not in asset_names(guarded_studio)
    for word in ("A secret of Alice", "alice-private"):
        assert word not in page.content()
    assert len(stored(page, "outbox")) == 2
    log_out(page)

    log_in(page, guarded_studio, "alice")
    wait_until(page, f"async () => !(await ({_OUTBOX_IDS})()).length")
    expect(waits).to_be_hidden()
    assert prompts_of(guarded_studio)["A secret of Alice"] == "user:alice"
    assert "alice-private.png" in asset_names(guarded_studio)
    log_out(page)


_OUTBOX_IDS = """async () => {
  const { src } = document.querySelector("script[src*='/static/']");
  const { readAll } = await import(src.replace(/[^/]+$/, "static/js/local-store.js"));
  return (await readAll("outbox")).map(({ id }) => id);
}"""


def test_a_page_that_was_left_open_orders_nothing_for_the_next_person(
    page: Page, guarded_studio: StudioProcess
) -> None:
    log_in(page, guarded_studio, "alice")
    other = page.context.new_page()
    log_in(other, guarded_studio, "bob")
    answer = order(page, "Alice in a page of before")
    assert answer["queued"], answer
    assert "Somebody else is logged in now" in answer["message"]
    assert order(other, "Bob goes on")["take"]
    drop(other, picture("bob-goes-on.png", 3))
    expect(other.get_by_role("button", name="bob-goes-on.png", exact=True)).to_be_visible()
    assert "Alice in a page of before" not in prompts_of(guarded_studio)
    assert "Alice in a page of before" not in other.content()
    other.close()
    log_in(page, guarded_studio, "alice")
    wait_until(page, f"async () => !(await ({_OUTBOX_IDS})()).length")
    assert prompts_of(guarded_studio)["Alice in a page of before"] == "user:alice"


def test_what_is_nobodys_goes_up_after_a_click(page: Page, guarded_studio: StudioProcess) -> None:
    """Made on the studio when it was open, or before jobs had owners."""
    log_in(page, guarded_studio, "vera")
    asked = {"prompt": "Of before", "model": "previz-1", "seconds": 2, "size": "720x1280"}
    job = {"kind": "take", "state": "waiting", "tries": 0, "createdAt": 1, "name": "Of before"}
    rest = {"size": 0, "role": "", "message": "", "code": ""}
    body = {"order": {**asked, "references": []}, **rest}
    page.evaluate(_PUT_IN_OUTBOX, {"id": "0" * 32, **job, **body})
    page.evaluate(_PUT_IN_OUTBOX, {"id": "1" * 32, "owner": "", **job, **body})
    page.reload()
    waits = page.locator("others-waiting")
    expect(waits).to_contain_text("2 things from before anybody logged in wait in this browser.")
    expect(waits.get_by_role("button")).to_be_hidden()  # a viewer orders nothing

    log_in(page, guarded_studio, "bob")
    assert order(page, "Bob looks at it")["take"]
    assert "Of before" not in prompts_of(guarded_studio)
    waits.get_by_role("button", name="Send as mine").click()
    expect(waits).to_be_hidden()
    wait_until(page, f"async () => !(await ({_OUTBOX_IDS})()).length")
    assert prompts_of(guarded_studio)["Of before"] == "user:bob"


def test_an_open_studio_takes_what_was_made_before_jobs_had_owners(
    page: Page, studio_server: StudioProcess
) -> None:
    page.goto(studio_server.url)
    asked = {"prompt": "Of before", "model": "previz-1", "seconds": 2, "size": "720x1280"}
    job = {"kind": "take", "state": "waiting", "tries": 0, "createdAt": 1, "name": "Of before"}
    rest = {"size": 0, "role": "", "message": "", "code": ""}
    order = {**asked, "references": []}
    page.evaluate(_PUT_IN_OUTBOX, {"id": "0" * 32, **job, **rest, "order": order})
    theirs = {"id": "1" * 32, "owner": "user%3Aalice", **job, **rest, "order": order}
    page.evaluate(_PUT_IN_OUTBOX, theirs)
    page.reload()
    waits = page.locator("others-waiting")
    expect(waits).to_contain_text("One thing of another person waits in this browser")
    wait_until(page, f"async () => (await ({_OUTBOX_IDS})()).length === 1")
    assert len(httpx.get(f"{studio_server.url}/api/takes").json()) == 1


def test_a_log_out_leaves_nothing_to_look_at(
    page: Page, guarded_studio: StudioProcess, tmp_path: Path
) -> None:
    log_in(page, guarded_studio, "alice")
    drop(page, picture("seen-by-alice.png", 4))
    expect(page.get_by_role("button", name="seen-by-alice.png", exact=True)).to_be_visible()
    assert order(page, "Kept of Alice")["take"]
    wait_until_stored(page, "prompts")
    wait_until_stored(page, "assets")
    page.reload()
    wait_until(page, f"async () => (await ({_KEPT_PAGES})()).includes('/library')")
    session = page.context.cookies()
    log_out(page)
    wait_until(page, f"async () => !(await ({_KEPT_PAGES})()).length")
    for store in ("assets", "videos", "prompts", "kept"):
        assert stored(page, store) == []
    page.context.set_offline(True)
    for address in ("/", "/library", "/?shot=x"):
        with pytest.raises(PlaywrightError, match="ERR_"):
            page.goto(guarded_studio.url + address)
    page.context.set_offline(False)
    page.context.add_cookies(
        [{k: c[k] for k in ("name", "value", "domain", "path")} for c in session]  # type: ignore[misc]
    )
    page.goto(guarded_studio.url)
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


def test_the_next_person_does_not_get_the_pages_of_a_session_that_ran_out(
    page: Page, guarded_studio: StudioProcess
) -> None:
    """Nobody has logged out here; even a form without scripts is seen by the service worker."""
    log_in(page, guarded_studio, "alice")
    assert order(page, "Kept of Alice again")["take"]
    wait_until(page, f"async () => (await ({_KEPT_PAGES})()).includes('/library')")
    page.context.clear_cookies()
    page.goto(guarded_studio.url)
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    wait_until(page, f"async () => !(await ({_KEPT_PAGES})()).length")
    log_in(page, guarded_studio, "bob")
    wait_until(page, "async () => localStorage.getItem('person') === 'user%3Abob'")
    assert stored(page, "prompts") == []
    page.evaluate(
        """() => {
          const form = document.createElement("form");
          Object.assign(form, { method: "post", action: "/logout" });
          document.body.append(form);
          form.submit();
        }"""
    )
    page.wait_for_url("**/login")
    wait_until(page, f"async () => !(await ({_KEPT_PAGES})()).length")
