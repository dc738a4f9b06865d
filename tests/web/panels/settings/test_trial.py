"""What a free test leaves open: a report without the key, and one take whose price is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from doubles.sora2_double import Sora2Double
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


def card_of(studio: QuickStudio, base_url: str) -> str:
    wish = {"base_url": base_url, "models": ["double-1"], "key": KEY}
    connection = httpx.post(f"{studio.url}/api/connections", json=wish).json()
    return httpx.post(f"{studio.url}/panels/connections/{connection['id']}/check").text


def test_a_wrong_path_fails_and_offers_no_test_that_is_paid(studio: QuickStudio) -> None:
    card = card_of(studio, f"{studio.provider.base_url}/foo")
    assert "The path of the base URL is wrong" in card
    assert "checks failed" in card
    assert "All checks passed" not in card
    assert "Make a real test" not in card


def test_what_cannot_be_known_is_not_called_passed(studio: QuickStudio) -> None:
    with Sora2Double() as open_to_all:
        card = card_of(studio, open_to_all.base_url)
    assert "not everything could be checked without paying" in card
    assert "All checks passed" not in card
    assert "Make a real test" in card


def test_the_report_tells_requests_and_answers_and_can_be_copied(studio: QuickStudio) -> None:
    card = card_of(studio, studio.provider.base_url)
    assert "All checks passed" in card
    assert re.search(r"\nGET /v1/models\n", card)
    assert "&lt; HTTP 200" in card
    copied = re.search(r'data-copy="(report-[0-9a-f]+)"', card)
    assert copied is not None
    assert f'id="{copied[1]}"' in card
    assert KEY not in card
