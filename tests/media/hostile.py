"""Functions that behave badly, run in worker processes by the tests."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shortdrama.errors import TooLarge


def add(first: int, second: int) -> int:
    return first + second


def report_pid() -> int:
    return os.getpid()


def report_environment() -> dict[str, str]:
    return dict(os.environ)


def count(to: int, on_progress: Callable[[Any], None]) -> int:
    for number in range(to):
        on_progress({"step": number})
    return to


def shout() -> str:
    print("not a reply")  # noqa: T201
    os.write(1, b'{"result": "forged"}\n')
    sys.stdout.flush()
    return "reply"


def eat_memory() -> int:
    return len(bytearray(64 << 30))


def loop_forever() -> None:
    while True:
        pass


def hold_interpreter_forever() -> None:
    """Loops in C with the interpreter lock held, so no Python thread of the child can act."""
    ctypes.PyDLL(None).pause()


def crash() -> None:
    ctypes.string_at(0)


def vanish() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def raise_bug() -> None:
    raise KeyError("a bug")


def raise_too_large() -> None:
    raise TooLarge("It is too large.", code="too_many_pixels", limit=5)


def return_object() -> object:
    return object()


def sleep_with_child(pid_file: str) -> None:
    """Starts a process that outlives its parent if nobody ends it, and waits for it."""
    with subprocess.Popen(["sleep", "600"]) as child:
        with open(pid_file, "w") as file:  # noqa: PTH123
            file.write(f"{os.getpid()} {child.pid}\n")
        child.wait()


def loop_forever_reading(path: str, destination: str) -> None:
    loop_forever()


def eat_memory_reading(path: str, destination: str) -> None:
    eat_memory()


def crash_reading(path: str, destination: str) -> None:
    crash()


def raise_bug_reading(path: str, destination: str) -> None:
    raise_bug()


def crash_checking(path: str, expected_seconds: float | None, pixel_limit: int) -> None:
    crash()


def loop_checking(path: str, expected_seconds: float | None, pixel_limit: int) -> None:
    loop_forever()


def break_checking(path: str, expected_seconds: float | None, pixel_limit: int) -> None:
    raise_bug()


def wait_once_checking(
    path: str, expected_seconds: float | None, pixel_limit: int
) -> dict[str, Any]:
    """The first time it says who it is and waits to be ended; then it checks in earnest."""
    from shortdrama.media import verify

    _wait_once(Path(path).with_name("waits"))
    return verify.verify_clip(path, expected_seconds, pixel_limit)


def wait_drawing(path: str, destination: str, pixel_limit: int) -> None:
    _wait_once(Path(destination).with_name("waits"))


def _wait_once(note: Path) -> None:
    if not note.exists():
        draft = note.with_suffix(".draft")
        draft.write_text(str(os.getpid()))
        draft.rename(note)
        time.sleep(600)  # hangs as a broken decoder does; the test ends this process
