"""What of a connection is known without asking: how pictures get to its provider, and its limits.

No protocol here wants an address of this studio: where a vendor takes addresses of pictures only,
its own upload or a data URL stands for one. So nothing of this machine has to be reachable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shortdrama.domain.model import SEED, VIDEOS, Connection
from shortdrama.domain.sizes import file_size
from shortdrama.errors import Sentence, mark
from shortdrama.generation.polls import POLLS_PER_SECOND
from shortdrama.providers.kind import CheckRow
from shortdrama.sora2.transcript import Asked

# Bytes of one picture that go inside the request; `tests/providers/test_facts.py` holds them
# against what the modules do.
INLINE_BYTES: Mapping[str, int] = {
    "fal": 10_000_000,
    "kling": 5_000_000,
    "runway": 5 * 1024**2 * 3 // 4 - 1024,
    "seedance": 3_000_000,
    "seedance_ark": 3_000_000,
    "veo": 4_000_000,
    "wan": 7_000_000,
}
UPLOADED_FROM_BYTES: Mapping[str, int] = {"replicate": 1_000_000}
_AS_FILES = frozenset({VIDEOS, SEED})
_MOST_TOLD = 6


def pictures_row(connection: Connection) -> CheckRow:
    """How a reference gets to the provider; not known of a protocol of somebody else's package."""
    what, protocol = mark("Pictures"), connection.protocol
    if protocol in INLINE_BYTES:
        said: str = Sentence(
            "They go inside the request, up to %(size)s each; larger ones are made smaller first. "
            "No address of this studio has to be reachable from outside.",
            size=file_size(INLINE_BYTES[protocol]),
        )
    elif protocol in UPLOADED_FROM_BYTES:
        said = Sentence(
            "They go inside the request, and beyond %(size)s they are uploaded to the provider "
            "first. No address of this studio has to be reachable from outside.",
            size=file_size(UPLOADED_FROM_BYTES[protocol]),
        )
    elif protocol in _AS_FILES:
        said = mark(
            "They go along with the request. No address of this studio has to be reachable from "
            "outside."
        )
    elif protocol == "comfyui":
        said = mark(
            "They are uploaded to the server first. No address of this studio has to be reachable "
            "from outside."
        )
    else:
        return (what, None, mark("Its package does not say how they get to the provider."))
    return (what, True, said)


def limits_rows(connection: Connection, asked: Iterable[Asked]) -> list[CheckRow]:
    """This studio's limits for it, and what the server said of its own in its last answers."""
    polls = f"{connection.polls_per_second or POLLS_PER_SECOND:g}"
    if connection.max_at_once is None:
        said = Sentence(
            "As many takes at once as are ordered, and at most %(polls)s polls a second. Both can "
            "be set at the connection.",
            polls=polls,
        )
    else:
        said = Sentence(
            "Takes at once: %(takes)s. Polls a second: at most %(polls)s.",
            takes=connection.max_at_once,
            polls=polls,
        )
    told = {name: value for each in asked for name, value in each.limits}
    rows: list[CheckRow] = [(mark("Limits"), True, said)]
    if told:
        words = ", ".join(f"{name}: {value}" for name, value in list(told.items())[:_MOST_TOLD])
        said = Sentence("The provider told %(limits)s.", limits=words)
        rows.append((mark("Provider’s limits"), True, said))
    return rows
