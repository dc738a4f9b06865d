"""The words that doubles are told what to do by. A word that nobody knows is refused: a misspelt
trap would otherwise be "ok", and its test would pass without testing anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

Steps = str | Sequence[str]
STRANGE = "frobnicating"  # a status that no vendor has
CONTENT = frozenset({"ok", "json", "cut", "502", "403"})
_STATUS = re.compile(r"[45]\d\d")


def need_known(kind: str, steps: Steps, known: Collection[str], *, statuses: bool = False) -> None:
    """Raises `ValueError` for a step whose word is not `known`.

    `statuses`: any status of HTTP that is an error is known as well.
    """
    for step in (steps,) if isinstance(steps, str) else steps:
        word = step.partition(":")[0]
        if word not in known and not (statuses and _STATUS.fullmatch(word)):
            raise ValueError(f"{step!r} is no step of {kind}: {', '.join(sorted(known))}")
