"""What a failed, uncertain or stalled take says: what happened, money, what to do. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shortdrama.domain.ids import TakeId
from shortdrama.domain.money import TakeCost
from shortdrama.domain.take import Failure, FailureKind, Money, Take, TakeStatus
from shortdrama.errors import mark
from shortdrama.generation.service import candidates_of
from shortdrama.web.i18n import _, say
from shortdrama.web.panels.takes.card import price


@dataclass(frozen=True, slots=True)
class Action:
    """A button that does what the problem says. `name` is what the page's script goes by."""

    name: str
    label: str
    icon: str = ""
    job: str = ""  # of the provider, where it is about one


@dataclass(frozen=True, slots=True)
class Problem:
    """Always all three: what happened, money, what to do. The first action is the likely one."""

    take_id: TakeId
    number: int
    look: str  # "failed" or "uncertain"
    title: str
    what: str
    money: str
    todo: str
    actions: tuple[Action, ...]
    details: str


def describe(take: Take, cost: TakeCost | None = None) -> Problem | None:
    """The problem of this take; None where it has none. `cost` is what the ledger says of it."""
    if take.status is TakeStatus.UNCERTAIN:
        return _uncertain(take, cost)
    if take.status is TakeStatus.STALLED:
        return _stalled(take, cost)
    if take.status is TakeStatus.FAILED:
        return _failed(take, take.failure or _NO_WORD, cost)
    return None


_NO_WORD = Failure(FailureKind.UNKNOWN, "", Money.MAYBE, can_retry=True)


def _uncertain(take: Take, cost: TakeCost | None) -> Problem:
    when = (take.submitted_at or take.created_at).astimezone().strftime("%H:%M")
    return Problem(
        take_id=take.id,
        number=take.number,
        look="uncertain",
        title=_("Take {number} may have been sent").format(number=take.number),
        what=_said(take.failure) or _("It may be generating now."),
        money=_money_of(take, Money.MAYBE, cost),
        todo=_(
            "Ask the provider for takes made at {time}. "
            "The studio never sends a paid request twice by itself."
        ).format(time=when),
        actions=(
            *_adoptions(take),
            Action("check", _("Check with the provider"), "stale"),
            Action("not-sent", _("It was not sent")),
            Action("send-again", _("Send again…")),
            Action("cancel", _("Leave it")),
        ),
        details=_details(take),
    )


def _adoptions(take: Take) -> Iterator[Action]:
    """One for each job of the provider that may be the take's own."""
    for job_id, told in candidates_of(take).items():
        made = told["created_at"]
        when = (
            datetime.fromisoformat(made).astimezone().strftime("%H:%M:%S") if made else job_id[:12]
        )
        yield Action("adopt", _("It is the one of {time}").format(time=when), "link", job_id)


def _stalled(take: Take, cost: TakeCost | None) -> Problem:
    return Problem(
        take_id=take.id,
        number=take.number,
        look="uncertain",
        title=_("Take {number} has stalled").format(number=take.number),
        what=_said(take.failure) or _("The provider has not said anything new for a long time."),
        money=_money_of(take, take.failure.money if take.failure else Money.MAYBE, cost),
        todo=_("Check again: where the provider has finished it, the clip is brought in."),
        actions=(
            Action("check-again", _("Check again"), "stale"),
            Action("cancel", _("Cancel the take")),
        ),
        details=_details(take),
    )


def _failed(take: Take, failure: Failure, cost: TakeCost | None) -> Problem:
    return Problem(
        take_id=take.id,
        number=take.number,
        look="failed",
        title=_("Take {number} failed").format(number=take.number),
        what=_said(failure) or _headline_of(take, failure),
        money=_money_of(take, failure.money, cost),
        todo=_advice(take, failure),
        actions=tuple(_actions(take, failure)),
        details=_details(take),
    )


def _said(failure: Failure | None) -> str:
    """Failures are kept in English, as they stand in the catalogues."""
    return say(failure.message, failure.details) if failure and failure.message else ""


def _headline_of(take: Take, failure: Failure) -> str:
    if _is_unknown_there(take, failure):
        return _("The provider does not know this model.")
    return _headline(failure.kind)


def _is_unknown_there(take: Take, failure: Failure) -> bool:
    """Nothing was made: the model or the address is not known, and will not be the next time."""
    return failure.kind is FailureKind.NOT_FOUND and take.provider_job_id is None


