"""Uploads over real HTTP, to a server in a process of its own."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from assets.library import huge_picture, picture, sha256
from shortdrama.domain.ids import new_id
from web.api.library_server import LibraryServer, library_server

BYTES = {"Content-Type": "application/offset+octet-stream"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibraryServer]:
    with library_server(tmp_path_factory.mktemp("studio"), 100_000_000, 1.0) as running:
        yield running


@pytest.fixture
def client(server: LibraryServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as opened:
        yield opened


def begin(client: httpx.Client, data: bytes, name: str = "still.png") -> str:
    upload_id = new_id()
    announced = {"id": upload_id, "size": len(data), "name": name}
    answer = client.post("/api/uploads", json=announced)
    assert answer.status_code == 200, answer.text
    return upload_id


def send(client: httpx.Client, upload_id: str, offset: int, data: bytes) -> httpx.Response:
    headers = BYTES | {"Upload-Offset": str(offset)}
    return client.patch(f"/api/uploads/{upload_id}", content=data, headers=headers)


def error_of(answer: httpx.Response) -> dict[str, object]:
    error: dict[str, object] = answer.json()["error"]
    return error


def test_a_picture_comes_in_whole(client: httpx.Client) -> None:
    data = picture(11, size_bytes=200_000, width=600, height=900)
    upload_id = begin(client, data, "Lin in the rain.png")
    answer = send(client, upload_id, 0, data)
    assert answer.status_code == 200
    assert answer.headers["Upload-Offset"] == answer.headers["Upload-Length"] == str(len(data))
    told = answer.json()
    asset = told["asset"]
    assert (told["done"], told["was_here"], told["came_back"]) == (True, False, False)
    assert (asset["name"], asset["kind"], asset["mime"]) == (
        "Lin in the rain.png",
        "picture",
        "image/png",
    )
    assert (asset["width"], asset["height"], asset["bytes"]) == (600, 900, len(data))
    assert asset["url"] == f"/media/{sha256(data)}/Lin%20in%20the%20rain.png"
    kept = client.get(asset["url"])
    assert (kept.content, kept.headers["Content-Type"]) == (data, "image/png")
    thumbnail = client.get(asset["thumb_small_url"])
    assert thumbnail.headers["Content-Type"] == "image/webp"
    assert thumbnail.content[8:12] == b"WEBP"


def test_pieces_with_head_in_between(client: httpx.Client) -> None:
    data = picture(12, size_bytes=200_000)
    upload_id = begin(client, data)
    first = send(client, upload_id, 0, data[:50_000])
    assert (first.json()["done"], first.json()["asset"]) == (False, None)
    head = client.head(f"/api/uploads/{upload_id}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Upload-Offset"] == "50000"
    assert head.headers["Upload-Length"] == str(len(data))
    assert head.headers["Cache-Control"] == "no-store"
    assert client.get(f"/api/uploads/{upload_id}").json()["offset"] == 50_000
    assert send(client, upload_id, 50_000, data[50_000:]).json()["done"] is True


def test_a_wrong_offset_gets_409_and_the_right_one(client: httpx.Client) -> None:
    data = picture(13, size_bytes=20_000)
    upload_id = begin(client, data)
    send(client, upload_id, 0, data[:5000])
    answer = send(client, upload_id, 0, data)
    assert answer.status_code == 409
    assert error_of(answer)["code"] == "offset_mismatch"
    assert error_of(answer)["details"] == {"offset": 5000, "size": len(data)}


def test_the_same_bytes_twice_are_said_to_be_here(client: httpx.Client) -> None:
    data = picture(14)
    first = send(client, begin(client, data), 0, data).json()
    again = send(client, begin(client, data, "again.png"), 0, data).json()
    assert again["asset"]["id"] == first["asset"]["id"]
    assert (again["was_here"], again["came_back"]) == (True, False)
    client.post("/api/assets/trash", json={"ids": [first["asset"]["id"]]})
    back = send(client, begin(client, data), 0, data).json()
    assert (back["was_here"], back["came_back"], back["asset"]["trashed_at"]) == (True, True, None)


def test_two_writers_at_once_never_mix(client: httpx.Client, server: LibraryServer) -> None:
    data = picture(15, size_bytes=400_000)
    upload_id = begin(client, data)
    first = open_patch(server, upload_id, 0, len(data))
    first.sendall(data[:100_000])
    wait_for_bytes(client, upload_id)
    answer = send(client, upload_id, 0, data)
    assert answer.status_code == 423
    assert error_of(answer)["code"] == "upload_busy"
    assert error_of(answer)["can_retry"] is True
    first.sendall(data[100_000:])
    told = http.client.HTTPResponse(first)
    told.begin()
    assert json.loads(told.read())["asset"]["url"].split("/")[2] == sha256(data)
    first.close()


def wait_for_bytes(client: httpx.Client, upload_id: str) -> None:
    """Until the server has written of what is on its way to it."""
    while client.head(f"/api/uploads/{upload_id}").headers["Upload-Offset"] == "0":
        pass


def open_patch(server: LibraryServer, upload_id: str, offset: int, length: int) -> socket.socket:
    """A PATCH whose body is sent by hand."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    lines = [
        f"PATCH /api/uploads/{upload_id} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Content-Type: application/offset+octet-stream",
        f"Upload-Offset: {offset}",
        f"Content-Length: {length}",
        "",
        "",
    ]
    connection.sendall("\r\n".join(lines).encode())
    return connection


