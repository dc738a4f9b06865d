"""What a 503 says of a paid request: turned away at the door, or lost on the other side of it.

Most gateways answer 503 before they pass anything on: no server is free, or too many ask. Some
also say so when the server behind them broke off; that one may have made the job.
"""

from __future__ import annotations

import re

from shortdrama.sora2.answers import Answer

# Envoy: "upstream connect error or disconnect/reset before headers"; Varnish: "Backend fetch
# failed", "Guru Meditation"; Heroku's router: "Application error", also after 30 s of silence.
_BROKE_OFF = re.compile(
    r"disconnect|reset before headers|timed?.?out|backend fetch|guru meditation|application error",
    re.IGNORECASE,
)


def is_turned_away(answer: Answer) -> bool:
    """Whether a 503 says for certain that no job was made."""
    if _BROKE_OFF.search(answer.text):
        return False
    if answer.body is not None:
        return answer.error is not None  # JSON that is no error may be the job
    return bool(answer.text.strip()) or "retry-after" in answer.headers
