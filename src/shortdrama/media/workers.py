"""A pool of long-lived child processes for work that may crash, hang or eat memory.

A child that fails takes one call with it and is replaced; an idle one leaves; none outlives the
parent. Lanes keep a long render from holding up a short look at a file. POSIX only.
"""

from __future__ import annotations

import asyncio
import json
import queue
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from shortdrama.errors import StudioError
from shortdrama.media.process import Lane, OnProgress, WorkerFailed, WorkerProcess

__all__ = ["DEFAULT_LANES", "Lane", "WorkerFailed", "WorkerPool"]

DEFAULT_LANES: Mapping[str, Lane] = {
    "media": Lane(size=2, memory_limit_bytes=2 << 30, time_limit_s=60),
    "previz": Lane(size=2, nice=10, memory_limit_bytes=4 << 30, time_limit_s=300),
}
# A child that has done this much is replaced, so that a slow leak in a decoder stays small.
_CALLS_PER_PROCESS = 500
_JOIN_TIMEOUT_S = 5.0


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
        self._lanes = {name: _LaneQueue(lane, idle_exit_s) for name, lane in lanes.items()}

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
    ) -> _Call:
        if function not in self._functions:
            raise ValueError(f"{function} is not among the functions this pool may run")
        queue_ = self._lanes[lane_name or self._functions[function]]
        request = {
            "function": function,
            "arguments": dict(arguments),
            "time_limit_s": queue_.lane.time_limit_s if timeout_s is None else timeout_s,
        }
        json.dumps(request)  # a caller's mistake belongs to the caller, not to a pool thread
        call = _Call(request, on_progress)
        queue_.submit(call)
        return call


class _Call:
    """One request on its way: waiting, with a process, or over."""

    def __init__(self, request: Mapping[str, Any], on_progress: OnProgress | None) -> None:
        self.future: Future[Any] = Future()
        self._request = request
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._process: WorkerProcess | None = None
        self._ending: WorkerFailed | None = None

    def cancel(self, reason: WorkerFailed | None = None) -> None:
        """Take the call back: out of the queue, or with the end of its process."""
        if self.future.done() or self.future.cancel():
            return
        with self._lock:
            self._ending = reason or WorkerFailed("The work was cancelled.", code="worker_closed")
            if self._process is not None:
                self._process.kill()

    def perform(self, process: WorkerProcess) -> bool:
        """Run on `process`; says whether the process may be used again."""
        with self._lock:
            self._process = process
            ending = self._ending
        try:
            if ending is not None:
                raise ending
            result = process.ask(self._request, self._on_progress)
        except Exception as error:  # noqa: BLE001 - the worker boundary: it goes to the caller
            is_usable = isinstance(error, StudioError) and not _is_spoiling(error)
            is_usable = self._release(process, is_usable)
            self.future.set_exception(self._ending or error)
            return is_usable
        is_usable = self._release(process, is_usable=True)
        self.future.set_result(result)
        return is_usable

    def _release(self, process: WorkerProcess, is_usable: bool) -> bool:
        """Let go of the process, ending it first where it is spoilt."""
        with self._lock:
            self._process = None
            is_usable = is_usable and self._ending is None
        if not is_usable:
            process.end()
        return is_usable


def _is_spoiling(error: StudioError) -> bool:
    """After an unforeseen Python exception the child is still good, after the others it is not."""
    return isinstance(error, WorkerFailed) and error.code != "worker_failed"


class _LaneQueue:
    """Hands calls to slots: the slot used last first, so that one child stays warm."""

    def __init__(self, lane: Lane, idle_exit_s: float) -> None:
        self.lane = lane
        self.idle_exit_s = idle_exit_s
        self._lock = threading.Lock()
        self._slots: set[_Slot] = set()
        self._idle: list[_Slot] = []
        self._waiting: deque[_Call] = deque()
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def submit(self, call: _Call) -> None:
        with self._lock:
            if self._is_closed:
                raise WorkerFailed("The studio is closing.", code="worker_closed")
            if self._idle:
                self._idle.pop().inbox.put(call)
            elif len(self._slots) < self.lane.size:
                slot = _Slot(self)
                self._slots.add(slot)
                slot.inbox.put(call)
                slot.thread.start()
            else:
                self._waiting.append(call)

    def next_call(self, slot: _Slot) -> _Call | None:
        """The call that waits longest; without one, the slot is idle from now on."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._idle.append(slot)
            return None

    def retire(self, slot: _Slot) -> bool:
        """Let an idle slot go, unless it was handed a call just now."""
        with self._lock:
            if slot not in self._idle:
                return False
            self._idle.remove(slot)
            self._slots.discard(slot)
            return True

    def close(self) -> None:
        closing = WorkerFailed("The studio is closing.", code="worker_closed")
        with self._lock:
            self._is_closed = True
            slots = list(self._slots)
            self._slots.clear()
            waiting, self._waiting = list(self._waiting), deque()
        for call in waiting:
            if call.future.set_running_or_notify_cancel():
                call.future.set_exception(closing)
        for slot in slots:
            slot.close(closing)
        for slot in slots:
            slot.thread.join(_JOIN_TIMEOUT_S)

    def list_process_ids(self) -> list[int]:
        with self._lock:
            return [slot.process.pid for slot in self._slots if slot.process is not None]


class _Slot:
    """A thread and its child. The thread lives exactly as long as the child is wanted."""

    def __init__(self, lane_queue: _LaneQueue) -> None:
        self.inbox: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self.process: WorkerProcess | None = None
        self.thread = threading.Thread(target=self._serve, name="media-worker", daemon=True)
        self._lane_queue = lane_queue
        self._call: _Call | None = None

    def close(self, reason: WorkerFailed) -> None:
        """End the call under way and then the slot. Returns before the thread ends."""
        self.inbox.put(None)
        call = self._call
        if call is not None:
            call.cancel(reason)

    def _serve(self) -> None:
        while True:
            try:
                call = self.inbox.get(timeout=self._lane_queue.idle_exit_s)
            except queue.Empty:
                if self._lane_queue.retire(self):
                    break
                continue
            if call is None:
                break
            while call is not None:
                self._perform(call)
                call = self._lane_queue.next_call(self)
        if self.process is not None:
            self.process.end()

    def _perform(self, call: _Call) -> None:
        self._call = call
        if not call.future.set_running_or_notify_cancel():
            return
        try:
            if self._lane_queue.is_closed:  # closed between being handed the call and now
                raise WorkerFailed("The studio is closing.", code="worker_closed")
            process = self.process or WorkerProcess(self._lane_queue.lane)
        except WorkerFailed as error:
            call.future.set_exception(error)
            return
        self.process = process
        if not call.perform(process):
            self.process = None
        elif process.calls >= _CALLS_PER_PROCESS:
            self.process = None
            process.end()
        self._call = None
