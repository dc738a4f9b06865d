"""What a model cannot do is said, all of it, and nothing is changed silently."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from samples import add_asset, add_take
from shortdrama.board.service import BoardService
from shortdrama.domain.asset import Asset, AssetKind
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import BUILT_IN, PREVIZ_MODEL, Capability, Mode, Sound
from shortdrama.domain.take import TakeStatus
from shortdrama.prompts.checks import Wish, find_problems, spans
from shortdrama.prompts.service import PromptForm, PromptService
from shortdrama.storage.db.database import Database

CAPABILITY = Capability(
    model="m",
    label="Model M",
    seconds=(4, 8),
    sizes=("720x1280",),
    max_references=1,
    max_prompt_chars=10,
    micro_usd_per_second=100_000,
    typical_s=60,
)
FINE = Wish("A tram", 4, "720x1280")


class OneModel:
    def __init__(self, capability: Capability) -> None:
        self._capability = capability

    def capability(self, model: str, connection_id: object) -> Capability:
        return self._capability


def codes(wish: Wish, capability: Capability = CAPABILITY) -> list[str]:
    return [problem.code for problem in find_problems(wish, capability)]


def test_an_emoji_counts_as_the_vendor_counts_it() -> None:
    wish = replace(FINE, prompt="🎬" * 6)
    assert codes(wish) == []
    [problem] = find_problems(wish, replace(CAPABILITY, counts_utf16=True))
    assert problem.code == "prompt_too_long"
    assert "emoji" in problem.message
    assert "this has 12" in problem.message


def test_what_can_be_done_has_no_problems() -> None:
    assert codes(FINE) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"prompt": "x" * 11}, "prompt_too_long"),
        ({"seconds": 5}, "seconds_unsupported"),
        ({"seconds": 0}, "seconds_out_of_range"),
        ({"seconds": 601}, "seconds_out_of_range"),
        ({"size": "1280x720"}, "size_unsupported"),
        ({"size": "big"}, "size_malformed"),
    ],
)
def test_each_limit_is_named(change: dict[str, Any], code: str) -> None:
    assert codes(replace(FINE, **change)) == [code]


@pytest.mark.parametrize(
    ("extra", "can", "found"),
    [
        ({"seed": 7}, {}, ["seed_unsupported"]),
        ({"seed": 7}, {"has_seed": True}, []),
        ({"seed": 7}, {"is_known": False}, []),
        ({"seed": "7"}, {"has_seed": True}, ["seed_malformed"]),
        ({"seed": -1}, {"has_seed": True}, ["seed_malformed"]),
        ({"negative_prompt": "blur"}, {}, ["negative_prompt_unsupported"]),
        ({"negative_prompt": ""}, {}, []),
        ({"sound": False}, {"sound": Sound.ALWAYS}, ["silent_unsupported"]),
        ({"sound": True}, {"sound": Sound.NEVER}, ["loud_unsupported"]),
        ({"sound": True}, {"sound": Sound.SWITCH}, []),
        ({"steps": 30}, {}, []),
    ],
)
def test_wishes_that_a_model_has_no_word_for_are_named(
    extra: dict[str, Any], can: dict[str, Any], found: list[str]
) -> None:
    assert codes(replace(FINE, extra=extra), replace(CAPABILITY, **can)) == found


@pytest.mark.parametrize(
    "extra",
    [
        {"seconds": "600"},
        {"model": "dearer"},
        {"durationSeconds": 60},
        {"aspect-ratio": "16:9"},
        {"parameters": {"resolution": "1080p"}},
        {"rows": [{"n": 9}]},
    ],
)
def test_own_words_cannot_change_what_a_take_costs(extra: dict[str, Any]) -> None:
    """They go into the request as they are, past estimate, caps and budgets."""
    order = replace(FINE, extra=extra)
    assert codes(order) == ["extra_of_order"]
    assert codes(order, replace(CAPABILITY, micro_usd_per_second=None)) == ["extra_of_order"]
    assert codes(order, replace(CAPABILITY, micro_usd_per_second=0)) == []


def test_a_model_that_needs_a_picture_says_so() -> None:
    only = replace(CAPABILITY, modes=(Mode.FIRST_FRAME,))
    assert codes(FINE, only) == ["picture_needed"]


def test_every_problem_is_told_at_once() -> None:
    assert len(codes(Wish("x" * 11, 5, "1280x720"))) == 3


def test_an_unknown_model_is_asked_without_guessing() -> None:
    unknown = Capability(model="new", label="new", is_known=False)
    assert codes(Wish("x" * 31_000, 7, "999x333"), unknown) == []


def test_the_sentences_say_what_is_allowed() -> None:
    (problem,) = find_problems(replace(FINE, seconds=5), CAPABILITY)
    assert problem.message == "Model M makes takes of 4, 8 s, not of 5 s."


def test_references_are_counted_and_their_kind_is_looked_at(records: Database) -> None:
    service = PromptService(records, OneModel(CAPABILITY))
    picture, sound = add_asset(records, "Mei"), add_asset(records, "Rain", AssetKind.SOUND)

    def check(*assets: Asset) -> list[str]:
        ids = tuple(asset.id for asset in assets)
        return [p.code for p in service.check(PromptForm("A tram", "m", 4, "720x1280", ids))]

    assert check(picture) == []
    assert check(sound) == ["reference_kind_unsupported"]
    assert check(picture, sound) == ["too_many_references", "reference_kind_unsupported"]
    assert check(replace(picture, id="0" * 32)) == ["reference_missing"]


def form(seconds: int, model: str = "m", connection_id: ConnectionId | None = None) -> PromptForm:
    return PromptForm("Rain.", model, seconds, "720x1280", (), connection_id)


def test_the_estimate_is_money_and_time(records: Database) -> None:
    service = PromptService(records, OneModel(CAPABILITY))
    estimate = service.estimate(form(8), 2)
    assert (estimate.micro_usd, estimate.seconds) == (1_600_000, 60)
    unpriced = PromptService(records, OneModel(replace(CAPABILITY, micro_usd_per_second=None)))
    assert unpriced.estimate(form(8, "m", None)).micro_usd is None


def test_four_takes_on_a_one_at_a_time_engine_are_said_to_need_four_times_as_long(
    records: Database,
) -> None:
    one_at_a_time = OneModel(replace(CAPABILITY, at_once=1))
    service = PromptService(records, one_at_a_time)
    assert service.estimate(form(4, PREVIZ_MODEL, BUILT_IN), 4).seconds == 4 * 60
    assert not service.estimate(form(4, PREVIZ_MODEL, BUILT_IN), 4).is_behind
    assert (
        PromptService(records, OneModel(CAPABILITY)).estimate(form(4, "m", None), 4).seconds == 60
    )
    assert (
        PromptService(records, OneModel(CAPABILITY), 2).estimate(form(4, "m", None), 4).seconds
        == 120
    )
    shot = BoardService(records).current().shots[0].shot
    add_take(records, shot.id, TakeStatus.QUEUED)  # at the built-in engine, with 60 s to go
    behind = service.estimate(form(4, PREVIZ_MODEL, BUILT_IN))
    assert (behind.seconds, behind.is_behind) == (120, True)
    elsewhere = service.estimate(form(4, "m", ConnectionId("c" * 32)))
    assert (elsewhere.seconds, elsewhere.is_behind) == (60, False)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [((), ""), ((4,), "4"), ((4, 5), "4, 5"), ((4, 5, 6, 8), "4–6, 8"), ((1, 2, 3, 30), "1–3, 30")],
)
def test_long_rows_of_numbers_are_told_as_spans(numbers: tuple[int, ...], words: str) -> None:
    assert spans(numbers) == words
