"""The settings page as a whole: what was checked, where prices are from, sizes, spend."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shortdrama.app import build_studio
from shortdrama.domain.sizes import file_size
from shortdrama.settings import Settings

pytestmark = pytest.mark.anyio
NOBODY = "http://127.0.0.1:9/v1"  # where nothing listens


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    with build_studio(Settings(data=tmp_path / "data"), url="") as studio:
        transport = httpx.ASGITransport(studio.web)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", timeout=60
        ) as client:
            yield client


async def connect(client: httpx.AsyncClient, **wish: object) -> str:
    body = {"base_url": NOBODY, "models": ["sora-2"], **wish}
    answer = await client.post("/api/connections", json=body)
    return str(answer.raise_for_status().json()["id"])


async def test_a_check_is_there_after_a_reload_until_the_key_is_another(
    client: httpx.AsyncClient,
) -> None:
    made = await connect(client)
    assert "Checked" not in (await client.get("/settings")).text
    await client.post(f"/panels/connections/{made}/check")
    page = (await client.get("/settings")).text
    assert re.search(r"Checked \d\d:\d\d<", page)
    assert "does not answer at port 9" in page
    assert "checks failed" in page
    studio = (await client.get("/")).text
    assert "&#34;isFailing&#34;:true" in studio
    await client.post(f"/panels/connections/{made}/key", data={"key": "sk-made-up"})
    page = (await client.get("/settings")).text
    assert "Checked" not in page
    assert "does not answer at port 9" not in page
    assert "&#34;isFailing&#34;:true" not in (await client.get("/")).text


async def test_where_a_price_is_from_stands_beside_it(client: httpx.AsyncClient) -> None:
    made = await connect(client)
    card = (await client.get(f"/panels/connections/{made}")).text
    assert "$0.10 a second" in card
    assert "Source: OpenAI&#39;s guide of March 2026" in card
    studio = (await client.get("/")).text
    assert "priceSource&#34;:&#34;Source: OpenAI" in studio
    own = {"model": "sora-2", "micro_usd_per_second": 50_000}
    await client.put(f"/api/connections/{made}/figures", json=own)
    card = (await client.get(f"/panels/connections/{made}")).text
    assert "The price is your own figure" in card
    assert "OpenAI&#39;s guide" not in card
    # Where only the lengths are a person's, the price is still the table's.
    await client.put(f"/api/connections/{made}/figures", json={"model": "sora-2", "seconds": [7]})
    card = (await client.get(f"/panels/connections/{made}")).text
    assert "Source: OpenAI&#39;s guide of March 2026" in card


async def test_what_a_vendor_s_key_is_stands_at_its_field(client: httpx.AsyncClient) -> None:
    form = (await client.get("/panels/connections/new?preset=kling")).text
    field = re.search(r'<label[^>]*>(?:(?!</label>).)*name="key".*?</label>', form, re.S)
    assert field
    assert "access key, colon, secret key" in field[0]
    form = (await client.get("/panels/connections/new?preset=new-api")).text
    field = re.search(r'<label[^>]*>(?:(?!</label>).)*name="key".*?</label>', form, re.S)
    assert field
    assert "base URL ends in /v1" not in field[0]
    assert "base URL ends in /v1" in form


@pytest.mark.parametrize(
    ("preset", "is_here"), [("sglang", True), ("vllm-omni", True), ("videos", False)]
)
async def test_nobody_is_asked_to_trust_their_own_machine(
    client: httpx.AsyncClient, preset: str, is_here: bool
) -> None:
    form = (await client.get(f"/panels/connections/new?preset={preset}")).text
    assert bool(re.search(r"data-trust hidden", form)) is is_here
    assert bool(re.search(r"data-here hidden", form)) is not is_here
    assert bool(re.search(r'name="is_trusted" value="true" disabled', form)) is is_here


async def test_it_leads_to_the_caps_and_tells_the_disk(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    page = (await client.get("/settings")).text
    money = page[page.index('id="money"') : page.index('id="keys"')]
    assert 'href="/spend"' in money
    assert "Today $0.00." in money
    assert "No cap of the day is set." in money
    total = file_size(shutil.disk_usage(tmp_path).total)
    assert re.search(rf"[\d.]+ \w+ free of {re.escape(total)}<", page)
    assert "2.0 GB<" in page  # the largest upload, as the manual has it
    library = (await client.get("/library")).text
    assert re.search(rf"[\d.]+ \w+ of {re.escape(total)}<", library)
