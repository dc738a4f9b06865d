"""A prompt as it was sent: text only, bounded, without characters that steer its display."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from shortdrama.domain.ids import PromptId, ShotId, TakeId
from shortdrama.errors import InvalidInput

MAX_CHARS = 32_000
_KEPT_CONTROLS = "\n\t"
# Embeddings, overrides and isolates: a text can be made to read as another one (UAX #9).
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Prompt:
    id: PromptId
    text: str
    shot_id: ShotId
    created_at: datetime
    last_take_id: TakeId | None = None


def clean_prompt(text: str) -> str:
    """The text without control characters, turns of direction, surrogates and outer blanks.

    Raises:
        InvalidInput: Nothing is left, or more than 32,000 characters are.
    """
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    cleaned = "".join(c for c in unified if c in _KEPT_CONTROLS or not _is_control(c)).strip()
    if not cleaned:
        raise InvalidInput("Write a prompt first.", code="prompt_empty")
    if len(cleaned) > MAX_CHARS:
        raise InvalidInput(
            "The prompt has %(count)s characters; %(most)s are allowed.",
            code="prompt_too_long",
            count=len(cleaned),
            most=MAX_CHARS,
        )
    return cleaned


def _is_control(character: str) -> bool:
    # Cc: C0 and C1 controls; Cs: lone surrogates, which no encoding can store.
    return character in _TURNS or unicodedata.category(character) in {"Cc", "Cs"}
