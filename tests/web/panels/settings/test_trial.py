"""What a free test leaves open: a report without the key, and one take whose price is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from e2e.quick_studio import KEY, QuickStudio, run_quick_studio


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickStudio]:
    with run_quick_studio(Path(tmp_path_factory.mktemp("studio"))) as running:
        yield running


def test_the_report_tells_all_but_the_key(studio: QuickStudio) -> None:
    card = httpx.post(f"{studio.url}/panels/connections/environment/check").text
    assert "Details for a bug report" in card
    assert "Authorization: [key]" in card
    assert "ok  Connection: The server answers in" in card
    assert KEY not in card
    assert studio.provider.submits() == 0


def test_the_button_says_the_price_and_then_one_take_is_made(studio: QuickStudio) -> None:
    wish = {"base_url": studio.provider.base_url, "models": ["double-1"], "key": KEY}
    connection = httpx.post(f"{studio.url}/api/connections", json=wish).json()
    address = f"{studio.url}/panels/connections/{connection['id']}"
    card = httpx.post(f"{address}/check").text
    assert "Make a real test: 4 s of double-1, price not known" in card
    assert studio.provider.submits() == 0
    answer = httpx.post(f"{address}/trial", data={"model": "double-1"})
    shot = re.fullmatch(r"/\?shot=([0-9a-f]{32})", answer.headers["location"])
    assert answer.status_code == 303
    assert shot is not None
    (take,) = studio.takes(shot[1])
    assert (take["model"], take["seconds"]) == ("double-1", 4)


def test_a_test_that_a_cap_refuses_leaves_no_shot(studio: QuickStudio) -> None:
    before = httpx.get(f"{studio.url}/api/shots").json()
    answer = httpx.post(
        f"{studio.url}/panels/connections/environment/trial", data={"model": "not-there"}
    )
    assert answer.status_code == 422
    assert httpx.get(f"{studio.url}/api/shots").json() == before
