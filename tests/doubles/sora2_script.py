"""What a `Sora2Double` is told to do wrong, in words.

A step is a word, or `word:argument`. Where a list of steps is given, each request takes the next
one and the last one stays.

A word that is none of these is refused when the script is made.

Submit steps (the job is made in those marked *):
    ok*                 answer as OpenAI does
    drop_after_accept*  make the job, then cut the connection without an answer
    drop                cut the connection without making a job
    delay:SECONDS*      make the job, wait, then answer
    200_html* 200_empty* 200_no_id*   make the job, answer something unreadable with 200
    200_error           HTTP 200 with an error envelope, no job
    400 401 402 403 404 409 422 500 501 502 503 504   a refusal with OpenAI's envelope
    429 429:SECONDS 429_date:SECONDS   without and with `Retry-After`
    moderation quota    400 moderation_blocked, 429 insufficient_quota
    500_html 502_html 503_html         a proxy's page
    redirect            307 to another address

Poll steps:
    queued in_progress completed failed expired cancelled frobnicating   that status
    status:WORD         any other, e.g. "status:IN_PROGRESS"
    in_progress:40      with a progress
    failed:CODE failed_text failed_no_code     failed, with the error in that shape
    failed_422 failed_500   the failed job itself behind that HTTP status, as vLLM-Omni does
    completed_sparse completed_int completed_extra   nulls left out, seconds as a number, more keys
    404 429:SECONDS 500 502_html …  as above
    html empty 200_error drop delay:SECONDS

Content steps:
    ok chunked octet_stream    a whole clip, with and without length, without its type
    paced:SECONDS paced_chunked:SECONDS   a whole clip in ten pieces over so long
    truncated           right Content-Length, connection cut half-way
    cut_file            half a clip, with the length of that half
    no_moov             right boxes but the index
    json html empty     200, but no clip
    403 404 500 502 502_html … as above
    redirect            302 to the same clip on another origin
    redirect_loop  redirect_to:URL   302
    drop delay:SECONDS
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from fractions import Fraction

from doubles.steps import STRANGE, Steps, need_known

_TROUBLE = frozenset({"drop", "html", "empty", "delay", "200_error", "moderation", "quota"}) | {
    *("429_date", "500_html", "502_html", "503_html", "redirect")
}
_SUBMITS = frozenset({"ok", "drop_after_accept", "200_html", "200_empty", "200_no_id"})
_POLLS = frozenset(
    {"status", "queued", "in_progress", "completed", "failed", STRANGE, "expired", "cancelled"}
) | {
    *("failed_text", "failed_no_code", "failed_422", "failed_500"),
    *("completed_sparse", "completed_int", "completed_extra"),
}
_CONTENTS = frozenset({"ok", "chunked", "octet_stream", "paced", "paced_chunked", "truncated"}) | {
    *("cut_file", "no_moov", "json", "redirect_loop", "redirect_to")
}


@dataclass
class Script:
    """How the jobs of one prompt (or of all others) go.

    Attributes:
        takes_s: where set, `poll` is not used: the job is queued for a tenth of this time, then
            in progress with a rising percentage, then completed.
        not_found_s: polls answer 404 for so long after the submit.
        url: the key under which a completed job tells its clip's address: "video_url", "url",
            "videoUrl" or "metadata.url"; "" tells none. `url_value` replaces the address.
        job_id: the id of the job instead of a made-up one; "long" makes one of 600 characters.
        clip_seconds: length of the clip; the asked seconds where None.
        clip_size: pixels of the clip, small so that tests are quick.
        clip_fps: frames a second, few for the same reason.
    """

    submit: Steps = "ok"
    poll: Steps = ("queued", "in_progress:50", "completed")
    content: Steps = "ok"
    takes_s: float | None = None
    not_found_s: float = 0.0
    url: str = ""
    url_value: str = ""
    job_id: str = ""
    poll_after_ms: int | None = None
    clip_seconds: int | None = None
    clip_size: tuple[int, int] = (90, 160)
    clip_fps: Fraction = Fraction(10)
    taken: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        need_known("submit", self.submit, _SUBMITS | _TROUBLE, statuses=True)
        need_known("poll", self.poll, _POLLS | _TROUBLE, statuses=True)
        need_known("content", self.content, _CONTENTS | _TROUBLE, statuses=True)

    def next_step(self, kind: str, job_key: str = "") -> str:
        """The next step of "submit", "poll" or "content"; the last one again when used up."""
        steps = getattr(self, kind)
        steps = (steps,) if isinstance(steps, str) else steps
        key = f"{kind} {job_key}"
        number = self.taken.get(key, 0)
        self.taken[key] = number + 1
        return steps[min(number, len(steps) - 1)]


@dataclass
class DoubleJob:
    """A job that the double made, and so one that a real provider would have charged."""

    id: str
    prompt: str
    model: str
    seconds: int
    size: str
    script: Script
    reference: bytes | None = None
    remixed_from: str | None = None
    made_at: float = field(default_factory=time.time)
    polls: int = 0
    downloads: int = 0  # answered whole
    is_completed: bool = False
    is_deleted: bool = False


@dataclass(frozen=True)
class Recorded:
    """A request as it came in. Header names are lower-case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)
    is_elsewhere: bool  # came to the other origin
    at: float  # time.monotonic()
