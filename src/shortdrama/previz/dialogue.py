"""What is spoken in a prompt: the lines in quotes, and the prompt without them. Pure."""

from __future__ import annotations

import re

_PAIRS = ("“”", "「」", "『』", "«»", "„“", "〝〞")
_LONGEST = 2_000

# A straight quote opens after a space or punctuation and shuts before one, so that inches and
# feet stay measures; a single quote must also hold words or end as speech does.
_QUOTED = re.compile(
    "|".join(f"{pair[0]}([^{pair}]{{1,{_LONGEST}}}){pair[1]}" for pair in _PAIRS)
    + rf'|(?<![A-Za-z0-9])"(?=\S)([^"]{{1,{_LONGEST}}})"(?![A-Za-z0-9])'
    + r"|(?<![A-Za-z0-9])[‘'](?=\S)"
    + rf"((?:[^‘’'\n]|(?<=[A-Za-z])[’'](?=[A-Za-z])){{2,{_LONGEST}}}?)[’'](?![A-Za-z0-9])"
)
_SPEECH_END = re.compile(r"[.!?,…—。！？，]$")
_SINGLE = ("‘", "'")


def find_lines(prompt: str) -> list[str]:
    """Spoken lines in the order they stand, inner whitespace made single; empty ones left out."""
    lines = (" ".join(_inner(match).split()) for match in _spoken(prompt))
    return [line for line in lines if re.search(r"\w", line)]


def strip_lines(prompt: str) -> str:
    """The prompt without its spoken lines; the whole prompt where nothing else is left."""
    rest = prompt
    for match in reversed(_spoken(prompt)):
        rest = rest[: match.start()] + " , " + rest[match.end() :]
    return rest if re.search(r"\w", rest) else prompt


def _spoken(prompt: str) -> list[re.Match[str]]:
    return [match for match in _QUOTED.finditer(prompt) if _is_speech(match)]


def _inner(match: re.Match[str]) -> str:
    return next((group for group in match.groups() if group is not None), "")


def _is_speech(match: re.Match[str]) -> bool:
    if not match.group().startswith(_SINGLE):
        return True
    inner = _inner(match)
    return bool(_SPEECH_END.search(inner)) or len(inner.split()) >= 3
