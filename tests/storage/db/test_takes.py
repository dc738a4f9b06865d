from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from servers.pairs import StudioStorage
from shortdrama.domain.ids import ConnectionId, ShotId, TakeId, new_id
from shortdrama.domain.model import BUILT_IN
from shortdrama.domain.take import Failure, FailureKind, Money, TakeStatus
from shortdrama.errors import Conflict
from shortdrama.storage.db.database import Database
from storage.db.test_database import run_threads
from storage.samples import make_clip, make_prompt, make_shot, make_take, moment, take_in_order

S = TakeStatus
FAILURE = Failure(
    FailureKind.DOWNLOAD,
    "The link ended.",
    Money.CHARGED,
    can_retry=True,
    can_fetch_again=True,
    provider_code="410",
    details={"status": 410, "answer": "a\ufffdb 谢"},
)


def test_a_take_comes_back_as_it_was(records: Database) -> None:
    with records.begin() as tx:
        shot = make_shot(tx)
        plain = make_take(tx, shot)
        full = make_take(
            tx,
            shot,
            status=S.READY,
            progress=100,
            submitted_at=moment(1),
            finished_at=moment(2),
            provider_job_id="video_1",
            provider_status="completed",
            failure=FAILURE,
            clip=make_clip(),
            is_rejected=True,
            reject_reason="Blurred",
            retry_of=plain.id,
            estimate_micro_usd=5_000_000_000,
            estimate_s=12.5,
        )
    with records.read() as tx:
        assert tx.takes.get(plain.id) == plain
        assert tx.takes.get(full.id) == full
        assert tx.takes.by_key(f"key-{full.id}") == (full, "fingerprint")
        assert tx.takes.get(TakeId(new_id())) is None
        assert tx.takes.by_key("unknown") is None


def test_one_key_makes_one_take(records: Database) -> None:
    with records.begin() as tx:
        shot = make_shot(tx)
        take = make_take(tx, shot)
    twin = replace(take, id=TakeId(new_id()), number=2)
    with records.begin() as tx:
        with pytest.raises(Conflict) as caught:
            tx.takes.add(twin, f"key-{take.id}", "other")
        assert caught.value.code == "take_exists"
        assert tx.takes.by_key(f"key-{take.id}") == (take, "fingerprint")  # still usable
        assert tx.takes.get(twin.id) is None


def test_orders_at_the_same_time_get_numbers_of_their_own(records: Database) -> None:
    with records.begin() as tx:
        shot = make_shot(tx)

    def order(_number: int) -> None:
        with records.begin() as tx:
            make_take(tx, shot)

    assert run_threads(10, order) == []
    with records.read() as tx:
        assert [take.number for take in tx.takes.of_shot(shot.id)] == list(range(10, 0, -1))


def test_lists_newest_first_and_pages_by_key(records: Database) -> None:
    with records.begin() as tx:
        shot, other, empty = make_shot(tx), make_shot(tx), ShotId(new_id())
        takes = [make_take(tx, shot if number % 2 else other) for number in range(5)]
    newest_first = sorted(takes, key=lambda take: take.id, reverse=True)
    with records.read() as tx:
        first = tx.takes.page(None, 2)
        assert first == newest_first[:2]
        assert tx.takes.page(first[-1].id, 10) == newest_first[2:]
        assert tx.takes.of_shots([shot.id, other.id, empty]) == {
            shot.id: [takes[3], takes[1]],
            other.id: [takes[4], takes[2], takes[0]],
            empty: [],
        }
        assert tx.takes.of_shots([]) == {}
        queued = tx.takes.with_status(frozenset({S.QUEUED, S.READY}))
        assert queued == newest_first[::-1]
        assert tx.takes.with_status(frozenset()) == []


