"""The settings page as a whole: what was checked, where prices are from, sizes, spend."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from connections.test_under_way import add_take
from shortdrama.app import build_studio
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.sizes import file_size
from shortdrama.domain.take import Failure, FailureKind, Money, TakeStatus
from shortdrama.settings import Settings
from shortdrama.storage.db.database import Database

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


async def test_a_connection_with_takes_under_way_stays_and_says_why(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    made = await connect(client, name="Gateway", key="sk-made-up")
    records = Database(f"sqlite:///{tmp_path / 'data' / 'studio.db'}")
    take = add_take(records, ConnectionId(made), status=TakeStatus.GENERATING)
    says = "One take of Gateway is under way. Wait for it or cancel it first."

    refused = await client.delete(f"/api/connections/{made}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "takes_under_way")
    assert refused.json()["error"]["message"] == says
    card = (await client.post(f"/panels/connections/{made}/removal")).text
    assert says in card
    assert f'id="connection-{made}"' in card

    moved = {"base_url": "http://127.0.0.1:10/v1", "models": ["sora-2"], "key": "sk-2"}
    refused = await client.put(f"/api/connections/{made}", json=moved)
    assert (refused.status_code, refused.json()["error"]["details"]["count"]) == (409, 1)
    moved["models"] = "sora-2"
    form = (await client.post(f"/panels/connections/{made}", data=moved)).text
    assert says in form
    assert re.search(r'name="base_url"[^>]* aria-invalid="true"', form)

    with records.begin() as tx:
        tx.takes.move(take.id, frozenset({TakeStatus.GENERATING}), TakeStatus.READY)
    records.close()
    assert (await client.post(f"/panels/connections/{made}/removal")).text == ""


async def test_another_server_s_key_is_asked_for(client: httpx.AsyncClient) -> None:
    made = await connect(client, key="sk-made-up")
    form = (await client.get(f"/panels/connections/{made}/form")).text
    assert "A key goes only to the server it was given for" in form
    moved = {"base_url": "http://127.0.0.1:10/v1", "models": ["sora-2"]}
    refused = await client.put(f"/api/connections/{made}", json=moved)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "key_missing")
    moved["models"] = "sora-2"
    form = (await client.post(f"/panels/connections/{made}", data=moved)).text
    assert "The key there is goes to 127.0.0.1:9 only." in form
    assert re.search(r'name="key"[^>]* aria-invalid="true"', form)


async def test_whoever_disconnects_is_told_of_clips_that_would_be_lost(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    made = await connect(client, name="Gateway")
    asked = "Disconnect Gateway? Its key is removed from this machine; its takes stay."
    assert f'hx-confirm="{asked}"' in (await client.get(f"/panels/connections/{made}")).text
    records = Database(f"sqlite:///{tmp_path / 'data' / 'studio.db'}")
    late = Failure(FailureKind.DOWNLOAD, "Late.", Money.CHARGED, can_fetch_again=True)
    changes = {"status": TakeStatus.FAILED, "failure": late, "provider_job_id": "job"}
    add_take(records, ConnectionId(made), **changes)
    records.close()
    lost = "1 finished clip was not downloaded: without the connection it is lost."
    assert f"{asked} {lost}" in (await client.get(f"/panels/connections/{made}")).text


async def test_a_closed_server_is_refused_with_the_reason(client: httpx.AsyncClient) -> None:
    closed = "OpenAI closed its Videos API on 2026-09-24"
    fields = {"base_url": "https://API.openai.com./v1", "models": "sora-2", "key": "sk-made-up"}
    form = (await client.post("/panels/connections", data=fields)).text
    assert closed in form
    assert 'aria-invalid="true"' in form
    wish = {**fields, "models": ["sora-2"]}
    answer = await client.post("/api/connections", json=wish)
    assert answer.status_code == 422
    assert closed in answer.json()["error"]["message"]
    made = await connect(client)
    moved = await client.put(f"/api/connections/{made}", json=wish)
    assert moved.status_code == 422
    assert len((await client.get("/api/connections")).json()) == 1