def _headline(kind: FailureKind) -> str:
    return {
        FailureKind.AUTH: _("The provider did not accept the key."),
        FailureKind.QUOTA: _("The provider’s account has no credit left."),
        FailureKind.RATE_LIMITED: _("The provider was asked too often."),
        FailureKind.INVALID_REQUEST: _("The provider refused the request."),
        FailureKind.UNSUPPORTED: _("The model cannot do this."),
        FailureKind.MODERATION_INPUT: _("The provider refused the prompt."),
        FailureKind.MODERATION_OUTPUT: _("The provider held the clip back."),
        FailureKind.NOT_FOUND: _("The provider does not know this take."),
        FailureKind.EXPIRED: _("The provider no longer has the clip."),
        FailureKind.PROVIDER_FAILURE: _("The provider could not make the clip."),
        FailureKind.TIMEOUT: _("It took too long."),
        FailureKind.NETWORK: _("The provider could not be reached."),
        FailureKind.DOWNLOAD: _("The clip did not arrive whole."),
        FailureKind.STORAGE: _("There was no room to keep the clip."),
        FailureKind.UNKNOWN: _("Something went wrong."),
    }[kind]


_EDITS = {
    FailureKind.MODERATION_INPUT,
    FailureKind.MODERATION_OUTPUT,
    FailureKind.INVALID_REQUEST,
    FailureKind.UNSUPPORTED,
}
_SETTINGS = {FailureKind.AUTH, FailureKind.QUOTA}


def _advice(take: Take, failure: Failure) -> str:
    if take.can_fetch_again:
        return _("Download it again. Nothing is generated a second time.")
    if failure.kind in _SETTINGS:
        return _("Look at the connection in the settings, then try again.")
    if _is_unknown_there(take, failure):
        return _("Choose another model, or look at the connection in the settings.")
    if failure.kind in _EDITS:
        return _("Change the prompt, or choose another model.")
    return _("Try again. It is a new request at the same price.")


def _actions(take: Take, failure: Failure) -> list[Action]:
    retry = Action("retry", _("Try again"), "stale")
    if take.can_fetch_again:
        return [Action("fetch", _("Download again"), "down"), retry]
    if failure.kind in _SETTINGS:
        return [Action("settings", _("Open the settings"), "sliders"), retry]
    if _is_unknown_there(take, failure):
        return [
            Action("model", _("Try another model")),
            Action("settings", _("Open the settings"), "sliders"),
        ]
    if failure.kind in _EDITS:
        return [
            Action("edit", _("Edit the prompt"), "pen"),
            Action("model", _("Try another model")),
        ]
    return [retry, Action("edit", _("Edit the prompt"), "pen")]


def _money_of(take: Take, money: Money, cost: TakeCost | None) -> str:
    """The ledger's truth where it has one: all attempts together, at the provider's own price."""
    amount = take.estimate_micro_usd
    if cost is not None and cost.money is not None:
        money, amount = cost.money, cost.micro_usd if cost.is_known else None
    if money is Money.NONE or amount == 0:
        return _("Nothing was charged.")
    if amount is None:
        return (
            _("It was charged; the studio does not know the price.")
            if money is Money.CHARGED
            else _("It may have been charged; the studio does not know the price.")
        )
    was, maybe = _("{price} was charged."), _("Up to {price} may have been charged.")
    text = was if money is Money.CHARGED else maybe
    return text.format(price=price(amount))


_LABELS = {
    "asked": mark("Request"),
    "at": mark("Time"),
    "body_excerpt": mark("Answer"),
    "cause": mark("Cause"),
    "http_status": mark("HTTP status"),
    "method": mark("Method"),
    "url": mark("Address"),
    "provider_code": mark("Provider’s code"),
    "provider_message": mark("Provider’s message"),
    "request_id": mark("Provider’s request"),
    "said": mark("Message"),
}


def _details(take: Take) -> str:
    """For a bug report. Only what `Failure.details` lets out, which never holds a key.

    The labels are the reader's, the facts are as programs wrote them.
    """
    facts = [
        (_("Take"), take.id),
        (_("Model"), f"{take.request.model}, {take.request.seconds} s, {take.request.size}"),
    ]
    if take.submitted_at:
        facts.append((_("Sent"), take.submitted_at.isoformat(timespec="milliseconds")))
    if take.provider_job_id:
        job = f"{take.provider_job_id} {take.provider_status or ''}"
        facts.append((_("Provider’s job"), job.rstrip()))
    if take.failure:
        code = f" {take.failure.provider_code}" if take.failure.provider_code else ""
        facts.append((_("Kind of failure"), f"{take.failure.kind.value}{code}"))
        told = take.failure.details.items()
        facts += [(_(_LABELS.get(name, name)), _plain(value)) for name, value in told]
    return "\n".join(_("{label}: {fact}").format(label=label, fact=fact) for label, fact in facts)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