def test_a_half_open_connection_does_not_hold_the_upload_for_ever(
    client: httpx.Client, server: LibraryServer
) -> None:
    data = picture(16, size_bytes=100_000)
    upload_id = begin(client, data)
    with open_patch(server, upload_id, 0, len(data)) as half_open:
        half_open.sendall(data[:30_000])
        told = http.client.HTTPResponse(half_open)
        told.begin()  # the server speaks first, since we stay silent
        assert told.status == 423
        assert json.loads(told.read())["error"]["code"] == "upload_stalled"
    assert client.head(f"/api/uploads/{upload_id}").headers["Upload-Offset"] == "30000"
    assert send(client, upload_id, 30_000, data[30_000:]).json()["done"] is True


def test_a_broken_connection_keeps_what_came(client: httpx.Client, server: LibraryServer) -> None:
    data = picture(17, size_bytes=1_000_000)
    upload_id = begin(client, data)
    almost = len(data) * 99 // 100
    with open_patch(server, upload_id, 0, len(data)) as breaking:
        breaking.sendall(data[:almost])
    answer = send_until_free(client, upload_id, data)
    assert answer.json()["asset"]["url"].split("/")[2] == sha256(data)


def send_until_free(client: httpx.Client, upload_id: str, data: bytes) -> httpx.Response:
    """What a client does: ask for the offset, go on from there, again while told to wait."""
    while True:
        offset = int(client.head(f"/api/uploads/{upload_id}").headers["Upload-Offset"])
        answer = send(client, upload_id, offset, data[offset:])
        if answer.status_code not in (409, 423):
            return answer


