"""Takes over HTTP, with the built-in engine behind them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from doubles.sora2_double import Sora2Double
from doubles.take_studio import KEY, TakeStudio
from shortdrama.board.service import BoardService
from shortdrama.domain.ids import new_id
from shortdrama.money.service import MoneyService
from shortdrama.web import errors
from shortdrama.web.api import takes

pytestmark = pytest.mark.xdist_group("takes-api")
ORDER = {"prompt": "a cat", "model": "sora-2", "seconds": 1, "size": "720x1280"}


class Rooms:
    """The services that these routes ask."""

    def __init__(self, studio: TakeStudio) -> None:
        self.takes = studio.takes
        self.board = BoardService(studio.records)
        self.money = MoneyService(studio.records)


@pytest.fixture(scope="module")
def double() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=KEY) as server:
        yield server


@pytest.fixture(scope="module")
def studio(double: Sora2Double, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TakeStudio]:
    with TakeStudio(tmp_path_factory.mktemp("studio"), double.base_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def api(studio: TakeStudio) -> Iterator[httpx.Client]:
    app = FastAPI()
    app.state.services = Rooms(studio)
    app.include_router(takes.router)
    errors.install(app)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def order(api: httpx.Client, prompt: str, key: str = "") -> dict[str, Any]:
    headers = {"Idempotency-Key": key or new_id()}
    answer = api.post("/api/takes", json={**ORDER, "prompt": prompt}, headers=headers)
    assert answer.status_code == 202, answer.text
    take: dict[str, Any] = answer.json()
    return take


def test_an_order_is_taken_and_followed(api: httpx.Client, studio: TakeStudio) -> None:
    ordered = order(api, "a cat in the rain")
    assert ordered["status"] in {"queued", "submitting"}
    assert ordered["video_url"] is None
    studio.wait_for(ordered["id"])
    take = api.get(f"/api/takes/{ordered['id']}").json()
    assert take["status"] == "ready"
    assert take["error"] is None
    assert take["duration_ms"] == 1000
    assert take["is_selected"]
    _, media, key, name = take["video_url"].split("/")
    assert (media, len(key)) == ("media", 64)
    assert name == "shot-01-take-1.mp4"
    assert studio.blobs.size(key)
    assert take["poster_url"].endswith("/poster.webp")


def test_the_same_key_is_the_same_take(api: httpx.Client) -> None:
    first = order(api, "only once", "key-of-a-page")
    again = order(api, "only once", "key-of-a-page")
    assert first["id"] == again["id"]
    headers = {"Idempotency-Key": "key-of-a-page"}
    other = api.post("/api/takes", json={**ORDER, "prompt": "something else"}, headers=headers)
    assert other.status_code == 409
    assert other.json()["error"]["code"] == "idempotency_key_reused"


def test_a_failure_says_what_happened_and_what_it_cost(
    api: httpx.Client, studio: TakeStudio, double: Sora2Double
) -> None:
    double.script("forbidden words", submit="moderation")
    take_id = order(api, "forbidden words")["id"]
    studio.wait_for(take_id)
    error = api.get(f"/api/takes/{take_id}").json()["error"]
    assert error["code"] == "moderation_blocked"
    assert error["kind"] == "moderation_input"
    assert error["money"] == "none"
    assert error["can_retry"] is False
    assert "Edit the prompt" in error["message"]
    assert "Blocked by our moderation system." in error["details"]["provider_message"]
    assert KEY not in str(error)


def test_pages_go_on_where_the_last_ended(api: httpx.Client) -> None:
    made = [order(api, f"page {number}")["id"] for number in range(3)]
    first = api.get("/api/takes", params={"limit": 2}).json()
    assert [take["id"] for take in first] == [made[2], made[1]]
    following = api.get("/api/takes", params={"limit": 1, "before": made[1]}).json()
    assert [take["id"] for take in following] == [made[0]]


def test_what_a_take_is_not_in_a_state_for(api: httpx.Client, studio: TakeStudio) -> None:
    take_id = order(api, "in no state")["id"]
    studio.wait_for(take_id)
    for action in ("cancellation", "fetch", "check"):
        assert api.post(f"/api/takes/{take_id}/{action}").status_code == 409
    verdict = {"decision": "send_again"}
    assert api.post(f"/api/takes/{take_id}/decision", json=verdict).status_code == 409
    assert api.post(f"/api/takes/{take_id}/retry").status_code == 202


def test_a_running_take_is_cancelled(
    api: httpx.Client, studio: TakeStudio, double: Sora2Double
) -> None:
    double.script("stop me", takes_s=60)
    take_id = order(api, "stop me")["id"]
    studio.wait_until(lambda: double.submits("stop me") == 1)
    assert api.post(f"/api/takes/{take_id}/cancellation").status_code == 202
    studio.wait_for(take_id)
    assert api.get(f"/api/takes/{take_id}").json()["status"] == "cancelled"


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": " \x00\x07 "},
        {"prompt": "x" * 32_001},
        {"prompt": 5},
        {"seconds": 10**400},
        {"seconds": "4"},
        {"seconds": 0},
        {"seconds": True},
        {"size": "x" * 41},
        {"model": ""},
        {"references": ["../../etc/passwd"]},
        {"references": ["0" * 32] * 101},
        {"shot_id": "\x00"},
        {"connection_id": "' OR 1=1 --"},
    ],
)
def test_bad_orders_are_refused_in_words(api: httpx.Client, change: dict[str, Any]) -> None:
    answer = api.post("/api/takes", json={**ORDER, **change})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_a_lone_surrogate_is_no_bug(api: httpx.Client) -> None:
    body = b'{"prompt": "a \\ud800 cat", "model": "sora-2", "seconds": 1, "size": "720x1280"}'
    answer = api.post("/api/takes", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {202, 422}


@pytest.mark.parametrize("key", ["a" * 201, "a b", "ä"])
def test_bad_keys_are_refused(api: httpx.Client, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    assert api.post("/api/takes", json=ORDER, headers=headers).status_code == 422


@pytest.mark.parametrize("take_id", ["0" * 32, "abc", "%00"])
def test_unknown_takes(api: httpx.Client, take_id: str) -> None:
    assert api.get(f"/api/takes/{take_id}").status_code in {404, 422}


def test_an_unknown_shot(api: httpx.Client) -> None:
    answer = api.post("/api/takes", json={**ORDER, "shot_id": "0" * 32})
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "shot_not_found"


@pytest.mark.parametrize(
    "own",
    ["NaN", "[" * 30 + "]" * 30, "[" * 900 + "]" * 900, '"' + "x" * 70_000 + '"'],
    ids=["no number", "deep", "deeper", "large"],
)
def test_own_words_that_could_not_be_sent_are_refused(api: httpx.Client, own: str) -> None:
    body = f'{{"prompt": "a cat", "model": "sora-2", "seconds": 1, "extra": {{"x": {own}}}}}'
    answer = api.post("/api/takes", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == "“extra” does not have the right form."
