"""What a take's card shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import httpx
import pytest

from money.buyers import buy
from shortdrama.app import build_studio
from shortdrama.domain.money import TakeCost
from shortdrama.domain.take import Failure, FailureKind, Money, Take, TakeStatus
from shortdrama.domain.waiting import KEY_REFUSED, NO_KEY, busy_until, no_answer, unknown_word
from shortdrama.settings import Settings
from shortdrama.storage.db.database import Database
from shortdrama.web.panels.takes.card import Setting, state_word, take_card, video_url
from shortdrama.web.panels.takes.cost import cost_of, cost_words, unpriced_of
from web.panels.made_takes import NOW, SONG, a_clip, a_take

LABELS = {("wan-3", SONG): "Wan 3.0"}


def card(take: Take, selected: bool = False):
    return take_card(take, Setting(LABELS, take.id if selected else None, 7), NOW)


@pytest.mark.parametrize("status", TakeStatus)
def test_every_state_has_a_word(status: TakeStatus) -> None:
    assert state_word(card(a_take(status)).state)


def test_facts_name_model_length_and_price() -> None:
    assert card(a_take()).facts == "Wan 3.0 · 4 s · $0.40"
    assert card(a_take(estimate_micro_usd=0)).facts == "Wan 3.0 · 4 s · free"
    assert card(a_take(estimate_micro_usd=None)).facts == "Wan 3.0 · 4 s · price unknown"
    assert card(a_take(TakeStatus.UNCERTAIN)).facts == "Wan 3.0 · 4 s · $0.40 at most"


def test_rejected_wins_over_selected_and_selected_over_ready() -> None:
    assert card(a_take(), selected=True).state == "selected"
    assert card(a_take(is_rejected=True), selected=True).state == "rejected"


def test_time_left_is_what_history_promised_less_what_has_passed() -> None:
    running = card(a_take(TakeStatus.GENERATING, estimate_s=88.0))
    assert (running.elapsed_s, running.left_s) == (38.0, 50.0)
    assert card(a_take(TakeStatus.GENERATING, estimate_s=30.0)).left_s == 0  # longer than usual
    assert card(a_take(TakeStatus.DOWNLOADING, estimate_s=88.0)).left_s is None
    queued = a_take(TakeStatus.QUEUED, estimate_s=88.0, submitted_at=None)
    assert card(queued).left_s == 88.0 - card(queued).elapsed_s
    held_up = a_take(
        TakeStatus.QUEUED, estimate_s=88.0, submitted_at=None, provider_status="unreachable"
    )
    assert card(held_up).left_s is None
    done = a_take(finished_at=NOW - timedelta(seconds=8))
    assert card(done).elapsed_s == 30.0


def test_a_take_that_is_held_up_says_why() -> None:
    def said(status: TakeStatus, word: str, name: str = "") -> str:
        take = a_take(status, provider_status=word)
        return take_card(take, Setting(LABELS, connection_name=name)).trouble

    waits = "Waiting for the key of {}. Enter it in the settings."
    for status in (TakeStatus.QUEUED, TakeStatus.GENERATING, TakeStatus.DOWNLOADING):
        assert said(status, NO_KEY, "My Wan") == waits.format("My Wan")
    assert said(TakeStatus.QUEUED, NO_KEY) == waits.format("Wan 3.0")
    assert said(TakeStatus.READY, NO_KEY) == ""
    soon, later = datetime.now(UTC), datetime.now(UTC) + timedelta(days=2)
    at = "The provider is busy; trying again at "
    today = soon.astimezone().strftime("%H:%M:%S")
    assert said(TakeStatus.QUEUED, busy_until(soon)) == at + today
    day = later.astimezone().strftime("%Y-%m-%d %H:%M")
    assert said(TakeStatus.QUEUED, busy_until(later)) == at + day
    silent = no_answer("502 Bad Gateway")
    assert said(TakeStatus.GENERATING, silent).startswith("The provider does not answer;")
    assert said(TakeStatus.DOWNLOADING, silent) == ""
    for word in ("busy", "busy yesterday", "busy 2026-13-13", "in_progress", "busy bees"):
        assert said(TakeStatus.GENERATING, word) == ""
    assert said(TakeStatus.QUEUED, "busy yesterday") == ""
    assert said(TakeStatus.QUEUED, "busy") == "The provider is busy; trying again when it allows"


def test_a_key_that_the_provider_refuses_is_asked_for() -> None:
    refused = card(a_take(TakeStatus.GENERATING, provider_status=KEY_REFUSED))
    assert refused.trouble == (
        "The provider refuses the key; the job may go on there. "
        "Enter the key again in the settings."
    )
    assert refused.asks_for_key
    assert card(a_take(TakeStatus.QUEUED, provider_status=NO_KEY)).asks_for_key
    assert not card(a_take(TakeStatus.QUEUED, provider_status="busy")).asks_for_key
    assert not card(a_take(TakeStatus.READY, provider_status=KEY_REFUSED)).trouble


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("frobnicating", "The provider says “frobnicating”."),
        ("<b>{0}\u202e%s</b>", "The provider says “<b>{0}%s</b>”."),
        ("x" * 40, f"The provider says “{'x' * 40}”."),
        ("x" * 41, f"The provider says “{'x' * 39}…”."),
        ("\n\x00", ""),
    ],
)
def test_a_word_that_nobody_knows_is_told_as_text(word: str, said: str) -> None:
    take = a_take(TakeStatus.GENERATING, provider_status=unknown_word(word), progress=40)
    assert (card(take).remark, card(take).percent, card(take).trouble) == (said, 40, "")
    assert card(a_take(TakeStatus.GENERATING, provider_status=word)).remark == ""
    assert card(a_take(TakeStatus.READY, provider_status=unknown_word(word))).remark == ""


def test_a_clip_has_an_address_with_a_speaking_name() -> None:
    assert video_url(a_take(), 7) is None
    assert video_url(a_take(clip=a_clip()), 7) == f"/media/{'a' * 64}/shot-07-take-2.mp4"


def test_cost_leaves_out_what_was_surely_not_charged() -> None:
    refused = Failure(FailureKind.AUTH, "no", Money.NONE)
    broken = Failure(FailureKind.PROVIDER_FAILURE, "broke", Money.MAYBE)
    takes = [
        a_take(),
        a_take(TakeStatus.QUEUED, submitted_at=None),
        a_take(TakeStatus.FAILED, failure=refused),
        a_take(TakeStatus.FAILED, failure=broken),
        a_take(estimate_micro_usd=None),
    ]
    assert cost_of(takes) == 800_000


def test_what_is_without_a_price_is_never_free() -> None:
    unknown = a_take(estimate_micro_usd=None)
    refused = Failure(FailureKind.AUTH, "no", Money.NONE)
    not_charged = a_take(TakeStatus.FAILED, failure=refused, estimate_micro_usd=None)
    told = {
        unknown.id: TakeCost(0, Money.CHARGED, is_actual=False, is_known=False),
        not_charged.id: TakeCost(0, Money.NONE, is_actual=False, is_known=True),
    }
    for costs in (None, told):
        assert unpriced_of([a_take(), unknown, not_charged], costs) == 1
    assert cost_words(0, 0, "free") == "free"
    assert cost_words(400_000, 0, "free") == "$0.40"
    assert cost_words(0, 1, "free") == "price unknown for 1 take"
    assert cost_words(400_000, 2, "free") == "$0.40 + price unknown for 2 takes"


@pytest.mark.anyio
async def test_the_page_never_calls_free_what_has_no_price(tmp_path: Path) -> None:
    """The shot's sum and the day's, while a model without a price has made takes."""
    with build_studio(Settings(data=tmp_path / "data"), url="") as studio:
        board = studio.services.board.current()
        shot_id = board.shots[-1].shot.id
        for _take in range(2):
            assert buy(cast(Database, studio.services.door.records), shot_id, None) == "made"
        transport = httpx.ASGITransport(studio.web)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            page = (await client.get("/", params={"shot": shot_id})).text
    foot = page[page.index('id="takes-foot"') :]
    assert "price unknown for 2 takes" in foot[:400]
    day = page[page.index('class="btn quiet spent"') :][:600]
    assert "price unknown for 2 takes" in day