def test_a_killed_server_goes_on_where_the_file_ends(tmp_path: Path) -> None:
    data = picture(18, size_bytes=20_000_000)
    with library_server(tmp_path) as server:
        upload_id = new_id()
        announced = {"id": upload_id, "size": len(data), "name": "long.png"}
        httpx.post(f"{server.url}/api/uploads", json=announced)
        part = tmp_path / "uploads" / f"{upload_id}.part"
        under_way = open_patch(server, upload_id, 0, len(data))
        under_way.sendall(data[: len(data) // 2])
        while part.stat().st_size < 5_000_000:
            pass
        server.kill()
        under_way.close()
        kept = part.stat().st_size
        assert 0 < kept < len(data)
        server.start()
        with httpx.Client(base_url=server.url, timeout=60) as client:
            again = client.post("/api/uploads", json=announced).json()
            assert again["offset"] == kept
            done = send(client, upload_id, kept, data[kept:]).json()
            assert done["asset"]["url"].split("/")[2] == sha256(data)
            assert client.get(done["asset"]["url"]).content == data
            assert client.post("/api/uploads", json=announced).json()["asset"] == done["asset"]
        assert list((tmp_path / "uploads").iterdir()) == []


def test_a_zip_named_png_is_refused_on_its_first_bytes(client: httpx.Client) -> None:
    upload_id = begin(client, b"PK\x03\x04" + bytes(50_000), "portrait.png")
    answer = send(client, upload_id, 0, b"PK\x03\x04" + bytes(8000))
    assert answer.status_code == 415
    assert "portrait.png" in str(error_of(answer)["message"])
    assert client.head(f"/api/uploads/{upload_id}").status_code == 404


def test_a_picture_of_50_000_by_50_000_is_refused(client: httpx.Client) -> None:
    data = huge_picture()
    answer = send(client, begin(client, data), 0, data)
    assert answer.status_code == 413
    assert "50,000" in str(error_of(answer)["message"])
    assert client.get("/api/assets", params={"limit": 500}).status_code == 200


def test_a_cut_picture_is_refused_and_forgotten(client: httpx.Client) -> None:
    whole = picture(19, width=300, height=300)
    cut = whole[: len(whole) // 2]
    upload_id = begin(client, cut)
    answer = send(client, upload_id, 0, cut)
    assert answer.status_code == 415, answer.text
    assert client.head(f"/api/uploads/{upload_id}").status_code == 404


def test_an_empty_file_is_refused(client: httpx.Client) -> None:
    answer = client.post("/api/uploads", json={"id": new_id(), "size": 0, "name": "a.png"})
    assert answer.status_code == 422
    assert error_of(answer)["code"] == "file_empty"


def test_a_file_over_the_limit_is_refused(client: httpx.Client) -> None:
    for size in (100_000_001, 2**63 - 1):
        answer = client.post("/api/uploads", json={"id": new_id(), "size": size, "name": "a"})
        assert answer.status_code == 413
        details = answer.json()["error"]["details"]
        assert (details["bytes"], details["limit_bytes"]) == (size, 100_000_000)


def test_more_than_announced_is_refused(client: httpx.Client) -> None:
    data = picture(20, size_bytes=9000)
    answer = send(client, begin(client, data), 0, data + b"more")
    assert (answer.status_code, error_of(answer)["code"]) == (413, "more_than_announced")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.png", "etc-passwd.png"),
        ("x" * 400 + ".png", "x" * 116 + ".png"),
        ("a\0b\u202egnp.exe.png", "abgnp.exe.png"),
        ("<img src=x onerror=alert(1)>.png", "-img src=x onerror=alert(1)-.png"),
    ],
)
def test_a_name_is_kept_short_and_safe(client: httpx.Client, name: str, kept: str) -> None:
    data = picture(hash(kept) % 10_000 + 100)
    asset = send(client, begin(client, data, name), 0, data).json()["asset"]
    assert asset["name"] == kept
    assert client.get(asset["url"]).content == data


def test_a_forgotten_upload_is_gone(client: httpx.Client) -> None:
    upload_id = begin(client, picture(21))
    assert client.delete(f"/api/uploads/{upload_id}").status_code == 204
    assert client.delete(f"/api/uploads/{upload_id}").status_code == 204
    assert client.head(f"/api/uploads/{upload_id}").status_code == 404
    assert send(client, upload_id, 0, picture(21)).status_code == 404


BAD_BODIES = [
    b"",
    b"[]",
    b"{",
    b"\xff\xfe",
    b'{"id": "\\ud800", "size": 1, "name": "a"}',
    b'{"id": "00000000000000000000000000000001", "size": 1e400, "name": "a"}',
    b'{"id": "00000000000000000000000000000001", "size": -1, "name": "a"}',
    b'{"id": "00000000000000000000000000000001", "size": 99999999999999999999999, "name": "a"}',
    b'{"id": "../../etc/passwd", "size": 1, "name": "a"}',
    b'{"id": "00000000000000000000000000000001\\n", "size": 1, "name": "a"}',
    b'{"id": "00000000000000000000000000000001", "size": 1, "name": ["\\u0000"]}',
    b'{"id": "00000000000000000000000000000001", "size": NaN, "name": "a"}',
]


@pytest.mark.parametrize("body", BAD_BODIES)
def test_a_strange_announcement_is_refused_in_words(client: httpx.Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/uploads", content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert error_of(answer)["message"]


def test_a_name_with_half_a_surrogate_does_no_harm(client: httpx.Client) -> None:
    body = b'{"id": "%s", "size": 10, "name": "\\ud800.png"}' % new_id().encode()
    headers = {"Content-Type": "application/json"}
    assert client.post("/api/uploads", content=body, headers=headers).status_code in (200, 422)


@pytest.mark.parametrize("offset", ["-1", "", "x", "1e3", "9" * 30, "0, 0"])
def test_a_strange_offset_is_refused(client: httpx.Client, offset: str) -> None:
    upload_id = begin(client, picture(22, size_bytes=10_000))
    headers = BYTES | {"Upload-Offset": offset}
    answer = client.patch(f"/api/uploads/{upload_id}", content=b"x", headers=headers)
    assert answer.status_code == 422
    answer = client.patch(f"/api/uploads/{upload_id}", content=b"x", headers=BYTES)
    assert answer.status_code == 422


def test_a_body_of_another_type_is_refused_and_nothing_written(client: httpx.Client) -> None:
    upload_id = begin(client, picture(23, size_bytes=10_000))
    headers = {"Content-Type": "text/plain", "Upload-Offset": "0"}
    answer = client.patch(f"/api/uploads/{upload_id}", content=b"x", headers=headers)
    assert (answer.status_code, error_of(answer)["code"]) == (415, "unsupported_body_type")
    assert client.head(f"/api/uploads/{upload_id}").headers["Upload-Offset"] == "0"


@pytest.mark.parametrize("path", ["x", "%00", "..%2f..%2fetc%2fpasswd", "A" * 32, "%ff"])
def test_an_id_of_another_form_is_refused(client: httpx.Client, path: str) -> None:
    for method in ("GET", "HEAD", "PATCH", "DELETE"):
        headers = BYTES | {"Upload-Offset": "0"}
        answer = client.request(method, f"/api/uploads/{path}", headers=headers)
        assert answer.status_code in (404, 405, 422)


@pytest.mark.parametrize(
    ("codec", "charset"),
    [
        ("utf-8", "utf-8"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("big5", "big5"),
        ("utf-16", "utf-16le"),
    ],
)
def test_a_script_in_any_of_its_encodings_stays_as_it_is_and_can_be_read(
    client: httpx.Client, codec: str, charset: str
) -> None:
    text = "第一集：夜。\n林美看雨，不知道他在何方。\n"
    data = f"{text}{codec}\n".encode(codec)
    asset = send(client, begin(client, data, "第一集.txt"), 0, data).json()["asset"]
    assert (asset["kind"], asset["bytes"]) == ("script", len(data))
    shown = client.get(asset["url"])
    assert shown.content == data
    assert shown.headers["Content-Type"] == f"text/plain; charset={charset}"
    assert "林美" in data.decode(charset)
    part = client.get(asset["url"], headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, data[:4])


def test_a_program_named_like_a_script_is_refused(client: httpx.Client) -> None:
    data = "第一集".encode("gb18030") + bytes(range(32)) * 10
    refused = send(client, begin(client, data, "第一集.txt"), 0, data)
    assert (refused.status_code, error_of(refused)["code"]) == (415, "unsupported_file")
