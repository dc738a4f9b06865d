"""Keys at the door: scope, budget, and everything that somebody might try."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import openai
import pytest

from shortdrama.access.client_keys import KeyForm
from shortdrama.domain.ids import TakeId
from shortdrama.domain.people import Role
from web.door.conftest import MODEL, Door

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")
ORDER = {"prompt": "a cat", "model": MODEL, "seconds": "4"}
PASSWORD = "a long sentence nobody guesses"


def test_from_the_first_key_on_programs_need_one(door: Door) -> None:
    assert door.client("anything").models.list().data
    key, client = door.key()
    for stranger in ("anything", "", "sd-" + "x" * 43):
        answer = httpx.get(
            f"{door.base_url}/models", headers={"authorization": f"Bearer {stranger}".strip()}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert httpx.get(f"{door.base_url}/models").status_code == 401
    assert client.models.list().data
    door.studio.services.client_keys.revoke(key.id)
    with pytest.raises(openai.AuthenticationError):
        client.models.list()
    assert httpx.get(f"{door.base_url}/models").status_code == 401


def test_keys_come_in_headers_only(door: Door) -> None:
    _key, token = door.studio.services.client_keys.add(_form(), "test")
    for name in ("api_key", "api-key", "key", "token", "access_token", "authorization"):
        answer = httpx.get(f"{door.base_url}/models", params={name: token})
        assert answer.status_code == 401
    assert httpx.get(f"{door.base_url}/models", headers={"cookie": f"api-key={token}"}).is_error
    basic = httpx.get(f"{door.base_url}/models", auth=httpx.BasicAuth("", token))
    assert basic.status_code == 401
    azure = httpx.get(f"{door.base_url}/models", headers={"api-key": token})
    assert azure.status_code == 200


def test_a_key_opens_the_door_and_nothing_else(open_door: Callable[..., Door]) -> None:
    door = open_door(password=PASSWORD)
    _key, token = door.studio.services.client_keys.add(_form(), "test")
    headers = {"authorization": f"Bearer {token}"}
    assert httpx.get(f"{door.base_url}/models", headers=headers).status_code == 200
    for path in ("/api/takes", "/api/keys", "/settings", "/api/events", "/media/x/y.mp4"):
        assert httpx.get(f"{door.url}{path}", headers=headers).status_code == 401
    assert httpx.post(f"{door.url}/api/takes", json=ORDER, headers=headers).status_code == 401


def test_with_a_log_in_the_door_is_locked_without_any_key(open_door: Callable[..., Door]) -> None:
    door = open_door(password=PASSWORD)
    assert httpx.get(f"{door.base_url}/models").status_code == 401
    assert httpx.post(f"{door.base_url}/videos", json=ORDER).status_code == 401
    people = door.studio.services.users
    people.add("Mei", Role.EDITOR, "her own password")
    people.add("Jun", Role.VIEWER, "his own password")
    # People may use it too, as far as their role goes.
    root = httpx.post(
        f"{door.base_url}/videos", json=ORDER, headers={"authorization": f"Bearer {PASSWORD}"}
    )
    assert root.status_code == 200
    mei = httpx.BasicAuth("Mei", "her own password")
    made = httpx.post(f"{door.base_url}/videos", json=ORDER, auth=mei).json()
    take = door.studio.services.takes.get(TakeId(made["id"].removeprefix("video_")))
    assert take.ordered_by == "user:Mei"
    jun = httpx.BasicAuth("Jun", "his own password")
    refused = httpx.post(f"{door.base_url}/videos", json=ORDER, auth=jun)
    assert refused.json()["error"]["code"] == "insufficient_permissions"
    assert httpx.get(f"{door.base_url}/videos/{made['id']}", auth=jun).status_code == 404


def test_one_clients_job_is_nobody_elses(door: Door) -> None:
    _a, mine = door.key("a")
    _b, other = door.key("b")
    job = mine.videos.create_and_poll(**ORDER)  # type: ignore[arg-type]
    tries: list[Callable[[], object]] = [
        lambda: other.videos.retrieve(job.id),
        lambda: other.videos.download_content(job.id),
        lambda: other.videos.delete(job.id),
        lambda: other.videos.remix(job.id, prompt="x"),
    ]
    for attempt in tries:
        with pytest.raises(openai.NotFoundError) as caught:
            attempt()
        assert caught.value.code == "not_found"
    # Not to be told from one that never was.
    with pytest.raises(openai.NotFoundError) as never:
        other.videos.retrieve(f"video_{'0' * 32}")
    with pytest.raises(openai.NotFoundError) as theirs:
        other.videos.retrieve(job.id)
    assert str(never.value).replace("0" * 32, "") == str(theirs.value).replace(job.id[6:], "")
    assert other.videos.list().data == []
    assert [each.id for each in mine.videos.list()] == [job.id]
    # A take of the studio's own page is nobody's job either.
    page = httpx.post(f"{door.url}/api/takes", json={"prompt": "a dog", "seconds": 1}).json()
    with pytest.raises(openai.NotFoundError):
        mine.videos.retrieve(f"video_{page['id']}")


def test_a_key_stays_within_its_models(door: Door) -> None:
    _key, client = door.key(models=("previz-1",))
    assert [model.id for model in client.models.list()] == ["previz-1"]
    for model in (MODEL, "sora-2-2025-12-08-x", "Seedance-2-0"):
        if model.startswith("sora-2-"):
            continue
        with pytest.raises(openai.NotFoundError) as caught:
            client.videos.create(prompt="a cat", model=model)
        assert caught.value.code == "model_not_found"
    # What stands in for OpenAI's own is within its scope, too.
    assert client.videos.create(prompt="a cat", model="sora-2", seconds="4").model == "previz-1"
    for name in ("extra", "extra_body", "model_id", "parameters", "base_url"):
        with pytest.raises(openai.BadRequestError):
            client.videos.create(
                prompt="a cat", model="previz-1", extra_body={name: {"model": MODEL}}
            )
    assert door.provider.submits() == 0


def test_a_key_that_only_looks(door: Door) -> None:
    _key, client = door.key("bot")
    _key, looking = door.key("bot", can_generate=False)
    job = client.videos.create_and_poll(**ORDER)  # type: ignore[arg-type]
    assert looking.videos.retrieve(job.id).status == "completed"
    assert looking.videos.download_content(job.id).content[4:8] == b"ftyp"
    assert looking.models.list().data
    attempts: list[Callable[[], object]] = [
        lambda: looking.videos.create(**ORDER),  # type: ignore[arg-type]
        lambda: looking.videos.remix(job.id, prompt="x"),
        lambda: looking.videos.delete(job.id),
    ]
    for attempt in attempts:
        with pytest.raises(openai.PermissionDeniedError) as caught:
            attempt()
        assert caught.value.code == "insufficient_permissions"
    assert door.provider.submits() == 1


def test_a_budget_holds_under_fifty_orders_at_once(door: Door) -> None:
    """Four seconds cost $0.40: three fit into $1.20."""
    _key, client = door.key(budget_micro_usd=1_200_000)
    refusals = set()

    def order(number: int) -> str:
        try:
            return client.videos.create(prompt=f"cat {number}", model=MODEL, seconds="4").id
        except openai.RateLimitError as error:
            refusals.add((error.code, error.type, error.response.headers["x-should-retry"]))
            return ""

    with ThreadPoolExecutor(50) as pool:
        made = [job for job in pool.map(order, range(50)) if job]
    assert len(made) == 3
    assert refusals == {("billing_hard_limit_reached", "insufficient_quota", "false")}
    for job in made:
        client.videos.poll(job)
    assert door.provider.submits() == 3
    # What was refused leaves nothing behind.
    assert len(client.videos.list().data) == 3
    boards = door.studio.services.board.projects()
    [api] = [view for view in boards if view.project.title == "API"]
    [opening] = api.episodes
    assert len(door.studio.services.board.episode_view(opening.episode.id).shots) == 3
    # Its second key has no budget of its own to start anew with.
    _key, second = door.key()
    with pytest.raises(openai.RateLimitError):
        second.videos.create(prompt="more", model=MODEL, seconds="4")
    assert client.videos.create(prompt="free", model="previz-1", seconds="4").id


def test_the_same_idempotency_key_is_the_same_job(door: Door) -> None:
    _a, mine = door.key("a")
    _b, other = door.key("b")
    headers = {"Idempotency-Key": "order-1"}
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(lambda _: mine.videos.create(**ORDER, extra_headers=headers).id, range(8))  # type: ignore[arg-type]
        )
    assert len(set(made)) == 1
    with pytest.raises(openai.ConflictError) as caught:
        mine.videos.create(prompt="a dog", model=MODEL, extra_headers=headers)
    assert caught.value.code == "idempotency_key_reused"
    theirs = other.videos.create(**ORDER, extra_headers=headers)  # type: ignore[arg-type]
    assert theirs.id != made[0]
    mine.videos.poll(made[0])
    other.videos.poll(theirs.id)
    assert door.provider.submits() == 2


def test_a_clients_own_retry_is_not_paid_twice(door: Door) -> None:
    """OpenAI's clients repeat a lost create by themselves, without any key."""
    client = door.client()
    first = client.videos.create(**ORDER)  # type: ignore[arg-type]
    again = {"x-stainless-retry-count": "1"}
    assert client.videos.create(**ORDER, extra_headers=again).id == first.id  # type: ignore[arg-type]
    # Two orders of the same are two; and another request is no retry of this one.
    assert client.videos.create(**ORDER).id != first.id  # type: ignore[arg-type]
    fresh = client.videos.create(prompt="a dog", model=MODEL, extra_headers=again)
    assert fresh.id != first.id


