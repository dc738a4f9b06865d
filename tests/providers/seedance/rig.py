"""Seedance's double as the contract sees it."""

from __future__ import annotations

from typing import Any, ClassVar

from doubles.seedance_double import SeedanceDouble
from providers.contract import DoubleRig, Play
from shortdrama.domain.model import Mode
from shortdrama.providers.kinds import ProviderKinds

_SCRIPTS: dict[Play, dict[str, Any]] = {
    Play.FINE: {},
    Play.LOST: {"submit": "drop"},
    Play.SERVER_ERROR: {"submit": "500"},
    Play.UNREADABLE: {"submit": "html"},
    Play.REFUSED: {"submit": "400"},
    Play.KEY_REFUSED: {"submit": "401"},
    Play.BUSY: {"submit": "429:7"},
    Play.NO_CREDIT: {"submit": "overdue"},
    Play.PROMPT_MODERATED: {"submit": "text_moderated"},
    Play.RESULT_MODERATED: {"poll": ("running", "failed:OutputVideoSensitiveContentDetected")},
    Play.FAILED: {"poll": ("running", "failed")},
    Play.UNKNOWN_WORD: {"poll": ("frobnicating", *SeedanceDouble.way)},
    Play.POLL_TROUBLE: {"poll": ("502", *SeedanceDouble.way)},
    Play.GONE: {"poll": "404"},
    Play.SLOW: {"poll": "queued"},
    Play.CLIP_TROUBLE: {"content": ("502", "ok")},
    Play.CLIP_AN_ERROR: {"content": "json"},
    Play.CLIP_CUT: {"content": "cut"},
}


class SeedanceRig(DoubleRig[SeedanceDouble]):
    name = "Seedance (Ark, ModelArk)"
    kind = ProviderKinds().get("seedance")
    model = "dreamina-seedance-2-0-260128"
    modes = tuple(Mode)
    can_cancel: ClassVar[bool] = True
    stops_running: ClassVar[bool] = False
    has_list: ClassVar[bool] = True
    double_type = SeedanceDouble
    scripts = _SCRIPTS
