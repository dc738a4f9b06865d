"""Veo's double as the contract sees it."""

from __future__ import annotations

from typing import Any, ClassVar

from doubles.veo_double import VeoDouble
from providers.contract import DoubleRig, Play
from shortdrama.domain.model import Mode
from shortdrama.providers.kinds import ProviderKinds

_SCRIPTS: dict[Play, dict[str, Any]] = {
    Play.FINE: {},
    Play.LOST: {"submit": "drop"},
    Play.SERVER_ERROR: {"submit": "500"},
    Play.UNREADABLE: {"submit": "html"},
    Play.REFUSED: {"submit": "400"},
    Play.KEY_REFUSED: {"submit": "key"},
    Play.BUSY: {"submit": "429:7"},
    Play.NO_CREDIT: {"submit": "no_free"},
    Play.PROMPT_MODERATED: {"submit": "moderated"},
    Play.RESULT_MODERATED: {"poll": ("waiting", "filtered:Violates the usage guidelines.")},
    Play.FAILED: {"poll": ("waiting", "error:13:Internal error.")},
    Play.POLL_TROUBLE: {"poll": ("502", *VeoDouble.way)},
    Play.GONE: {"poll": "404"},
    Play.SLOW: {"poll": "waiting"},
    Play.CLIP_TROUBLE: {"content": ("502", "ok")},
    Play.CLIP_AN_ERROR: {"content": "json"},
    Play.CLIP_CUT: {"content": "cut"},
}


class VeoRig(DoubleRig[VeoDouble]):
    name = "Veo (Gemini API)"
    kind = ProviderKinds().get("veo")
    model = "veo-3.1-generate-preview"
    modes = tuple(Mode)
    absent: ClassVar[dict[Play, str]] = {
        Play.UNKNOWN_WORD: "an operation is done or not; it has no status words"
    }
    seconds: ClassVar[int] = 8
    double_type = VeoDouble
    scripts = _SCRIPTS
