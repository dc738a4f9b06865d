"""The Sora 2 protocol's double as the contract sees it."""

from __future__ import annotations

from types import TracebackType
from typing import Any, ClassVar, Self

from doubles.sora2_double import Sora2Double
from providers.contract import Play, Rig
from shortdrama.domain.model import SEED, VIDEOS, Mode
from shortdrama.providers.kinds import ProviderKinds

_WAY = ("queued", "in_progress:50", "completed")
_SCRIPTS: dict[Play, dict[str, Any]] = {
    Play.FINE: {"poll": _WAY},
    Play.LOST: {"submit": "drop_after_accept"},
    Play.SERVER_ERROR: {"submit": "500"},
    Play.UNREADABLE: {"submit": "200_html"},
    Play.REFUSED: {"submit": "400"},
    Play.KEY_REFUSED: {"submit": "401"},
    Play.BUSY: {"submit": "429:7"},
    Play.NO_CREDIT: {"submit": "quota"},
    Play.PROMPT_MODERATED: {"submit": "moderation"},
    Play.RESULT_MODERATED: {"poll": ("in_progress", "failed:moderation_blocked")},
    Play.FAILED: {"poll": ("in_progress", "failed")},
    Play.UNKNOWN_WORD: {"poll": ("frobnicating", *_WAY)},
    Play.POLL_TROUBLE: {"poll": ("502_html", *_WAY)},
    Play.GONE: {"poll": "404"},
    Play.SLOW: {"poll": "in_progress:10"},
    Play.CLIP_TROUBLE: {"content": ("502_html", "ok")},
    Play.CLIP_AN_ERROR: {"content": "json"},
    Play.CLIP_CUT: {"content": "truncated"},
}


class VideosRig(Rig):
    """OpenAI's form, as OpenAI served it."""

    name = "OpenAI Videos"
    kind = ProviderKinds().get(VIDEOS)
    model = "sora-2"
    modes = (Mode.TEXT, Mode.FIRST_FRAME)
    refused_modes = (Mode.FIRST_LAST, Mode.REFERENCES)
    can_cancel: ClassVar[bool] = True
    has_list: ClassVar[bool] = True

    def __enter__(self) -> Self:
        self.double = Sora2Double(api_key=self.key).__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.double.__exit__(exc_type, exc, traceback)

    @property
    def base_url(self) -> str:
        return self.double.base_url

    def play(self, play: Play) -> None:
        self.double.default(**_SCRIPTS[play])

    def submits(self) -> int:
        return self.double.submits()


class SeedRig(VideosRig):
    """The older form, /generate."""

    name = "/v1/generate"
    kind = ProviderKinds().get(SEED)
    can_cancel = False
    has_list = False
