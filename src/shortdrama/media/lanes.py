"""Lanes of the pool: calls wait, slots serve them, each slot with one child process.

Only `workers.WorkerPool` uses this.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from shortdrama.errors import StudioError
from shortdrama.media.process import Lane, OnProgress, WorkerFailed, WorkerProcess

# A child that has done this much is replaced, so that a slow leak in a decoder stays small.
_CALLS_PER_PROCESS = 500
_JOIN_TIMEOUT_S = 5.0


class Call:
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


class LaneQueue:
    """Hands calls to slots: the slot used last first, so that one child stays warm."""

    def __init__(self, lane: Lane, idle_exit_s: float) -> None:
        self.lane = lane
        self.idle_exit_s = idle_exit_s
        self._lock = threading.Lock()
        self._slots: set[Slot] = set()
        self._idle: list[Slot] = []
        self._waiting: deque[Call] = deque()
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def submit(self, call: Call) -> None:
        with self._lock:
            if self._is_closed:
                raise WorkerFailed("The studio is closing.", code="worker_closed")
            if self._idle:
                self._idle.pop().inbox.put(call)
            elif len(self._slots) < self.lane.size:
                slot = Slot(self)
                self._slots.add(slot)
                slot.inbox.put(call)
                slot.thread.start()
            else:
                self._waiting.append(call)

    def next_call(self, slot: Slot) -> Call | None:
        """The call that waits longest; without one, the slot is idle from now on."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._idle.append(slot)
            return None

    def retire(self, slot: Slot) -> bool:
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


class Slot:
    """A thread and its child. The thread lives exactly as long as the child is wanted."""

    def __init__(self, lane_queue: LaneQueue) -> None:
        self.inbox: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self.process: WorkerProcess | None = None
        self.thread = threading.Thread(target=self._serve, name="media-worker", daemon=True)
        self._lane_queue = lane_queue
        self._call: Call | None = None

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

    def _perform(self, call: Call) -> None:
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
