"""The child's side of `workers`: runs one named function after another, asked over pipes.

Started as `python -m shortdrama.media.worker SETTINGS` by `process.WorkerProcess` and by nobody
else. A line of JSON in is a request, lines of JSON out are progress, a result, an error or a
failure. Whatever the functions print goes to the error stream, so it cannot be taken for a reply.
The child leads a process group of its own and ends that whole group when its parent is gone.
"""

from __future__ import annotations

import importlib
import inspect
import io
import json
import os
import queue
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from shortdrama.errors import StudioError

_CPU_SLACK_S = 10

Send = Callable[[dict[str, Any]], None]


def main() -> NoReturn:
    """Serve requests until the parent closes our input or ends us."""
    requests, replies = _take_over_pipes()
    _apply_limits(json.loads(sys.argv[1]))
    inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_watch_parent, args=(requests, inbox), daemon=True).start()
    send = _make_sender(replies)
    while True:
        request = json.loads(inbox.get())
        _allow_cpu(request["time_limit_s"])
        send(_answer(request, send))


def _take_over_pipes() -> tuple[io.FileIO, io.FileIO]:
    """Keep the pipes for ourselves; prints land in stderr, grandchildren read nothing."""
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return io.FileIO(requests, "r"), io.FileIO(replies, "w")


def _apply_limits(settings: dict[str, Any]) -> None:
    os.nice(settings["nice"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = settings["memory_limit_bytes"]
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _allow_cpu(time_limit_s: float) -> None:
    """Backstop for a loop that never lets Python run: the kernel ends it even without a parent.

    CPU time adds up over calls and threads, so the limit moves ahead of what is already used.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowance = time_limit_s * (os.cpu_count() or 1) + _CPU_SLACK_S
    soft = int(used.ru_utime + used.ru_stime + allowance)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _watch_parent(requests: io.FileIO, inbox: queue.SimpleQueue[bytes]) -> None:
    """Hand requests on; at the end of input the parent is gone, so end the whole group.

    PR_SET_PDEATHSIG would be simpler, but it ends only this process and leaves a running ffmpeg
    behind, and it fires when the parent's *thread* ends.
    """
    for line in io.BufferedReader(requests):
        inbox.put(line)
    if os.getpgrp() == os.getpid():  # not when started by hand, in a shell's group
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _make_sender(replies: io.FileIO) -> Send:
    lock = threading.Lock()
    stream = io.BufferedWriter(replies)

    def send(message: dict[str, Any]) -> None:
        line = json.dumps(message).encode() + b"\n"
        with lock:
            stream.write(line)
            stream.flush()

    return send


def _answer(request: dict[str, Any], send: Send) -> dict[str, Any]:
    try:
        function = _load(request["function"])
        arguments = dict(request["arguments"])
        if "on_progress" in inspect.signature(function).parameters:
            arguments["on_progress"] = lambda progress: send({"progress": progress})
        reply = {"result": function(**arguments)}
        json.dumps(reply)
    except StudioError as error:
        return {"error": _describe(error)}
    except MemoryError:
        return {"failure": "out_of_memory", "traceback": traceback.format_exc()}
    except Exception:  # noqa: BLE001 - the worker boundary: the parent logs and reports it
        return {"failure": "failed", "traceback": traceback.format_exc()}
    return reply


def _load(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    loaded: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return loaded


def _describe(error: StudioError) -> dict[str, Any]:
    details = json.loads(json.dumps(error.details, default=str))
    return {
        "class": type(error).__name__,
        "message": error.template,
        "code": error.code,
        "details": details,
        "cause": repr(error.__cause__) if error.__cause__ else "",
    }


if __name__ == "__main__":
    main()
