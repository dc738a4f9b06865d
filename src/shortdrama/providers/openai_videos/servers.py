"""How the servers that speak OpenAI's `/v1/videos` differ, as data.

The provider asks this table and holds no server's name. A server that is in nobody's table works
as `ANY`; what it wants otherwise can be said in the connection's options.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shortdrama.domain.model import Mode, Sound
from shortdrama.errors import InvalidInput, mark
from shortdrama.generation.ports import Submission
from shortdrama.providers.kind import Option
from shortdrama.providers.wishes import cannot, need_mode, need_sound, wishes_of
from shortdrama.sora2.requests import Dialect, Multipart

_ONE = (Mode.TEXT, Mode.FIRST_FRAME)
_ALL = tuple(Mode)
_WORD = re.compile(r"\s*(seed|sound|negative_prompt)\s*=\s*([A-Za-z_][\w.]{0,60})\s*")
_ENCODINGS: dict[str, Multipart] = {"auto": "auto", "multipart": "always", "json": "never"}
_AT_ONCE = "videos/sync"
_ROUTES: dict[str, Dialect] = {
    "videos": "videos",
    "video/generations": "generations",
    _AT_ONCE: "videos",
}
_SCHEMES = {"bearer": "Bearer", "bare": ""}


@dataclass(frozen=True, slots=True)
class VideoServer:
    """One server's ways.

    Attributes:
        encoding: "always" where JSON is not understood, "never" where forms are not.
        route: Which of the protocol's forms.
        scheme: In front of the key; None: "Bearer" in `Authorization`, nothing in other headers.
        query: Of every address, without the question mark.
        words: What it calls `seed`, `sound` and `negative_prompt`; a dot leads into an object.
        sound: Whether there is a choice, where it has no word for it.
        modes: What it can be told of pictures.
        picture_field: A JSON field that takes a picture's address; "" for OpenAI's object.
        pictures_field: A form field that takes a list of pictures as JSON; "" where none does.
        has_whole_seconds: It wants a number where OpenAI had text.
        is_at_once: The answer to an order is the clip itself; there are no jobs to ask about.
        stops_by_delete: A running job that is deleted is not made; elsewhere it is only forgotten.
        has_list: It tells of its jobs.
        keeps_names: Its jobs tell the model by the name that was asked for.
        submit_headers: Sent with what costs money.
    """

    encoding: Multipart = "auto"
    route: Dialect = "videos"
    scheme: str | None = None
    query: str = ""
    words: Mapping[str, str] = field(
        default_factory=lambda: {"seed": "seed", "negative_prompt": "negative_prompt"}
    )
    sound: Sound = Sound.UNKNOWN
    modes: tuple[Mode, ...] = _ONE
    picture_field: str = ""
    pictures_field: str = ""
    has_whole_seconds: bool = False
    is_at_once: bool = False
    stops_by_delete: bool = True
    has_list: bool = True
    keeps_names: bool = True
    submit_headers: Mapping[str, str] = field(default_factory=dict)


# Unless it is told so, LiteLLM sends a request whose answer it lost up to three times, and every
# one may be charged. Gateways that are something else do not know the header.
_ONCE = {"x-litellm-num-retries": "0"}
ANY = VideoServer(submit_headers=_ONCE)
_OPENAI = VideoServer(words={}, sound=Sound.ALWAYS)
# Read in the packages litellm 1.106.2 and 1.109.1, sglang 0.5.23 and vllm_omni 0.30.0, and in
# QuantumNous/new-api (relay/, dto/, controller/), 2026-11-23.
SERVERS: Mapping[str, VideoServer] = {
    "": ANY,
    "openai": _OPENAI,
    "azure": _OPENAI,
    "litellm": VideoServer(stops_by_delete=False, keeps_names=False, submit_headers=_ONCE),
    "sglang": VideoServer(
        picture_field="reference_url", has_whole_seconds=True, stops_by_delete=False
    ),
    "vllm-omni": VideoServer(
        encoding="always",
        words={
            "seed": "seed",
            "negative_prompt": "negative_prompt",
            "sound": "generate_sound",
        },
        modes=_ALL,
        pictures_field="image_reference",
    ),
    "new-api": VideoServer(
        words={"seed": "seed", "negative_prompt": "metadata.negative_prompt"},
        stops_by_delete=False,
        has_list=False,
    ),
}

# Hosts that answer no more, and what to say of them.
CLOSED = {
    "api.openai.com": mark(
        "OpenAI closed its Videos API on 2026-09-24. Its keys make no clips any more; other "
        "servers of the same protocol do."
    )
}

OPTIONS = (
    Option(
        "server",
        mark("Server software"),
        mark("openai, azure, litellm, sglang, vllm-omni or new-api; empty for any other"),
    ),
    Option(
        "encoding",
        mark("Requests as"),
        mark("auto (a form where a picture goes along), multipart or json; empty as the server is"),
    ),
    Option(
        "auth",
        mark("Key is sent"),
        mark("bearer, or bare (without a word in front); empty as the header is"),
    ),
    Option(
        "query",
        mark("Added to every address"),
        mark("such as api-version=preview, which Azure may ask for"),
    ),
    Option(
        "route",
        mark("Path"),
        mark(
            "videos, video/generations (older new-api), or videos/sync (vLLM-Omni: the answer is "
            "the clip itself); empty for videos"
        ),
    ),
    Option(
        "words",
        mark("The server's own words"),
        mark("seed = …, sound = …, negative_prompt = … where it calls them otherwise"),
    ),
)


def server_of(options: Mapping[str, str]) -> VideoServer:
    """What a connection's options say, over what is known of its server.

    Raises:
        InvalidInput: An option holds something that it cannot.
    """
    known = SERVERS.get(_plain(options, "server"))
    if known is None:
        raise _unknown("server", options, SERVERS)
    words = _words(options.get("words", ""))
    is_at_once = _plain(options, "route") == _AT_ONCE
    return replace(
        known,
        is_at_once=is_at_once,
        stops_by_delete=known.stops_by_delete and not is_at_once,
        has_list=known.has_list and not is_at_once,
        encoding=_one_of(_ENCODINGS, "encoding", options, known.encoding),
        route=_one_of(_ROUTES, "route", options, known.route),
        scheme=_one_of(_SCHEMES, "auth", options, known.scheme),
        query=options.get("query", "").strip().lstrip("?&"),
        words={**known.words, **words},
    )


def own_words(server: VideoServer, submission: Submission) -> dict[str, Any]:
    """What goes into the request beside OpenAI's fields.

    Raises:
        ProviderError: There is a wish that the server has no word for (`kind="unsupported"`).
            Nothing was sent.
    """
    need_mode(submission, server.modes)
    wishes = wishes_of(submission)
    wished = {
        "seed": wishes.seed,
        "sound": wishes.sound,
        "negative_prompt": wishes.negative_prompt or None,
    }
    if "sound" not in server.words:
        need_sound(submission, server.sound)
        if server.sound is Sound.ALWAYS:
            wished["sound"] = None
    fields: dict[str, Any] = {}
    for name, value in wished.items():
        if value is not None:
            _put(fields, _word_for(server, name), value)
    if server.has_whole_seconds:
        fields["seconds"] = submission.seconds
    return _merged(fields, wishes.own)


def _word_for(server: VideoServer, name: str) -> str:
    word = server.words.get(name)
    if word is None:
        raise cannot(
            "This server has no word for %(what)s that is known here. Leave it out, or name the "
            "word in the connection's settings.",
            what=_NAMES[name],
        )
    return word


_NAMES = {
    "seed": mark("a seed"),
    "sound": mark("switching sound on or off"),
    "negative_prompt": mark("a negative prompt"),
}


def _put(fields: dict[str, Any], path: str, value: object) -> None:
    *above, name = path.split(".")
    for part in above:
        fields = fields.setdefault(part, {})
    fields[name] = value


def _merged(fields: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The person's own words win; objects are merged one level deep."""
    made = dict(fields)
    for name, value in own.items():
        before = made.get(name)
        if isinstance(before, dict) and isinstance(value, Mapping):
            made[name] = {**before, **value}
        else:
            made[name] = value
    return made


