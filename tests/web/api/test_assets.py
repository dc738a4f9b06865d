"""The library's JSON API over real HTTP."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from assets.library import picture, sha256
from shortdrama.domain.ids import new_id
from web.api.library_server import LibraryServer, library_server

FIELDS = [
    *("id", "name", "file_name", "kind", "role", "mime", "bytes", "width", "height"),
    *("duration_ms", "thumb_small_url", "thumb_large_url", "preview_url", "url"),
    *("tags", "created_at", "trashed_at"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibraryServer]:
    with library_server(tmp_path_factory.mktemp("studio")) as running:
        yield running


@pytest.fixture
def client(server: LibraryServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as opened:
        yield opened


def bring(client: httpx.Client, data: bytes, name: str = "still.png") -> dict[str, Any]:
    announced = {"id": new_id(), "size": len(data), "name": name}
    client.post("/api/uploads", json=announced)
    headers = {"Content-Type": "application/octet-stream", "Upload-Offset": "0"}
    answer = client.patch(f"/api/uploads/{announced['id']}", content=data, headers=headers)
    assert answer.status_code == 200, answer.text
    asset: dict[str, Any] = answer.json()["asset"]
    return asset


def shown(client: httpx.Client, **filters: str | bool | list[str]) -> list[str]:
    answer = client.get("/api/assets", params=filters)
    assert answer.status_code == 200, answer.text
    return [asset["name"] for asset in answer.json()["assets"]]


def test_an_asset_has_the_fields_that_pages_count_on(client: httpx.Client) -> None:
    asset = bring(client, picture(1), "fields.png")
    assert list(asset) == FIELDS
    assert client.get(f"/api/assets/{asset['id']}").json() == asset
    assert asset in client.get("/api/assets").json()["assets"]
    assert (asset["preview_url"], asset["duration_ms"], asset["tags"]) == (None, None, [])


def test_a_script_has_no_picture(client: httpx.Client) -> None:
    asset = bring(client, b"INT. KITCHEN - NIGHT\n\nLin waits.\n", "pilot.fountain")
    assert (asset["kind"], asset["thumb_small_url"], asset["width"]) == ("script", None, None)
    assert asset["url"].endswith("/pilot.fountain")
    assert shown(client, kind="script") == ["pilot.fountain"]


def test_pages_follow_each_other_without_gap(client: httpx.Client) -> None:
    for number in range(7):
        bring(client, picture(50 + number), f"paged {number}.png")
    names: list[str] = []
    after = ""
    while True:
        params = {"text": "paged", "sort": "name", "limit": "3", "after": after}
        page = client.get("/api/assets", params=params).json()
        names += [asset["name"] for asset in page["assets"]]
        after = page["next_after"]
        if not after:
            break
    assert names == [f"paged {number}.png" for number in range(7)]


def test_a_change_of_name_role_and_tags(client: httpx.Client) -> None:
    asset = bring(client, picture(2))
    change = {"name": "Lin / rain", "role": "cast", "tags": ["#Lead", "lead", "Neon sign"]}
    changed = client.patch(f"/api/assets/{asset['id']}", json=change).json()
    assert (changed["name"], changed["role"]) == ("Lin / rain", "cast")
    assert changed["tags"] == ["lead", "neon sign"]
    assert changed["url"] == f"/media/{sha256(picture(2))}/Lin-rain.png"
    assert client.get(changed["url"]).content == picture(2)
    assert shown(client, role="cast") == ["Lin / rain"]
    assert shown(client, tag=["NEON SIGN", "lead"]) == ["Lin / rain"]
    assert {"tag": "lead", "count": 1} in client.get("/api/tags").json()
    only_tags = client.patch(f"/api/assets/{asset['id']}", json={"tags": []}).json()
    assert (only_tags["tags"], only_tags["name"]) == ([], "Lin / rain")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": " "}, "name_empty"),
        ({"name": "x" * 121}, "name_too_long"),
        ({"tags": ["x" * 51]}, "tag_too_long"),
        ({"tags": [str(number) for number in range(21)]}, "too_many_tags"),
        ({"role": "hero"}, "invalid_request"),
        ({"name": 5}, "invalid_request"),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    client: httpx.Client, change: dict[str, object], code: str
) -> None:
    asset = bring(client, picture(3))
    answer = client.patch(f"/api/assets/{asset['id']}", json=change)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert client.get(f"/api/assets/{asset['id']}").json() == asset


def test_trash_restore_and_removal(client: httpx.Client) -> None:
    asset = bring(client, picture(4), "to go.png")
    ids = {"ids": [asset["id"], asset["id"], new_id()]}
    refused = client.post("/api/assets/removal", json=ids)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_in_trash")
    moved = client.post("/api/assets/trash", json=ids).json()["assets"]
    assert [one["id"] for one in moved] == [asset["id"]]
    assert moved[0]["trashed_at"] is not None
    assert (shown(client, text="to go"), shown(client, text="to go", trash=True)) == (
        [],
        ["to go.png"],
    )
    assert client.post("/api/assets/restore", json=ids).json()["assets"][0]["trashed_at"] is None
    assert shown(client, text="to go") == ["to go.png"]
    client.post("/api/assets/trash", json=ids)
    assert client.get("/api/assets/counts").json()["trash"] == 1
    assert client.post("/api/assets/removal", json=ids).json() == {"ids": [asset["id"]]}
    assert client.get(f"/api/assets/{asset['id']}").status_code == 404
    assert client.get(asset["url"]).status_code == 404


def test_thumbnails_are_made_again(client: httpx.Client, server: LibraryServer) -> None:
    asset = bring(client, picture(5, width=200, height=100))
    key = asset["thumb_large_url"].split("/")[2]
    (server.data / "blobs" / key[:2] / key[2:4] / key).unlink()
    assert client.get(asset["thumb_large_url"]).status_code == 404
    again = client.post(f"/api/assets/{asset['id']}/thumbnails").json()
    assert client.get(again["thumb_large_url"]).status_code == 200


def cursor(sort: str, place: str, asset_id: str = "0" * 32) -> str:
    """A forged one; `place` is JSON."""
    text = f'["{sort}", {place}, "{asset_id}"]'
    return f"sort={sort}&after={base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}"


STRANGE_QUERIES = [
    cursor("newest", "1e400"),
    cursor("newest", '"2026-01-01T00:00:00+00:00"', "\\ud800"),
    cursor("newest", '"2026-01-01T00:00:00"'),
    cursor("size", "9" * 30),
    cursor("size", "-1"),
    cursor("size", "NaN"),
    cursor("name", '"\\u0000"'),
    cursor("name", '"\\ud800"'),
    cursor("name", "[]"),
    "text=%00",
    "text=%ED%A0%80",
    "text=%25_%5C%27%22",
    "tag=%00&tag=",
    "tag=" + "x" * 5000,
    "kind=poem",
    "role=",
    "sort=%00",
    "after=%00",
    "after=abc",
    "after=W10",
    "limit=0",
    "limit=501",
    "limit=99999999999999999999",
    "limit=1e400",
    "trash=perhaps",
]


@pytest.mark.parametrize("query", STRANGE_QUERIES)
def test_a_strange_question_gets_an_answer_in_words(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/api/assets?{query}")
    assert answer.status_code in (200, 422), answer.text
    assert "assets" in answer.json() or answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"ids": "x"}',
        b'{"ids": ["\\u0000"]}',
        b'{"ids": [1e400]}',
        b'{"ids": ["\\ud800"]}',
    ],
)
def test_a_strange_choice_is_refused(client: httpx.Client, body: bytes) -> None:
    for action in ("trash", "restore", "removal"):
        headers = {"Content-Type": "application/json"}
        answer = client.post(f"/api/assets/{action}", content=body, headers=headers)
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "invalid_request"


@pytest.mark.parametrize("asset_id", ["0" * 32, "x", "%00", "A" * 32, "%ed%a0%80"])
def test_an_unknown_asset_is_said_so(client: httpx.Client, asset_id: str) -> None:
    assert client.get(f"/api/assets/{asset_id}").status_code in (404, 422)
    answer = client.patch(f"/api/assets/{asset_id}", json={"name": "x"})
    assert answer.status_code in (404, 422)


def test_every_answer_is_described(client: httpx.Client) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    upload = paths["/api/uploads/{upload_id}"]
    assert set(upload) == {"get", "head", "patch", "delete"}
    assert {"404", "409", "413", "415", "423", "507"} <= set(upload["patch"]["responses"])
    assert "application/offset+octet-stream" in upload["patch"]["requestBody"]["content"]
    assert "409" in paths["/api/assets/removal"]["post"]["responses"]
