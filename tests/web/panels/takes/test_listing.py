"""How many takes of a shot are listed, and how any of the others is still found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from e2e.studio_process import StudioProcess
from shortdrama.domain.take import Take
from shortdrama.web.panels.takes.listing import AT_ONCE, Depth, list_takes
from web.panels.made_takes import a_take
from web.panels.takes.many_takes import a_ready_take, clone_takes

TOTAL = 130


def takes(count: int) -> list[Take]:
    return [a_take(number=number) for number in range(count, 0, -1)]


def test_a_shot_of_few_takes_is_listed_whole() -> None:
    made = takes(AT_ONCE)
    listing = list_takes(made, Depth(), ())
    assert listing.listed == tuple(made)
    assert (listing.pinned, listing.until, listing.older, listing.by_key) == ((), "", 0, ())


def test_of_many_the_newest_are_listed_and_those_that_matter() -> None:
    made = takes(TOTAL)
    listing = list_takes(made, Depth(), {made[10].id, made[100].id})
    assert [take.number for take in listing.listed] == list(range(TOTAL, TOTAL - AT_ONCE, -1))
    assert listing.pinned == (made[100],)
    assert listing.older == TOTAL - AT_ONCE
    assert dict(listing.by_key) == {take.number: take.id for take in made[-9:]}


def test_what_was_opened_stays_open_as_takes_come() -> None:
    made = takes(TOTAL)
    first = list_takes(made, Depth(), ())
    more = list_takes(made, Depth(first.listed[-1].id, goes_further=True), ())
    assert len(more.listed) == 2 * AT_ONCE
    newer = [a_take(number=TOTAL + 1), *made]
    again = list_takes(newer, Depth(more.until), ())
    assert again.listed == (newer[0], *more.listed)
    assert again.until == more.until
    whole = list_takes(made, Depth(more.until, goes_further=True), ())
    assert whole.listed == tuple(made)
    assert whole.older == 0
    assert list_takes(made, Depth("nobody knows it"), ()) == first


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, str]]:
    """A studio and its shot of many ready takes."""
    process = StudioProcess(Path(tmp_path_factory.mktemp("studio")) / "data")
    process.start()
    with httpx.Client(base_url=process.url, trust_env=False, timeout=60) as client:
        take = a_ready_take(client)
        process.stop()
        clone_takes(process.data, take["id"], TOTAL)
        process.start()
        yield client, take["shot_id"]
    process.stop()


def numbers_on(page: httpx.Response) -> list[int]:
    return [int(n) for n in re.findall(r'<li class="take [^>]*data-number="(\d+)"', page.text)]


def test_the_page_lists_the_newest_and_finds_all(studio: tuple[httpx.Client, str]) -> None:
    client, shot = studio
    page = client.get("/", params={"shot": shot})
    newest = list(range(TOTAL, TOTAL - AT_ONCE, -1))
    assert numbers_on(page) == [*newest, 1]  # the first clip of a shot is selected by itself
    assert "Show older takes" in page.text
    by_key = dict(re.findall(r"(\d):([0-9a-f]{32})", page.text))
    assert sorted(by_key) == list("123456789")

    client.put(f"/api/shots/{shot}/selected-take", json={"take_id": by_key["5"]}).raise_for_status()
    part = client.get("/panels/takes", params={"shot": shot})
    assert numbers_on(part) == [*newest, 5]
    shown = client.get("/", params={"shot": shot, "take": by_key["3"]})
    assert numbers_on(shown) == [*newest, 5, 3]
    viewer = client.get("/panels/viewer", params={"shot": shot, "take": by_key["2"]})
    assert "shot-01-take-2.mp4" in viewer.text
    card = client.get("/panels/take", params={"shot": shot, "take": by_key["2"]})
    assert f'id="take-{by_key["2"]}"' in card.text
    pair = f"{by_key['1']},{by_key['2']}"
    assert client.get("/compare", params={"shot": shot, "takes": pair}).status_code == 200

    last = re.search(r'data-last="([0-9a-f]+)"', part.text)
    assert last is not None
    further = {"shot": shot, "until": last[1], "further": "true"}
    more = client.get("/panels/takes", params=further)
    assert numbers_on(more) == [*range(TOTAL, TOTAL - 2 * AT_ONCE, -1), 5]
    until = re.search(r'data-until="([0-9a-f]+)"', more.text)
    assert until is not None
    for address in ("/panels/takes", "/panels/lists"):
        again = client.get(address, params={"shot": shot, "until": until[1]})
        assert numbers_on(again) == numbers_on(more)
