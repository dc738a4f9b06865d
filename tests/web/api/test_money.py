"""Caps and spend over HTTP."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from doubles.take_studio import first_shot
from money.buyers import PRICE, NobodyWorks
from servers.pairs import StudioStorage
from shortdrama.board.service import BoardService
from shortdrama.domain.ids import ConnectionId, TakeId, new_id
from shortdrama.domain.take import Money, TakeStatus
from shortdrama.generation.journal import Journal
from shortdrama.generation.orders import TakeOrder, Terms
from shortdrama.generation.ports import Bill
from shortdrama.generation.service import TakeService
from shortdrama.money.service import MoneyService
from shortdrama.storage.db.database import Database
from shortdrama.web import errors
from shortdrama.web.api import money, takes
from storage.samples import make_clip

ORDER = {"prompt": "a cat", "model": "=cmd()", "seconds": 4, "size": "720x1280"}


class Rooms:
    """The services that these routes ask."""

    def __init__(self, records: Database) -> None:
        self.records = records
        self.board = BoardService(records)
        self.money = MoneyService(records)
        self.takes = TakeService(records, NobodyWorks(), self._terms, lambda: first_shot(records))

    def _terms(self, order: TakeOrder) -> Terms:
        return Terms(order.connection_id or ConnectionId("one"), PRICE, None)


@pytest.fixture
def rooms(studio_storage: StudioStorage) -> Rooms:
    return Rooms(studio_storage.database)


@pytest.fixture
def api(rooms: Rooms) -> Iterator[httpx.Client]:
    app = FastAPI()
    app.state.services = rooms
    for module in (takes, money):
        app.include_router(module.router)
    errors.install(app)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def order(api: httpx.Client, **changes: Any) -> httpx.Response:
    return api.post("/api/takes", json={**ORDER, **changes})


def finish(rooms: Rooms, take_id: str, bill: Bill | None = None) -> None:
    """Through the real journal, as the phases do it."""
    journal, name = Journal(rooms.records), TakeId(take_id)
    claim = journal.claim(name, datetime.now(UTC))
    assert claim is not None
    journal.accept(name, claim.attempt, f"job {take_id}", "completed")
    if bill is not None:
        journal.bill(name, bill)
    generating, downloading = TakeStatus.GENERATING, TakeStatus.DOWNLOADING
    journal.move(name, frozenset({generating}), downloading)
    changes = {"clip": make_clip(new_id())}
    journal.move(name, frozenset({downloading}), TakeStatus.READY, changes)


def test_caps_are_set_told_and_kept(api: httpx.Client) -> None:
    first = api.get("/api/caps").json()
    assert [cap["scope"] for cap in first["caps"]] == ["day", "episode", "project"]
    assert [cap["cap_micro_usd"] for cap in first["caps"]] == [None, None, None]
    assert (first["ask_above_micro_usd"], first["allows_unknown_prices"]) == (5_000_000, False)
    episode = first["caps"][1]["owner_id"]
    told = api.put(
        "/api/caps", json={"scope": "episode", "owner_id": episode, "micro_usd": PRICE}
    ).json()
    assert told["caps"][1]["cap_micro_usd"] == PRICE
    assert order(api).status_code == 202
    refused = order(api)
    assert refused.status_code == 402
    error = refused.json()["error"]
    assert error["code"] == "cap_reached"
    assert error["message"].startswith("This would pass this episode’s cap of $0.40: $0.40 is")
    assert error["details"]["cap_micro_usd"] == PRICE
    caps = api.get("/api/caps").json()["caps"]
    assert [cap["reserved_micro_usd"] for cap in caps] == [PRICE, PRICE, PRICE]


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": "day", "micro_usd": -1},
        {"scope": "day", "micro_usd": 1.5},
        {"scope": "day", "micro_usd": "20"},
        {"scope": "day", "micro_usd": 2**63},
        {"scope": "day", "owner_id": "a" * 32, "micro_usd": 1},
        {"scope": "project", "micro_usd": 1},
        {"scope": "actor", "owner_id": "a" * 32, "micro_usd": 1},
        {"scope": "day"},
    ],
)
def test_what_is_no_cap(api: httpx.Client, wrong: dict[str, Any]) -> None:
    assert api.put("/api/caps", json=wrong).status_code == 422


def test_an_episode_that_is_not_there_gets_no_cap(api: httpx.Client) -> None:
    cap = {"scope": "episode", "owner_id": "a" * 32, "micro_usd": 1}
    assert api.put("/api/caps", json=cap).status_code == 404


def test_a_high_price_is_confirmed(api: httpx.Client) -> None:
    rules = {"ask_above_micro_usd": PRICE - 1, "allows_unknown_prices": False}
    assert api.put("/api/caps/rules", json=rules).json()["ask_above_micro_usd"] == PRICE - 1
    refused = order(api)
    assert refused.status_code == 402
    error = refused.json()["error"]
    assert (error["code"], error["details"]["price_micro_usd"]) == ("confirmation_needed", PRICE)
    made = order(api, confirmed_micro_usd=PRICE)
    assert made.status_code == 202
    api.post(f"/api/takes/{made.json()['id']}/cancellation")
    retry = f"/api/takes/{made.json()['id']}/retry"
    assert api.post(retry).status_code == 402
    assert api.post(retry, json={"confirmed_micro_usd": PRICE}).status_code == 202


def test_spend_is_told_by_everything(api: httpx.Client, rooms: Rooms) -> None:
    first = order(api).json()
    second = order(api, connection_id="two").json()
    third = order(api, connection_id="two").json()
    finish(rooms, first["id"])
    finish(rooms, second["id"], Bill(micro_usd=300_000))
    rooms.board.select_take(first["shot_id"], first["id"])
    rooms.board.reject_take(second["id"], "Hands")
    answer = api.get("/api/spend", params={"by": "connection"}).json()
    whole, rows = answer["whole"], answer["rows"]
    assert (whole["spent_micro_usd"], whole["reserved_micro_usd"]) == (700_000, PRICE)
    assert (whole["wasted_micro_usd"], whole["waste_permille"]) == (300_000, 429)
    seconds = whole["finished_ms"]
    assert seconds > 0
    assert whole["per_finished_second_micro_usd"] == round(700_000 * 1000 / seconds)
    assert [(row["key"], row["spent_micro_usd"], row["attempts"]) for row in rows] == [
        ("two", 300_000, 2),
        ("one", 400_000, 1),
    ]
    for by in ("project", "episode", "shot", "model", "day", "actor"):
        (row,) = api.get("/api/spend", params={"by": by}).json()["rows"]
        assert row["spent_micro_usd"] == 700_000, by
    past = api.get("/api/spend", params={"until": "2020-01-01"}).json()
    assert (past["whole"]["attempts"], past["rows"]) == (0, [])
    taken = api.get(f"/api/takes/{second['id']}").json()["cost"]
    assert taken == {
        "micro_usd": 300_000,
        "money": Money.CHARGED.value,
        "is_actual": True,
        "is_known": True,
    }
    assert api.get(f"/api/takes/{third['id']}").json()["cost"]["money"] is None


def test_the_ledger_is_a_file_that_harms_no_spreadsheet(api: httpx.Client, rooms: Rooms) -> None:
    take = order(api).json()
    finish(rooms, take["id"], Bill(micro_usd=123_456, usage={"tokens": 7}))
    answer = api.get("/api/spend.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["model"] == "'=cmd()"
    assert (row["estimate_usd"], row["actual_usd"]) == ("0.400000", "0.123456")
    assert (row["outcome"], row["money"], row["usage"]) == ("ready", "charged", "tokens=7")
    assert api.get("/api/spend.csv", params={"since": "2999-01-01"}).text.count("\n") == 1
