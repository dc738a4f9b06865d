"""Which connection a model's id stands for, where several offer it: whose money it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import openai
import pytest

from doubles.sora2_double import Sora2Double
from shortdrama.connections.forms import ConnectionForm
from shortdrama.domain.ids import TakeId
from shortdrama.domain.model import Connection
from web.door.conftest import MODEL, Door

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")
_KEY = "sk-other"


@pytest.fixture
def other() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=_KEY, poll_after_ms=100) as provider:
        yield provider


def connect(door: Door, to: Sora2Double, name: str, *models: str) -> Connection:
    form = ConnectionForm(name, to.base_url, models or (MODEL,), key=_KEY)
    return door.studio.services.connections.connect(form)


def connection_of(door: Door, video_id: str) -> str:
    take = door.studio.services.takes.get(TakeId(video_id.removeprefix("video_")))
    return take.request.connection_id


def test_each_id_in_the_list_means_one_connection(door: Door, other: Sora2Double) -> None:
    client = door.client()
    second = connect(door, other, "Second Gateway", MODEL, "wan-3.0")
    ids = [model.id for model in client.models.list()]
    assert ids == ["previz-1", f"127.0.0.1/{MODEL}", f"second-gateway/{MODEL}", "wan-3.0"]
    assert {client.models.retrieve(name).id for name in ids} == set(ids)
    made = client.videos.create_and_poll(prompt="a cat", model=f"second-gateway/{MODEL}")
    assert (made.status, connection_of(door, made.id)) == ("completed", second.id)
    assert made.model_dump()["connection_id"] == second.id
    first = client.videos.create_and_poll(prompt="a dog", model=f"127.0.0.1/{MODEL}")
    assert connection_of(door, first.id) == "environment"
    assert (door.provider.submits(), other.submits()) == (1, 1)


def test_an_id_that_several_connections_offer_is_refused(door: Door, other: Sora2Double) -> None:
    client = door.client()
    made = client.videos.create(prompt="a cat", model=MODEL)
    second = connect(door, other, "Second Gateway")
    with pytest.raises(openai.BadRequestError, match=f"'second-gateway/{MODEL}'") as refused:
        client.videos.create(prompt="a dog", model=MODEL)
    assert (refused.value.code, refused.value.param) == ("model_ambiguous", "model")
    assert refused.value.type == "invalid_request_error"
    with pytest.raises(openai.BadRequestError):
        client.models.retrieve(MODEL)
    assert (door.provider.submits("a dog"), other.submits()) == (0, 0)
    named = client.videos.create(
        prompt="a dog", model=MODEL, extra_body={"connection_id": second.id}
    )
    assert connection_of(door, named.id) == second.id
    # What was ordered before knows where it belongs.
    client.videos.poll(made.id)
    remixed = client.videos.remix(made.id, prompt="a bird")
    assert connection_of(door, remixed.id) == "environment"


def test_the_full_form_is_taken_where_it_is_not_needed(door: Door, other: Sora2Double) -> None:
    second = connect(door, other, "Second Gateway", "wan-3.0")
    client = door.client()
    for name in ("second-gateway/wan-3.0", f"{second.id}/wan-3.0"):
        assert client.models.retrieve(name).id == name
        made = client.videos.create(prompt="a cat", model=name)
        assert connection_of(door, made.id) == second.id
    with pytest.raises(openai.NotFoundError):
        client.videos.create(prompt="a cat", model=f"second-gateway/{MODEL}")


def test_connections_of_one_name_are_told_apart_by_their_ids(
    door: Door, other: Sora2Double
) -> None:
    one, two = (connect(door, other, "Gateway", "wan-3.0") for _ in range(2))
    client = door.client()
    ids = [model.id for model in client.models.list()]
    assert ids == ["previz-1", MODEL, f"{one.id}/wan-3.0", f"{two.id}/wan-3.0"]
    for name in ("wan-3.0", "gateway/wan-3.0"):
        with pytest.raises(openai.BadRequestError, match=f"'{two.id}/wan-3.0'"):
            client.videos.create(prompt="a cat", model=name)
    assert other.submits() == 0


def test_previz_by_itself_is_this_machine_s_own(door: Door, other: Sora2Double) -> None:
    connect(door, other, "Elsewhere", "previz-1")
    client = door.client()
    assert [m.id for m in client.models.list()] == ["previz-1", MODEL, "elsewhere/previz-1"]
    made = client.videos.create(prompt="a cat", model="previz-1")
    assert connection_of(door, made.id) == "built-in"


def test_ids_with_a_slash_are_not_taken_for_a_connection(door: Door, other: Sora2Double) -> None:
    connect(door, other, "Fal", "wan")
    connect(door, other, "Router", "fal/wan")
    client = door.client()
    ids = [model.id for model in client.models.list()]
    assert ids == ["previz-1", MODEL, "wan", "router/fal/wan"]
    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.create(prompt="a cat", model="fal/wan")
    assert refused.value.code == "model_ambiguous"


def test_what_stands_in_for_openais_models_is_one_connection_too(
    open_door: Callable[..., Door], other: Sora2Double
) -> None:
    door = open_door(door_model=MODEL)
    client = door.client()
    connect(door, other, "Second")
    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.create(prompt="a cat", model="sora-2")
    assert refused.value.code == "model_ambiguous"
    for name in ("One", "Two"):
        connect(door, other, name, "sora-2")
    with pytest.raises(openai.BadRequestError, match="'one/sora-2', 'two/sora-2'"):
        client.videos.create(prompt="a cat", model="sora-2")
    assert (door.provider.submits(), other.submits()) == (0, 0)


def test_the_usual_model_is_the_studio_s_default_connection_s(
    door: Door, other: Sora2Double
) -> None:
    connect(door, other, "Second")
    made = door.client().videos.create(prompt="a cat", model="sora-2")
    assert connection_of(door, made.id) == "environment"
    _key, client = door.key(models=("wan-3.0",))
    for name in ("One", "Two"):
        connect(door, other, name, "wan-3.0")
    with pytest.raises(openai.BadRequestError, match=r"'one/wan-3\.0', 'two/wan-3\.0'"):
        client.videos.create(prompt="a cat", model="sora-2")


def test_the_studio_s_own_api_refuses_it_as_well(door: Door, other: Sora2Double) -> None:
    second = connect(door, other, "Second")
    order = {"prompt": "a cat", "model": MODEL, "seconds": 4, "size": "720x1280"}
    refused = httpx.post(f"{door.url}/api/takes", json=order)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (422, "model_ambiguous")
    assert [each["connection_id"] for each in error["details"]["candidates"]] == [
        "environment",
        second.id,
    ]
    told = httpx.post(f"{door.url}/api/prompts/check", json=order).json()["problems"]
    assert [(each["field"], each["code"]) for each in told] == [("model", "model_ambiguous")]
    taken = httpx.post(f"{door.url}/api/takes", json=order | {"connection_id": second.id})
    assert (taken.status_code, taken.json()["connection_id"]) == (202, second.id)
