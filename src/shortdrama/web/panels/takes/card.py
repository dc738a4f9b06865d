"""What a take's card, cell and status line show. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shortdrama.domain.ids import ConnectionId, TakeId
from shortdrama.domain.model import PREVIZ_MODEL
from shortdrama.domain.money import TakeCost, dollars
from shortdrama.domain.take import Money, Take, TakeStatus
from shortdrama.domain.waiting import (
    BUSY,
    KEY_REFUSED,
    NO_KEY,
    SILENT,
    STORAGE_AWAY,
    UNREACHABLE,
    held_up,
    left_s,
    strange_word,
)
from shortdrama.web.i18n import _

_WORD_CHARS = 40  # of a provider's own
ModelLabels = Mapping[tuple[str, ConnectionId], str]

_ICONS = {
    "queued": "queued",
    "draft": "draft",
    "ready": "ready",
    "selected": "check",
    "rejected": "cancelled",
    "cancelled": "cancelled",
    "failed": "failed",
    "uncertain": "uncertain",
    "stalled": "uncertain",
}
_LOOKS = {
    "submitting": "generating",
    "downloading": "generating",
    "cancelling": "cancelled",
    "stalled": "uncertain",
}


@dataclass(frozen=True, slots=True)
class TakeCard:
    """A take as the page shows it. `state` is one word, `look` the word its colour goes by."""

    id: TakeId
    number: int
    state: str
    look: str
    word: str
    icon: str  # "" where a ring stands
    facts: str
    prompt: str
    poster_url: str | None
    video_url: str | None
    percent: int | None
    elapsed_s: float
    left_s: float | None  # 0: it takes longer than usual
    queue_position: int | None
    trouble: str  # why a take under way does not go on; "" where nothing is wrong
    asks_for_key: bool  # what the settings can mend
    remark: str  # what its provider says that nobody here knows; "" where that is nothing
    reject_reason: str
    cost_micro_usd: int | None
    has_problem: bool

    @property
    def is_running(self) -> bool:
        return self.state in {"queued", "submitting", "generating", "downloading", "cancelling"}

    @property
    def is_ready(self) -> bool:
        return self.state in {"ready", "selected", "rejected"}

    @property
    def can_cancel(self) -> bool:
        return self.state in {"queued", "submitting", "generating"}


@dataclass(frozen=True, slots=True)
class Setting:
    """What a card needs beside its take."""

    labels: ModelLabels
    selected: TakeId | None = None
    shot_number: int = 0
    client_names: Mapping[str, str] = field(default_factory=dict)
    connection_name: str = ""  # looked up where a take waits for its key
    queue_position: int | None = None
    cost: TakeCost | None = None  # as the ledger has it


def take_card(take: Take, setting: Setting, now: datetime | None = None) -> TakeCard:
    """The card of a take."""
    state = _state(take, setting.selected)
    now = now or datetime.now(UTC)
    trouble = _trouble(take, setting)
    return TakeCard(
        id=take.id,
        number=take.number,
        state=state,
        look=_LOOKS.get(state, state),
        word=state_word(state),
        icon=_ICONS.get(state, ""),
        facts=_facts(take, setting),
        prompt=take.request.prompt,
        poster_url=poster_url(take),
        video_url=video_url(take, setting.shot_number),
        percent=take.progress,
        elapsed_s=_elapsed_s(take, now),
        left_s=None if trouble else left_s(take, now),
        queue_position=setting.queue_position,
        trouble=trouble,
        asks_for_key=_asks_for_key(take),
        remark=_remark(take),
        reject_reason=take.reject_reason,
        cost_micro_usd=take.estimate_micro_usd,
        has_problem=take.status is TakeStatus.FAILED,
    )


def _trouble(take: Take, setting: Setting) -> str:
    held = held_up(take)
    if held is None:
        return ""
    if held.why == NO_KEY:
        name = setting.connection_name or model_label(take, setting.labels)
        return _("Waiting for the key of {name}. Enter it in the settings.").format(name=name)
    if held.why == KEY_REFUSED:
        return _(
            "The provider refuses the key; the job may go on there. "
            "Enter the key again in the settings."
        )
    if held.why == BUSY and held.until is not None:
        return _("The provider is busy; trying again at {time}").format(time=_clock(held.until))
    return {
        SILENT: _("The provider does not answer; asking again. The job may go on there."),
        UNREACHABLE: _("The provider cannot be reached; trying again"),
        STORAGE_AWAY: _("The studio's storage does not answer; trying again"),
        BUSY: _("The provider is busy; trying again when it allows"),
    }.get(held.why, "")


def _asks_for_key(take: Take) -> bool:
    held = held_up(take)
    return held is not None and held.why in {NO_KEY, KEY_REFUSED}


def _remark(take: Take) -> str:
    """A stranger's word, as text of one line."""
    word = "".join(c for c in strange_word(take) if c.isprintable())
    cut = word if len(word) <= _WORD_CHARS else f"{word[: _WORD_CHARS - 1]}…"
    return _("The provider says “{word}”.").format(word=cut) if cut else ""