def test_moves_only_from_an_expected_state(records: Database) -> None:
    _, take = take_in_order(records)
    with records.begin() as tx:
        assert tx.takes.move(take.id, frozenset({S.GENERATING}), S.DOWNLOADING) is None
        assert tx.takes.get(take.id) == take
        moved = tx.takes.move(
            take.id,
            frozenset({S.QUEUED, S.DRAFT}),
            S.SUBMITTING,
            {"submitted_at": moment(3), "provider_status": "sent"},
        )
        assert moved == tx.takes.get(take.id)
        assert moved is not None
        assert (moved.status, moved.submitted_at) == (S.SUBMITTING, moment(3))
        assert moved.updated_at > take.updated_at
        assert moved.finished_at is None
        assert tx.takes.move(TakeId(new_id()), frozenset(S), S.QUEUED) is None


def test_one_of_two_movers_wins(records: Database) -> None:
    _, take = take_in_order(records)
    won: list[int] = []
    barrier = threading.Barrier(8)

    def grab(number: int) -> None:
        barrier.wait()
        with records.begin() as tx:
            if tx.takes.move(take.id, frozenset({S.QUEUED}), S.SUBMITTING):
                won.append(number)

    assert run_threads(8, grab) == []
    assert len(won) == 1


def test_ends_carry_failure_clip_and_time(records: Database) -> None:
    _, take = take_in_order(records)
    anything = frozenset(S)
    with records.begin() as tx:
        failed = tx.takes.move(take.id, anything, S.FAILED, {"failure": FAILURE})
        assert failed is not None
        assert failed.failure == FAILURE
        assert failed.finished_at is not None
        again = tx.takes.move(
            take.id, frozenset({S.FAILED}), S.DOWNLOADING, {"failure": None, "finished_at": None}
        )
        assert again is not None
        assert (again.failure, again.finished_at) == (None, None)
        ready = tx.takes.move(
            take.id, anything, S.READY, {"clip": make_clip(), "finished_at": moment(9)}
        )
        assert ready is not None
        assert (ready.clip, ready.finished_at) == (make_clip(), moment(9))


@pytest.mark.parametrize("final", [S.READY, S.CANCELLED])
def test_the_database_keeps_final_takes(studio_storage: StudioStorage, final: S) -> None:
    database = studio_storage.database
    _, take = take_in_order(database)
    with database.begin() as tx:
        tx.takes.move(take.id, frozenset({S.QUEUED}), final)
    with pytest.raises(Conflict), database.begin() as tx:
        tx.takes.move(take.id, frozenset(S), S.QUEUED)
    with database.begin() as tx:
        noted = tx.takes.note(take.id, {"is_rejected": True, "reject_reason": "手"})
    assert noted is not None
    assert (noted.status, noted.reject_reason) == (final, "手")


@pytest.mark.parametrize("frozen", ["status", "request", "id", "number", "nonsense"])
def test_what_was_ordered_is_frozen(records: Database, frozen: str) -> None:
    _, take = take_in_order(records)
    with records.begin() as tx, pytest.raises(ValueError, match=frozen):
        tx.takes.note(take.id, {frozen: "x"})


def test_recent_runs_newest_first(records: Database) -> None:
    with records.begin() as tx:
        shot = make_shot(tx)
        for minutes in (1, 3, 2):
            make_take(tx, shot, status=S.READY, submitted_at=moment(0), finished_at=moment(minutes))
        make_take(tx, shot, status=S.READY, finished_at=moment(9))  # never submitted
        make_take(tx, shot, status=S.FAILED, submitted_at=moment(0), finished_at=moment(9))
    with records.read() as tx:
        runs = tx.takes.recent_runs("previz-1", None)
        assert [(run.seconds, run.duration_s) for run in runs] == [(4, 120), (4, 180), (4, 60)]
        assert tx.takes.recent_runs("previz-1", BUILT_IN, limit=1) == runs[:1]
        assert tx.takes.recent_runs("previz-1", ConnectionId("f" * 32)) == []
        assert tx.takes.recent_runs("sora-2", None) == []