def test_a_wrong_key_takes_as_long_as_another(door: Door) -> None:
    """Whatever of it is right: a hash is looked up, no text compared."""
    _key, token = door.studio.services.client_keys.add(_form(), "test")
    find = door.studio.services.client_keys.by_token

    def median_s(guess: str) -> float:
        times = []
        for _ in range(60):
            began = time.perf_counter()
            assert find(guess) is None
            times.append(time.perf_counter() - began)
        return statistics.median(times)

    near, far = median_s(token[:-1] + "?"), median_s("?" * len(token))
    assert 0.2 < near / far < 5


def test_bodies_are_bounded_and_nothing_breaks_the_door(door: Door) -> None:
    url = f"{door.base_url}/videos"
    assert httpx.post(url, content=bytes(65 * 1024 * 1024)).status_code == 413
    for body in (b"", b"[]", b"null", b'"x"', b"\xff", b"{" * 10_000):
        answer = httpx.post(url, content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, list(answer.json())) == (400, ["error"])
    values: tuple[object, ...] = ([], {}, True, -1, 1e300, "\0", "x" * 5000)
    for field in ("model", "prompt", "seconds", "size", "input_reference", "seed", "n", "sound"):
        for value in values:
            answer = httpx.post(url, json={**ORDER, field: value})
            assert answer.status_code in {200, 400, 404}, (field, value, answer.text)
            assert answer.headers["x-request-id"].startswith("req_")
    for path in ("/videos/..%2f..%2fetc", "/videos/video_%00", "/models/%2e%2e", "/nothing"):
        assert httpx.get(f"{door.base_url}{path}").status_code == 404


def _form() -> KeyForm:
    return KeyForm("a program")
