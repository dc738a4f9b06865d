"""Caps hold against many orders at once, on both databases, from threads and from processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from doubles.take_studio import first_shot
from money.buyers import PRICE, buy, shop
from shortdrama.board.service import BoardService
from shortdrama.domain.ids import ShotId, new_id
from shortdrama.domain.money import Buyer, Rules, Scope
from shortdrama.domain.spending import Span
from shortdrama.errors import OverBudget
from shortdrama.generation.orders import TakeOrder
from shortdrama.money.service import MoneyService
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.migration import migrate

TESTS = Path(__file__).parents[1]
FITS = 7


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'studio.db'}"
    found: str = request.getfixturevalue("empty_postgres_url")
    return found


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url)
    migrate(opened)
    first_shot(opened)
    yield opened
    opened.close()


@pytest.fixture
def shot_id(database: Database) -> ShotId:
    return first_shot(database)


@pytest.fixture
def shot_ids(database: Database, shot_id: ShotId) -> list[ShotId]:
    """Several: orders of one shot wait for each other anyway, for its next number."""
    board = BoardService(database)
    episode = board.shot(shot_id).episode_id
    return [shot_id, *(board.add_shot(episode).id for _ in range(15))]


@pytest.fixture
def money(database: Database) -> MoneyService:
    return MoneyService(database)


def place(database: Database, shot_id: ShotId) -> tuple[str, str]:
    with database.read() as tx:
        return tx.ledger.place_of(shot_id)


def takes_made(database: Database) -> int:
    with database.read() as tx:
        return len(tx.takes.page(None, 1000))


@pytest.mark.parametrize("scope", [Scope.DAY, Scope.EPISODE, Scope.PROJECT])
def test_fifty_orders_at_once_do_not_pass_a_cap(
    database: Database, shot_ids: list[ShotId], money: MoneyService, scope: Scope
) -> None:
    project_id, episode_id = place(database, shot_ids[0])
    owners = {Scope.DAY: "", Scope.EPISODE: episode_id, Scope.PROJECT: project_id}
    money.set_cap(scope, owners[scope], FITS * PRICE + PRICE // 2)
    with ThreadPoolExecutor(16) as threads:
        said = list(threads.map(lambda n: buy(database, shot_ids[n % 16]), range(50)))
    assert said.count("made") == FITS
    assert said.count("cap_reached") == 50 - FITS
    assert takes_made(database) == FITS
    whole = money.spend(Span())
    assert (whole.sum.reserved_micro_usd, whole.attempts) == (FITS * PRICE, FITS)


def test_fifty_orders_of_two_processes_do_not_pass_a_cap(
    url: str, database: Database, shot_ids: list[ShotId], money: MoneyService
) -> None:
    money.set_cap(Scope.DAY, "", FITS * PRICE)
    command = [sys.executable, "-m", "money.buyers", url, "25"]
    buyers = [
        subprocess.Popen(
            command, cwd=TESTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for buyer in buyers:
        assert buyer.stdout is not None
        assert buyer.stdout.readline() == "ready\n"
    for buyer in buyers:
        assert buyer.stdin is not None
        buyer.stdin.write("go\n")
        buyer.stdin.flush()
    said = [word for buyer in buyers for word in buyer.communicate(timeout=60)[0].split()]
    assert [buyer.returncode for buyer in buyers] == [0, 0]
    assert (said.count("made"), said.count("cap_reached")) == (FITS, 50 - FITS)
    assert takes_made(database) == FITS
    assert money.today().sum.counted_micro_usd == FITS * PRICE


def test_a_refused_order_leaves_nothing(
    database: Database, shot_id: ShotId, money: MoneyService
) -> None:
    money.set_cap(Scope.DAY, "", 0)
    key = new_id()
    order = TakeOrder("a cat", "sora-2", 1, "720x1280", shot_id=shot_id)
    for _ in range(2):
        with pytest.raises(OverBudget) as caught:
            shop(database).order(order, key)
        assert caught.value.code == "cap_reached"
    with database.read() as tx:
        assert tx.takes.page(None, 10) == []
        assert tx.prompts.page("", None, 10) == []
    money.set_cap(Scope.DAY, "", None)
    take = shop(database).order(order, key)  # the same key is still good
    money.set_cap(Scope.DAY, "", 0)
    assert shop(database).order(order, key).id == take.id  # and it is the same take, cap or not


def test_what_is_free_passes_every_cap(
    database: Database, shot_id: ShotId, money: MoneyService
) -> None:
    money.set_cap(Scope.DAY, "", 0)
    assert buy(database, shot_id, price=0) == "made"
    assert buy(database, shot_id, price=None) == "price_unknown"
    money.set_rules(None, allows_unknown_prices=True)
    assert buy(database, shot_id, price=None) == "made"
    today = money.today()
    assert (today.sum.counted_micro_usd, today.sum.without_price) == (0, 1)


def test_a_high_price_is_asked_about_once(
    database: Database, shot_id: ShotId, money: MoneyService
) -> None:
    money.set_rules(PRICE - 1, allows_unknown_prices=False)
    assert buy(database, shot_id) == "confirmation_needed"
    assert buy(database, shot_id, buyer=Buyer(confirmed_micro_usd=PRICE)) == "made"
    assert buy(database, shot_id, buyer=Buyer(is_asked=False)) == "made"
    quote = money.quote(PRICE, shot_id)
    assert (quote.must_ask, quote.refusal) == (True, None)


def test_a_clients_budget_is_its_own(
    database: Database, shot_id: ShotId, money: MoneyService
) -> None:
    client = Buyer(actor="key:one", budget_micro_usd=PRICE, is_asked=False)
    assert [buy(database, shot_id, buyer=client) for _ in range(2)] == ["made", "cap_reached"]
    assert buy(database, shot_id, buyer=Buyer(actor="key:two")) == "made"


def test_a_quote_says_before_the_click_what_an_order_would_say(
    database: Database, shot_id: ShotId, money: MoneyService
) -> None:
    project_id, _ = place(database, shot_id)
    money.set_cap(Scope.PROJECT, project_id, 2 * PRICE)
    assert money.quote(2 * PRICE, shot_id).refusal is None
    refusal = money.quote(3 * PRICE, shot_id).refusal
    assert refusal is not None
    assert (refusal.code, refusal.details["scope"]) == ("cap_reached", "project")


def test_rules_are_kept(database: Database, money: MoneyService) -> None:
    assert money.rules() == Rules()
    money.set_rules(None, allows_unknown_prices=True)
    money.set_cap(Scope.EPISODE, "e" * 32, 5)
    money.set_cap(Scope.EPISODE, "e" * 32, 6)
    assert money.rules() == Rules(None, None, True, {}, {"e" * 32: 6})
    money.set_cap(Scope.EPISODE, "e" * 32, None)
    assert money.rules().episode_caps == {}
