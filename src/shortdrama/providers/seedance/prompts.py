"""Switches in prompts. Seedance 1.x reads `--dur 10` in a text as an option, and so do endpoints of
one's own that lead there: length, size and price would be other than ordered and estimated.

Names: the vendor's page on its 1.0 models ("text commands"), their short forms from programs that
write them; never tried against the live service.
"""

from __future__ import annotations

import re
from typing import Any

from shortdrama.providers.wishes import cannot
from shortdrama.sora2.wire import text_of

_READS_NONE = re.compile(r"seedance-?[2-9]", re.IGNORECASE)
_SWITCH = re.compile(
    r"--\s?(resolution|rs|ratio|rt|duration|dur|frames|framespersecond|fps|seed|watermark|wm|"
    r"camera_?fixed|cf)(?![a-z])",
    re.IGNORECASE,
)


def need_no_switch(model: str, content: list[Any]) -> None:
    """Raises `ProviderError` (`kind="unsupported"`) for a switch in a text of `content`."""
    if _READS_NONE.search(model):
        return
    for part in content:
        found = _SWITCH.search(text_of(part.get("text"))) if isinstance(part, dict) else None
        if found:
            raise cannot(
                "Seedance 1 reads “%(switch)s” in a prompt as a switch, which would change what "
                "was ordered and what it costs. Take it out of the prompt, and choose length, size "
                "and seed beside it.",
                switch=found[0],
            )
