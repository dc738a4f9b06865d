"""A pool of long-lived child processes for work that may crash, hang or eat memory.

A child that fails takes one call with it and is replaced; an idle one leaves; none outlives the
parent. Lanes keep a long render from holding up a short look at a file. POSIX only.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from shortdrama.media.lanes import Call, LaneQueue
from shortdrama.media.process import Lane, OnProgress, WorkerFailed

__all__ = ["DEFAULT_LANES", "Lane", "WorkerFailed", "WorkerPool"]

DEFAULT_LANES: Mapping[str, Lane] = {
    "media": Lane(size=2, memory_limit_bytes=2 << 30, time_limit_s=60),
    "previz": Lane(size=2, nice=10, memory_limit_bytes=4 << 30, time_limit_s=300),
}


class WorkerPool:
    """Runs allowed functions in child processes, a bounded number at a time.

    Importing and constructing start nothing; the first call of a lane starts its first child.
    """

    def __init__(
        self,
        functions: Mapping[str, str],
        *,
        lanes: Mapping[str, Lane] = DEFAULT_LANES,
        idle_exit_s: float = 30.0,
    ) -> None:
        """Set up the lanes.

        Args:
            functions: What may be run: "module:function" → the name of its lane.
            lanes: The lanes by name.
            idle_exit_s: A child without work leaves after this long.
        """
        self._functions = dict(functions)
        self._lanes = {name: LaneQueue(lane, idle_exit_s) for name, lane in lanes.items()}

    def run(
        self,
        function: str,
        arguments: Mapping[str, Any],
        *,
        on_progress: OnProgress | None = None,
        timeout_s: float | None = None,
        lane: str | None = None,
    ) -> Any:  # noqa: ANN401 - whatever JSON value the function returns
        """Run one function and wait. Blocks; any number of threads may call at once.

        Args:
            function: A name given to the constructor.
            arguments: Keyword arguments, JSON values only. A function with a parameter
                `on_progress` gets one added and may call it with a JSON value.
            on_progress: Called with each such value, in a thread of the pool.
            timeout_s: Wall time from the start of the work, waiting for a child not counted.
            lane: Another lane than the function's own.

        Raises:
            StudioError: As raised by the function: same class, message, code and details.
            WorkerFailed: Crash, time limit, memory limit or unforeseen exception.
            ValueError: When the function is not an allowed one.
        """
        call = self._submit(function, arguments, on_progress, timeout_s, lane)
        try:
            return call.future.result()
        finally:
            call.cancel()  # nothing to do unless the wait was interrupted, as by Ctrl-C

    async def run_async(
        self,
        function: str,
        arguments: Mapping[str, Any],
        *,
        on_progress: OnProgress | None = None,
        timeout_s: float | None = None,
        lane: str | None = None,
    ) -> Any:  # noqa: ANN401 - whatever JSON value the function returns
        """As `run`, without blocking the event loop.

        `on_progress` is called in the loop. Cancelling ends the child and what it started, then
        waits until both are gone, so that files may be removed at once.
        """
        loop = asyncio.get_running_loop()

        def report(progress: object) -> None:
            if on_progress is not None:
                loop.call_soon_threadsafe(on_progress, progress)

        call = self._submit(function, arguments, report, timeout_s, lane)
        ended = asyncio.wrap_future(call.future)
        try:
            return await asyncio.shield(ended)
        except asyncio.CancelledError:
            call.cancel()
            await asyncio.wait({ended})
            if not ended.cancelled():
                ended.exception()  # looked at, so that asyncio does not warn of it
            raise

    def close(self) -> None:
        """End all children; calls under way fail with `worker_closed`. Blocks for a moment."""
        for lane in self._lanes.values():
            lane.close()

    def list_process_ids(self) -> list[int]:
        """The ids of the children alive now, for `doctor` and for tests."""
        return [pid for lane in self._lanes.values() for pid in lane.list_process_ids()]

    def _submit(
        self,
        function: str,
        arguments: Mapping[str, Any],
        on_progress: OnProgress | None,
        timeout_s: float | None,
        lane_name: str | None,
    ) -> Call:
        if function not in self._functions:
            raise ValueError(f"{function} is not among the functions this pool may run")
        queue_ = self._lanes[lane_name or self._functions[function]]
        request = {
            "function": function,
            "arguments": dict(arguments),
            "time_limit_s": queue_.lane.time_limit_s if timeout_s is None else timeout_s,
        }
        json.dumps(request)  # a caller's mistake belongs to the caller, not to a pool thread
        call = Call(request, on_progress)
        queue_.submit(call)
        return call
