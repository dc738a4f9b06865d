"""Leases: one process works on a take, limits hold for all of them, and the dead are struck out."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from doubles.take_studio import first_shot
from shortdrama.domain.ids import ConnectionId, PromptId, TakeId, new_id
from shortdrama.domain.model import Connection, KeySource
from shortdrama.domain.prompt import Prompt
from shortdrama.domain.take import Take, TakeRequest, TakeStatus
from shortdrama.generation.ports import LeaseState
from shortdrama.generation.sharing import GivenUp, Share
from shortdrama.storage.db.database import Database

S = TakeStatus
FULL = 100


def add_takes(records: Database, count: int, connection: str = "any") -> list[TakeId]:
    shot_id, now = first_shot(records), datetime.now(UTC)
    ids = []
    with records.begin() as tx:
        for _ in range(count):
            take_id, prompt_id = TakeId(new_id()), PromptId(new_id())
            tx.prompts.add(Prompt(prompt_id, "a cat", shot_id, now))
            request = TakeRequest("a cat", "m", ConnectionId(connection), 4, "720x1280")
            number = tx.takes.next_number(shot_id)
            take = Take(take_id, shot_id, prompt_id, number, request, S.QUEUED, now, now)
            tx.takes.add(take, take_id, "")
            ids.append(take_id)
    return ids


def limit(records: Database, name: str, at_once: int) -> None:
    connection = Connection(
        ConnectionId(name), name, "https://x", "videos", (), "Authorization", KeySource.NONE,
        datetime.now(UTC), max_at_once=at_once,
    )  # fmt: skip
    with records.begin() as tx:
        tx.connections.add(connection)


def share(records: Database, name: str, most: int = FULL) -> Share:
    made = Share(records, f"{name}.1", name, most)
    made.enlist()
    return made


def send(records: Database, shared: Share, take_id: TakeId) -> None:
    with records.begin() as tx:
        shared.claim(tx, take_id)
        tx.takes.move(take_id, frozenset({S.QUEUED}), S.SUBMITTING)


def test_every_take_is_picked_once(records: Database) -> None:
    ids = add_takes(records, 40)
    found: list[TakeId] = []

    def pick(name: str) -> None:
        mine = share(records, name)
        while some := mine.pick(3):
            found.extend(some)

    threads = [threading.Thread(target=pick, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(ids)


def test_the_studios_limit_holds_for_all(records: Database) -> None:
    add_takes(records, 10)
    one, two = share(records, "one", 5), share(records, "two", 5)
    assert len(one.pick(3)) == 3
    assert len(two.pick(8)) == 2
    assert one.pick(8) == []
    (first, *_) = one.held()
    send(records, one, first)
    assert two.pick(8) == []  # it is with its provider now, and counts as before
    with records.begin() as tx:
        tx.takes.move(first, frozenset({S.SUBMITTING}), S.FAILED)
    one.drop(first)
    assert len(two.pick(8)) == 1


def test_a_full_connection_lets_others_go_first(records: Database) -> None:
    limit(records, "narrow", 2)
    narrow, wide = add_takes(records, 5, "narrow"), add_takes(records, 5, "wide")
    found = share(records, "one").pick(8)
    assert found == [*narrow[:2], *wide]
    assert share(records, "two").pick(8) == []


def test_a_take_that_waits_to_be_sent_again_leaves_its_place(records: Database) -> None:
    one = share(records, "one", 1)
    (first,) = add_takes(records, 1)
    assert one.pick(8) == [first]
    send(records, one, first)
    one.sent(first)
    with records.begin() as tx:
        tx.takes.move(first, frozenset({S.SUBMITTING}), S.QUEUED)
    (second,) = add_takes(records, 1)
    assert one.pick(8) == [second]
    with pytest.raises(GivenUp):
        send(records, one, first)


def test_who_was_given_up_sends_nothing(records: Database) -> None:
    slow = share(records, "slow")
    (take_id,) = add_takes(records, 1)
    assert slow.pick(8) == [take_id]
    with records.begin() as tx:
        tx.work.beat("slow.1", -1.0)  # as if it had stood still
    quick = share(records, "quick")
    assert quick.bury() == ["slow.1"]
    assert quick.pick(8) == [take_id]
    with pytest.raises(GivenUp):
        send(records, slow, take_id)
    assert not slow.beat()
    assert not slow.lease(take_id)
    assert slow.alive == 2
    send(records, quick, take_id)


def test_others_see_what_is_being_sent(records: Database) -> None:
    one = share(records, "one")
    (take_id,) = add_takes(records, 1)
    one.pick(1)
    send(records, one, take_id)
    with records.read() as tx:
        assert tx.work.being_sent() == {take_id}
    one.sent(take_id)
    with records.read() as tx:
        assert tx.work.being_sent() == set()
        assert tx.work.holder(take_id) == "one.1"


def test_who_leaves_leaves_nothing_held(records: Database) -> None:
    one = share(records, "one")
    ids = add_takes(records, 3)
    one.pick(8)
    one.leave()
    assert share(records, "two").pick(8) == ids
    with records.begin() as tx:
        assert not tx.work.mark("one.1", ids[0], LeaseState.HELD)
