"""Bytes from the studio's storage: whole, in ranges, as a page or as a file to keep."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from shortdrama.storage.blobs.files import FileBlobs
from shortdrama.web import errors, media_files

SMALL = b"a thumbnail" * 100
LARGE = bytes(range(256)) * 2000


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


@pytest.fixture
def browser(blobs: FileBlobs) -> Iterator[TestClient]:
    app = FastAPI()
    app.state.services = SimpleNamespace(blobs=blobs)
    errors.install(app)
    app.router.routes.append(media_files.route())
    with TestClient(app) as client:
        yield client


@pytest.fixture(params=[SMALL, LARGE], ids=["small", "large"])
def body(request: pytest.FixtureRequest) -> bytes:
    return bytes(request.param)


def keep(blobs: FileBlobs, body: bytes, folder: Path) -> str:
    draft = folder / "draft"
    draft.write_bytes(body)
    return blobs.put_file(draft)


def test_whole_and_in_ranges(
    browser: TestClient, blobs: FileBlobs, body: bytes, tmp_path: Path
) -> None:
    address = f"/media/{keep(blobs, body, tmp_path)}/take.mp4"
    whole = browser.get(address)
    assert (whole.status_code, whole.content) == (200, body)
    assert whole.headers["content-type"] == "video/mp4"
    part = browser.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, body[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(body)}"
    head = browser.head(address)
    assert (head.content, int(head.headers["content-length"])) == (b"", len(body))


def test_kept_for_good_and_asked_for_once(
    browser: TestClient, blobs: FileBlobs, body: bytes, tmp_path: Path
) -> None:
    key = keep(blobs, body, tmp_path)
    first = browser.get(f"/media/{key}/small.webp")
    assert "immutable" in first.headers["cache-control"]
    again = browser.get(
        f"/media/{key}/small.webp", headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("take.mp4", 'inline; filename="take.mp4"'),
        ("take.mp4?download=1", 'attachment; filename="take.mp4"'),
        ("page.html", 'attachment; filename="page.html"'),
        ("%E9%9B%A8.mp4", "inline; filename*=utf-8''%E9%9B%A8.mp4"),
        ("a%22%0D%0Ab.mp4", "inline; filename*=utf-8''a%22%0D%0Ab.mp4"),
    ],
)
def test_shown_or_saved_under_its_name(
    browser: TestClient, blobs: FileBlobs, name: str, expected: str, tmp_path: Path
) -> None:
    answer = browser.get(f"/media/{keep(blobs, SMALL, tmp_path)}/{name}")
    assert answer.headers["content-disposition"] == expected
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("key", ["0" * 64, "x", hashlib.md5(b"").hexdigest()])  # noqa: S324
def test_what_is_not_there_is_said(browser: TestClient, key: str) -> None:
    answer = browser.get(f"/media/{key}/take.mp4")
    assert answer.status_code == 404
    assert "not in the studio's storage" in answer.text


@pytest.mark.parametrize("asked", ["bytes=0-{}", "bytes={}-", "bytes=-{}"])
def test_a_range_of_absurd_numbers_is_no_range(asked: str) -> None:
    """Python refuses to read such numbers at all."""
    assert media_files._asked_range(asked.format("9" * 5000), 10) == (0, 10, False)
