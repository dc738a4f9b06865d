"""Every failure says what happened, what it cost and what to do, and offers that thing."""

from __future__ import annotations

import pytest

from shortdrama.domain.take import Failure, FailureKind, Money, TakeStatus
from shortdrama.errors import ProviderError
from shortdrama.generation.failures import CANDIDATES, REFUSED, refusal
from shortdrama.web import i18n
from shortdrama.web.panels.viewer.problem import Problem, describe
from web.panels.made_takes import a_take


def failed(kind: FailureKind, money: Money = Money.NONE, **fields: object) -> Problem:
    failure = Failure(kind, "It said no.", money, **fields)  # type: ignore[arg-type]
    problem = describe(a_take(TakeStatus.FAILED, failure=failure, provider_job_id="video_1"))
    assert problem is not None
    return problem


@pytest.mark.parametrize("kind", FailureKind)
def test_every_kind_has_all_its_words_and_an_action(kind: FailureKind) -> None:
    problem = failed(kind)
    assert all((problem.title, problem.what, problem.money, problem.todo))
    assert problem.actions
    assert "!" not in problem.what + problem.todo


@pytest.mark.parametrize("kind", REFUSED)
def test_what_happened_is_said_once(kind: FailureKind) -> None:
    """The studio's own words need no heading that says the same."""
    take = a_take(TakeStatus.FAILED, failure=refusal(ProviderError("No.", kind=kind)))
    problem = describe(take)
    assert problem is not None
    assert problem.what == REFUSED[kind]
    shown = " ".join((problem.title, problem.what, problem.money, problem.todo))
    assert shown.count(REFUSED[kind].partition(".")[0]) == 1


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        (FailureKind.AUTH, "settings"),
        (FailureKind.QUOTA, "settings"),
        (FailureKind.MODERATION_INPUT, "edit"),
        (FailureKind.UNSUPPORTED, "edit"),
        (FailureKind.NETWORK, "retry"),
    ],
)
def test_the_likely_cure_is_the_first_button(kind: FailureKind, first: str) -> None:
    assert failed(kind).actions[0].name == first


def test_a_clip_that_can_still_be_fetched_is_fetched_and_not_paid_again() -> None:
    problem = failed(FailureKind.DOWNLOAD, Money.CHARGED, can_fetch_again=True)
    assert problem.actions[0].name == "fetch"
    assert problem.money == "$0.40 was charged."


@pytest.mark.parametrize(
    ("money", "micro_usd", "words"),
    [
        (Money.NONE, 400_000, "Nothing was charged."),
        (Money.MAYBE, 400_000, "Up to $0.40 may have been charged."),
        (Money.MAYBE, 0, "Nothing was charged."),
        (Money.CHARGED, None, "It was charged; the studio does not know the price."),
    ],
)
def test_money_is_said_as_it_is_known(money: Money, micro_usd: int | None, words: str) -> None:
    failure = Failure(FailureKind.PROVIDER_FAILURE, "It broke.", money)
    problem = describe(a_take(TakeStatus.FAILED, failure=failure, estimate_micro_usd=micro_usd))
    assert problem is not None
    assert problem.money == words


def test_an_uncertain_take_offers_to_check_before_anything_else() -> None:
    problem = describe(a_take(TakeStatus.UNCERTAIN))
    assert problem is not None
    names = [action.name for action in problem.actions]
    assert names == ["check", "not-sent", "send-again", "cancel"]
    assert problem.look == "uncertain"


def test_a_model_that_is_not_known_is_not_tried_again() -> None:
    failure = Failure(FailureKind.NOT_FOUND, "", Money.NONE)
    problem = describe(a_take(TakeStatus.FAILED, failure=failure))
    assert problem is not None
    assert problem.what == "The provider does not know this model."
    assert [action.name for action in problem.actions] == ["model", "settings"]


def test_jobs_that_may_be_the_take_s_own_can_be_chosen() -> None:
    at = "2026-11-23T09:00:05+00:00"
    told = {CANDIDATES: [{"id": "video_7", "status": "completed", "created_at": at}]}
    failure = Failure(FailureKind.UNKNOWN, "Who knows.", Money.MAYBE, details=told)
    problem = describe(a_take(TakeStatus.UNCERTAIN, failure=failure))
    assert problem is not None
    assert (problem.actions[0].name, problem.actions[0].job) == ("adopt", "video_7")
    assert ":05" in problem.actions[0].label


@pytest.mark.parametrize("status", [TakeStatus.READY, TakeStatus.GENERATING, TakeStatus.CANCELLED])
def test_what_is_no_problem_has_none(status: TakeStatus) -> None:
    assert describe(a_take(status)) is None


def details(**told: object) -> str:
    failure = Failure(FailureKind.AUTH, "It said no.", Money.NONE, details=told)
    problem = describe(a_take(TakeStatus.FAILED, failure=failure, provider_job_id="video_1"))
    assert problem is not None
    return problem.details


def test_a_bug_report_has_the_reader_s_labels_and_the_machine_s_words() -> None:
    told = {"http_status": 401, "said": "Incorrect API key provided", "odd_fact": [1]}
    assert "HTTP status: 401\nMessage: Incorrect API key provided\nodd_fact: [1]" in details(**told)
    before = i18n.language.set("zh_CN")
    try:
        report = details(**told)
    finally:
        i18n.language.reset(before)
    assert "HTTP 状态：401\n消息：Incorrect API key provided\nodd_fact：[1]" in report
    assert "失败类型：auth" in report
    assert "Model" not in report