def _clock(moment: datetime) -> str:
    """With its day where that is not today."""
    here, now = moment.astimezone(), datetime.now(UTC).astimezone()
    return here.strftime("%H:%M:%S" if here.date() == now.date() else "%Y-%m-%d %H:%M")


def _state(take: Take, selected: TakeId | None) -> str:
    if take.is_rejected:
        return "rejected"
    return "selected" if take.id == selected else take.status.value


def state_word(state: str) -> str:
    """The state as a person reads it."""
    return {
        "draft": _("Draft"),
        "queued": _("Queued"),
        "submitting": _("Sending"),
        "generating": _("Generating"),
        "downloading": _("Downloading"),
        "ready": _("Ready"),
        "selected": _("Selected"),
        "rejected": _("Rejected"),
        "failed": _("Failed"),
        "uncertain": _("Uncertain"),
        "stalled": _("Stalled"),
        "cancelling": _("Cancelling"),
        "cancelled": _("Cancelled"),
    }[state]


def model_label(take: Take, labels: ModelLabels) -> str:
    """The model's name; its id where the connection is gone."""
    key = (take.request.model, take.request.connection_id)
    fallback = "Previz" if take.request.model == PREVIZ_MODEL else take.request.model
    return labels.get(key, fallback)


def price(micro_usd: int | None) -> str:
    """ "$0.40", "free", or that nobody knows."""
    if micro_usd is None:
        return _("price unknown")
    return dollars(micro_usd) if micro_usd else _("free")


def _facts(take: Take, setting: Setting) -> str:
    facts = [model_label(take, setting.labels), f"{take.request.seconds} s"]
    who = orderer(take.ordered_by, setting.client_names)
    return " · ".join(filter(None, [*facts, _cost_words(take, setting.cost), who]))


def _cost_words(take: Take, cost: TakeCost | None) -> str:
    is_priced = take.estimate_micro_usd != 0
    if cost is not None and cost.money is Money.NONE and take.is_terminal and is_priced:
        return _("not charged")
    if cost is not None and cost.is_actual:
        return price(cost.micro_usd)
    words = price(take.estimate_micro_usd)
    if take.status is TakeStatus.UNCERTAIN and take.estimate_micro_usd:
        return _("{price} at most").format(price=words)
    return words


def orderer(actor: str, client_names: Mapping[str, str]) -> str:
    """Who ordered a take, in words; "" for this page where nobody has to log in."""
    kind, _sep, name = actor.partition(":")
    if kind == "user":
        return name
    if kind == "client":
        return client_names.get(name, _("a program"))
    return {"cli": _("command line"), "api": _("a program")}.get(kind, "")


def video_url(take: Take, shot_number: int) -> str | None:
    """The clip's address. Never changes, or a playing video would start again."""
    if take.clip is None:
        return None
    return f"/media/{take.clip.video_key}/shot-{shot_number:02d}-take-{take.number}.mp4"


def poster_url(take: Take) -> str | None:
    key = take.clip and take.clip.poster_key
    return f"/media/{key}/poster.webp" if key else None


def last_frame_url(take: Take) -> str | None:
    key = take.clip and (take.clip.last_frame_key or take.clip.poster_key)
    return f"/media/{key}/last-frame.webp" if key else None


def _elapsed_s(take: Take, now: datetime) -> float:
    since = take.submitted_at or take.created_at
    return max(0.0, ((take.finished_at or now) - since).total_seconds())