def _words(text: str) -> dict[str, str]:
    words = {}
    for line in re.split(r"[,\n]", text):
        if not line.strip():
            continue
        found = _WORD.fullmatch(line)
        if found is None:
            raise InvalidInput(
                "The connection's own words are lines such as “sound = generate_audio”, for seed, "
                "sound and negative_prompt. “%(line)s” is none.",
                code="option_malformed",
                line=line.strip()[:80],
            )
        words[found[1]] = found[2]
    return words


def _plain(options: Mapping[str, str], name: str) -> str:
    return options.get(name, "").strip().lower()


def _one_of(
    choices: Mapping[str, Any], name: str, options: Mapping[str, str], otherwise: object
) -> Any:  # noqa: ANN401 - of the kind that the choices are
    chosen = _plain(options, name)
    if not chosen:
        return otherwise
    if chosen not in choices:
        raise _unknown(name, options, choices)
    return choices[chosen]


def _unknown(name: str, options: Mapping[str, str], choices: Mapping[str, Any]) -> InvalidInput:
    return InvalidInput(
        "The connection's option %(name)s has to be one of these, or empty: %(choices)s. "
        "It is “%(given)s”.",
        code="option_unknown",
        name=name,
        choices=", ".join(sorted(choice for choice in choices if choice)),
        given=options.get(name, "")[:80],
    )
