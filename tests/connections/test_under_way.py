"""What a provider works on can be fetched: its connection stays where it is until then."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from connections.test_service import FORM, DictVault, service
from shortdrama.connections.service import ConnectionService
from shortdrama.domain.ids import ConnectionId, TakeId
from shortdrama.domain.model import SEED, Connection
from shortdrama.domain.take import Failure, FailureKind, Money, Take, TakeStatus
from shortdrama.errors import Conflict, NotFound
from shortdrama.generation.orders import TakeOrder, Terms
from shortdrama.generation.service import TakeService
from shortdrama.storage.db.database import Database
from storage.samples import make_shot, make_take

S = TakeStatus
UNDER_WAY = [S.QUEUED, S.SUBMITTING, S.GENERATING, S.DOWNLOADING]
UNDER_WAY += [S.CANCELLING, S.UNCERTAIN, S.STALLED]
ELSEWHERE = [
    replace(FORM, base_url="https://other.example/v1"),
    replace(FORM, base_url="https://gateway.example/v2"),
    replace(FORM, protocol=SEED),
]


class IdleRunner:
    def start(self, take_id: TakeId) -> None:
        return None

    def wake(self, take_id: TakeId) -> None:
        return None

    def is_checking(self, take_id: TakeId) -> bool:
        return False


def add_take(records: Database, connection_id: ConnectionId, **changes: Any) -> Take:
    with records.begin() as tx:
        shot = tx.shots.newest() or make_shot(tx)
        take = make_take(tx, shot, status=S.QUEUED)
        request = replace(take.request, connection_id=connection_id)
        other = make_take(tx, shot, request=request, **changes)
        tx.takes.move(take.id, frozenset({S.QUEUED}), S.CANCELLED)
    return other


@pytest.fixture
def connections(records: Database) -> ConnectionService:
    return service(records, DictVault())


@pytest.fixture
def made(connections: ConnectionService) -> Connection:
    return connections.connect(FORM)


@pytest.mark.parametrize("status", UNDER_WAY)
def test_it_stays_while_a_take_is_under_way(
    records: Database, connections: ConnectionService, made: Connection, status: TakeStatus
) -> None:
    take = add_take(records, made.id, status=status)
    before = connections.get(made.id)
    for form in ELSEWHERE:
        with pytest.raises(Conflict, match=r"^One take of Gateway is under way\.") as refused:
            connections.change(made.id, form)
        assert refused.value.code == "takes_under_way"
    with pytest.raises(Conflict):
        connections.remove(made.id)
    assert connections.get(made.id) == before
    assert connections.key_of(before) == FORM.key
    with records.begin() as tx:
        tx.takes.move(take.id, frozenset({status}), S.READY)
    connections.change(made.id, ELSEWHERE[0])
    connections.remove(made.id)


def test_it_says_how_many_there_are(
    records: Database, connections: ConnectionService, made: Connection
) -> None:
    for _ in range(3):
        add_take(records, made.id, status=S.GENERATING)
    add_take(records, connections.connect(FORM).id, status=S.GENERATING)
    with pytest.raises(Conflict, match=r"^3 takes of Gateway are under way\. Wait for them or"):
        connections.remove(made.id)


def test_a_refused_change_leaves_no_key_behind(records: Database) -> None:
    vault = DictVault()
    connections = service(records, vault)
    made = connections.connect(FORM)
    add_take(records, made.id, status=S.GENERATING)
    with pytest.raises(Conflict):
        connections.change(made.id, replace(ELSEWHERE[0], key="sk-elsewhere"))
    assert list(vault.keys.values()) == [FORM.key]


def test_its_key_models_and_name_change_at_any_time(
    records: Database, connections: ConnectionService, made: Connection
) -> None:
    add_take(records, made.id, status=S.GENERATING)
    changed = connections.change(made.id, replace(FORM, name="New", models=("y",), key="sk-2"))
    assert (changed.name, changed.models, connections.key_of(changed)) == ("New", ("y",), "sk-2")


def test_finished_clips_that_are_not_here_are_counted(
    records: Database, connections: ConnectionService, made: Connection
) -> None:
    late = Failure(FailureKind.DOWNLOAD, "Late.", Money.CHARGED, can_fetch_again=True)
    never = Failure(FailureKind.AUTH, "No.", Money.NONE)
    add_take(records, made.id, status=S.FAILED, failure=late, provider_job_id="job")
    add_take(records, made.id, status=S.FAILED, failure=never, provider_job_id="other")
    add_take(records, made.id, status=S.FAILED, failure=late)
    assert connections.count_unfetched(made.id) == 1
    connections.remove(made.id)


def order_with(records: Database, made: Connection) -> TakeService:
    shot = None
    with records.begin() as tx:
        shot = make_shot(tx)
    return TakeService(
        records,
        IdleRunner(),
        lambda _order: Terms(made.id, 0, None, is_kept=True),
        lambda: shot.id,
    )


def test_an_order_on_a_connection_that_was_just_removed_is_refused(
    records: Database, connections: ConnectionService, made: Connection
) -> None:
    takes = order_with(records, made)
    connections.remove(made.id)
    with pytest.raises(Conflict) as refused:
        takes.order(TakeOrder("x", "wan-3.0", 4, "720x1280"), "key")
    assert refused.value.code == "connection_gone"
    assert takes.page() == []


def test_orders_and_a_removal_at_once_leave_no_take_without_its_connection(
    records: Database, connections: ConnectionService
) -> None:
    for turn in range(6):
        made = connections.connect(FORM)
        takes, together = order_with(records, made), threading.Barrier(2)

        def order(takes: TakeService, together: threading.Barrier, key: str) -> None:
            together.wait()
            takes.order(TakeOrder("x", "wan-3.0", 4, "720x1280"), key)

        def remove(together: threading.Barrier, connection: Connection) -> None:
            together.wait()
            connections.remove(connection.id)

        with ThreadPoolExecutor(2) as threads:
            ordered = threads.submit(order, takes, together, f"key {turn}")
            removed = threads.submit(remove, together, made)
        told = [ordered.exception(), removed.exception()]
        assert sum(isinstance(error, Conflict) for error in told) == 1, told
        if ordered.exception() is None:
            assert connections.get(made.id) == made
        else:
            with pytest.raises(NotFound):
                connections.get(made.id)