def test_the_intent_of_a_call_is_known_until_it_is_closed(records: Database) -> None:
    _, take = take_in_order(records)
    with records.begin() as tx:
        assert (tx.submissions.open_attempt(take.id), tx.submissions.count(take.id)) == (None, 0)
        assert tx.submissions.open(take.id, moment()) == 1
    with records.begin() as tx:
        assert tx.submissions.open_attempt(take.id) == 1
        tx.submissions.close(take.id, 1, "not_sent", None)
        assert tx.submissions.open_attempt(take.id) is None
        assert tx.submissions.open(take.id, moment(1)) == 2
        tx.submissions.close(take.id, 2, "accepted", "video_2")
        assert tx.submissions.open_attempt(take.id) is None
        assert tx.submissions.count(take.id) == 2


def test_known_jobs_are_those_of_accepted_submissions(records: Database) -> None:
    _, take = take_in_order(records)
    with records.begin() as tx:
        for job, outcome in (("video_1", "accepted"), ("video_2", "lost")):
            tx.submissions.close(take.id, tx.submissions.open(take.id, moment()), outcome, job)
        asked = ["video_1", "video_2", "video_3"]
        assert tx.submissions.known_jobs(asked) == {"video_1"}
        assert tx.submissions.known_jobs([]) == set()


def test_a_job_is_held_on_its_connection(records: Database) -> None:
    _, take = take_in_order(records)
    connection_id = take.request.connection_id
    with records.begin() as tx:
        tx.submissions.close(take.id, tx.submissions.open(take.id, moment()), "lost", "video_1")
        assert tx.submissions.holders(connection_id, "video_1") == set()
        tx.submissions.close(take.id, 1, "accepted", "video_1")
        assert tx.submissions.holders(connection_id, "video_1") == {take.id}
        assert tx.submissions.holders(ConnectionId("d" * 32), "video_1") == set()


def test_attempts_without_an_answer_are_found_by_their_words(records: Database) -> None:
    _, take = take_in_order(records)
    with records.begin() as tx:
        for number, outcome in enumerate(("refused", "not_sent", "accepted", "lost", None)):
            attempt = tx.submissions.open(take.id, moment(number))
            if outcome:
                tx.submissions.close(take.id, attempt, outcome, None)
        found = tx.submissions.unanswered(take.request)
        assert [(one.attempt, one.opened_at) for one in found] == [(4, moment(3)), (5, moment(4))]
        assert {one.take.id for one in found} == {take.id}
        request = take.request
        elsewhere = replace(request, connection_id=ConnectionId("other"))
        others = [replace(request, prompt="other words"), replace(request, model="other")]
        for other in (*others, elsewhere):
            assert tx.submissions.unanswered(other) == []


def test_prompts_are_found_by_any_part(records: Database) -> None:
    with records.begin() as tx:
        shot = make_shot(tx)
        rain = make_prompt(tx, shot, "林月站在雨中,100% wet", minutes=0)
        night = make_prompt(tx, shot, "NIGHT street; Straße", minutes=1)
    with records.read() as tx:
        assert tx.prompts.page("", None, 10) == [night, rain]
        assert tx.prompts.page("", night.id, 10) == [rain]
        assert tx.prompts.page("", None, 1) == [night]
        for query, found in {
            "在雨": [rain],
            "100%": [rain],
            "street night": [night],
            "STRASSE": [night],
            "_": [],
            "snow": [],
        }.items():
            assert tx.prompts.page(query, None, 10) == found, query


def test_a_prompt_knows_its_last_take(records: Database) -> None:
    with records.begin() as tx:
        shot = make_shot(tx)
        take = make_take(tx, shot)
        tx.prompts.link_take(take.prompt_id, take.id)
        prompt = tx.prompts.get(take.prompt_id)
    assert prompt is not None
    assert prompt.last_take_id == take.id
