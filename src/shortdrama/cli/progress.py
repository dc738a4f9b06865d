"""How far a take is: a bar in a terminal, plain lines in a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from shortdrama.web.i18n import _
from shortdrama.web.panels.takes.card import state_word

_LINE_EVERY_PERCENT = 25


class Follower(Protocol):
    def show(self, take: dict[str, Any]) -> None:
        """The take as it is now."""
        ...


@contextmanager
def follow(console: Console) -> Iterator[Follower]:
    """A bar where the console is a terminal, otherwise a line for each step."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", markup=False),
    )
    with Progress(*columns, console=console) as bar:
        yield _Bar(bar, bar.add_task("", total=100, left=""))


class _Bar:
    def __init__(self, bar: Progress, row: TaskID) -> None:
        self._bar = bar
        self._row = row

    def show(self, take: dict[str, Any]) -> None:
        left = _("about {seconds} s left").format(seconds=round(take["left_s"] or 0))
        self._bar.update(
            self._row,
            completed=_percent(take),
            description=_step(take),
            left=left if take["left_s"] else "",
        )


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: tuple[str, int] | None = None

    def show(self, take: dict[str, Any]) -> None:
        stage = (take["status"], _percent(take) // _LINE_EVERY_PERCENT)
        if stage == self._told:
            return
        self._told = stage
        percent = f" {_percent(take)} %" if take["progress"] is not None else ""
        self._console.print(_step(take) + percent, markup=False, soft_wrap=True)


def _step(take: dict[str, Any]) -> str:
    number = _("Take %(number)s") % {"number": take["number"]}
    return f"{number}: {state_word(take['status'])}"


def _percent(take: dict[str, Any]) -> int:
    return 100 if take["status"] == "ready" else int(take["progress"] or 0)
