"""`shortdrama generate`: one take of a new shot, ordered through the studio's own JSON API.

What a program may read goes to standard output: the clip's path, or the take as JSON. All that
is told meanwhile goes to standard error.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from rich.console import Console

from shortdrama.cli.language import speak_language
from shortdrama.cli.model_choice import choose_model
from shortdrama.cli.place import find_place
from shortdrama.cli.progress import follow
from shortdrama.cli.studio_api import StudioApi, open_api
from shortdrama.domain.ids import new_id
from shortdrama.domain.money import dollars
from shortdrama.errors import InvalidInput
from shortdrama.settings import Settings
from shortdrama.web.i18n import _, money

POLL_S = 0.3
READY, FAILED, UNDECIDED, INTERRUPTED = 0, 1, 3, 130
_ENDS = {
    "ready": READY,
    "failed": FAILED,
    "cancelled": FAILED,
    "uncertain": UNDECIDED,
    "stalled": UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line; None is the model's own default."""

    prompt: str
    references: tuple[Path, ...]
    seconds: int | None
    size: str | None
    model: str | None
    project: str | None = None
    shot: str | None = None
    is_agreed: bool = False  # to the price, whatever it is
    connection: str | None = None  # a name or an id


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where the result goes besides the studio."""

    output: Path | None
    as_json: bool


@dataclass(slots=True)
class _Run:
    """What is known so far, for whoever interrupts it."""

    console: Console
    take: dict[str, Any] | None = None
    is_served: bool = False
    was_sent: bool = False


def generate_take(settings: Settings, wish: Wish, delivery: Delivery) -> int:
    """Make one take, show its progress, hand it over; the exit code.

    Raises:
        InvalidInput: The call is wrong; nothing was made.
        StudioError: There is no studio to speak to.
    """
    speak_language()
    _check_files(wish, delivery.output)
    run = _Run(Console(stderr=True))
    try:
        return anyio.run(_generate, settings, wish, delivery, run)
    except KeyboardInterrupt:
        run.console.print(_after_interrupt(run), markup=False, soft_wrap=True)
        return INTERRUPTED


def _check_files(wish: Wish, output: Path | None) -> None:
    if output is not None and not output.parent.is_dir():
        raise InvalidInput("There is no folder %(path)s.", path=str(output.parent))
    for path in wish.references:
        if not path.is_file():
            raise InvalidInput("There is no file %(path)s.", path=str(path))


async def _generate(settings: Settings, wish: Wish, delivery: Delivery, run: _Run) -> int:
    async with open_api(settings) as api:
        run.is_served = bool(api.url)
        run.take = await _order(api, wish, run)
        run.take = await _wait(api, run)
        code = _ENDS[run.take["status"]]
        saved = await _deliver(api, run.take, delivery) if code == READY else ""
        if delivery.as_json:
            print(json.dumps(run.take, ensure_ascii=False, indent=2))  # noqa: T201 - the result
        elif code == READY:
            print(saved)  # noqa: T201 - the result
        if code != READY:
            run.console.print(_why(api, run.take), markup=False, soft_wrap=True)
        return code


async def _order(api: StudioApi, wish: Wish, run: _Run) -> dict[str, Any]:
    chosen = choose_model(await api.ask("GET", "/api/models"), wish.model, wish.connection)
    form = await _form(api, wish, chosen)
    await _check(api, form)
    place = await find_place(api, wish.project, wish.shot)
    told = await _check(api, form | {"shot_id": place.shot_id})  # its caps as well
    run.console.print(place.words, markup=False, soft_wrap=True)
    run.console.print(_plan(chosen, form, told), markup=False, soft_wrap=True)
    agreed = await _agree(run, told, wish)
    if place.is_new:
        draft = {"text": wish.prompt}
        await api.ask("PUT", f"/api/shots/{place.shot_id}/draft", json=draft)
    headers = {"Idempotency-Key": new_id()}
    order = form | {"shot_id": place.shot_id, "confirmed_micro_usd": agreed}
    run.was_sent = True
    take: dict[str, Any] = await api.ask("POST", "/api/takes", json=order, headers=headers)
    return take


async def _check(api: StudioApi, form: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = await api.ask("POST", "/api/prompts/check", json=form)
    for problem in told["problems"]:
        sentence = problem["message"]  # in the reader's language already
        raise InvalidInput(sentence)
    return told


async def _agree(run: _Run, told: dict[str, Any], wish: Wish) -> int | None:
    """The price that was agreed to; None where it needs no yes.

    Raises:
        InvalidInput: The person said no, or there is nobody to ask.
    """
    if not told["must_ask"]:
        return None
    price: int = told["micro_usd"]
    if wish.is_agreed:
        return price
    if not run.console.is_terminal or not sys.stdin.isatty():
        raise InvalidInput(
            "This may cost %(price)s, more than the %(limit)s above which the studio asks. "
            "Say --yes to agree.",
            price=dollars(price),
            limit=dollars(told["ask_above_micro_usd"]),
        )
    words = _("This may cost {price}. Generate it? [y/N] ").format(price=dollars(price))
    answer = await anyio.to_thread.run_sync(run.console.input, words)
    if answer.strip().lower() not in ("y", "yes", "j", "是"):
        raise InvalidInput("Nothing was ordered.")
    return price


async def _form(api: StudioApi, wish: Wish, chosen: dict[str, Any]) -> dict[str, Any]:
    return {
        "prompt": wish.prompt,
        "model": chosen["model"],
        "connection_id": chosen["connection_id"],
        "seconds": chosen["default_seconds"] if wish.seconds is None else wish.seconds,
        "size": wish.size or chosen["default_size"],
        "references": [await api.bring(path) for path in wish.references],
    }


def _plan(chosen: dict[str, Any], form: dict[str, Any], told: dict[str, Any]) -> str:
    """The model and its connection, what is made, what it costs and how long it takes."""
    where = f" ({chosen['connection_name']})" if chosen["connection_name"] else ""
    price = money(told["micro_usd"]) or _("price not known")
    wait = _("time not known")
    if told["seconds"] is not None:
        wait = _("about {seconds} s").format(seconds=max(1, round(told["seconds"])))
    made = f"{form['seconds']} s · {form['size'].replace('x', ' × ')}"
    return f"{form['model']}{where} · {made} · {price} · {wait}"


async def _wait(api: StudioApi, run: _Run) -> dict[str, Any]:
    assert run.take is not None  # noqa: S101 - it was ordered just now
    take = run.take
    with follow(run.console) as follower:
        follower.show(take)
        while take["status"] not in _ENDS:
            await anyio.sleep(POLL_S)
            take = await api.ask("GET", f"/api/takes/{take['id']}")
            follower.show(take)
    return take


async def _deliver(api: StudioApi, take: dict[str, Any], delivery: Delivery) -> str:
    """Where the clip is."""
    url, output = take["video_url"], delivery.output
    if output is None:
        return api.where(url)
    if output.is_dir():
        output /= url.rpartition("/")[2]
    await api.save(url, output)
    return str(output)


def _why(api: StudioApi, take: dict[str, Any]) -> str:
    if take["status"] == "cancelled":
        return _("The take was cancelled.")
    said = (take["error"] or {}).get("message", "")
    if take["status"] == "failed":
        return said or _("The take failed.")
    page = f"{api.url or 'http://127.0.0.1:8000'}/?shot={take['shot_id']}"
    undecided = _(
        "It is not known how this take ended, and it may have been paid for. Nothing is sent "
        "again by itself: decide in the studio at %(page)s."
    ) % {"page": page}
    return f"{said} {undecided}".strip()


def _after_interrupt(run: _Run) -> str:
    """What becomes of the take, for a person who pressed Ctrl+C."""
    if run.take is None and run.was_sent:
        return _(
            "Stopped while the take was being ordered. Look in the studio whether it is there."
        )
    if run.take is None:
        return _("Stopped. No take was ordered.")
    if run.take["status"] in _ENDS:
        return _("Stopped. The take is in the studio.")
    if run.is_served:
        return _("The take goes on in the studio. Cancel it there if you do not want it.")
    return _(
        "Stopped. The take is kept: it goes on when the studio is opened again, "
        "and can be cancelled there."
    )
