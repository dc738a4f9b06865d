"""Processes of one studio on several machines: `shortdrama serve` and `shortdrama worker`."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import sqlalchemy as sa

from servers.loaded import LoadedCommand
from shortdrama.domain.ids import TakeId, new_id
from shortdrama.domain.take import Take
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.work_tables import leases, workers

_ADDRESS = re.compile(r"The studio is at (http://\S+)")
_READY_S = 60
MODEL = "double-1"


@dataclass
class Machine:
    """One process. Its output is read as it comes, so that it never blocks."""

    process: LoadedCommand
    said: list[str] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self._follow, daemon=True)

    def _follow(self) -> None:
        with self.process.stdout as lines:
            for line in lines:
                with self.news:
                    self.said.append(line)
                    self.news.notify_all()

    def wait_for(self, words: str) -> str:
        deadline = time.monotonic() + _READY_S
        with self.news:
            while True:
                if found := next((line for line in self.said if words in line), None):
                    return found
                assert self.process.is_running(), "".join(self.said)
                assert time.monotonic() < deadline, "".join(self.said)
                self.news.wait(1)

    def kill(self) -> None:
        """As the power does."""
        self.process.send(signal.SIGKILL)
        self.process.wait()


class Fleet:
    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = {**os.environ, **environment, "SHORTDRAMA_DATA": str(folder)}
        self.machines: list[Machine] = []
        self._clients: list[httpx.Client] = []
        self.records = Database(environment["SHORTDRAMA_DATABASE_URL"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for machine in self.machines:
            machine.process.send(signal.SIGTERM)
        for machine in self.machines:
            if machine.process.wait() is None:
                machine.kill()
            machine.reader.join(5)
        for client in self._clients:
            client.close()
        self.records.close()

    def serve(self, *options: str) -> httpx.Client:
        machine = self._run("serve", "--port", "0", *options)
        found = _ADDRESS.search(machine.wait_for("The studio is at"))
        assert found is not None
        self._clients.append(httpx.Client(base_url=found[1], timeout=30, trust_env=False))
        return self._clients[-1]

    def work(self, *options: str) -> Machine:
        machine = self._run("worker", *options)
        machine.wait_for("at work")
        return machine

    def _run(self, *arguments: str) -> Machine:
        machine = Machine(LoadedCommand(list(arguments), self._environment, errors=None))
        machine.reader.start()
        self.machines.append(machine)
        return machine

    def statuses(self) -> Counter[str]:
        with self.records.read() as tx:
            return Counter(take.status.value for take in tx.takes.page(None, 10_000))

    def take(self, take_id: str) -> Take:
        with self.records.read() as tx:
            take = tx.takes.get(TakeId(take_id))
        assert take is not None
        return take

    def holders(self) -> Counter[str]:
        """Leases by the name of their process; "gone" where that is struck out."""
        named = sa.select(workers.c.name).select_from(
            leases.outerjoin(workers, workers.c.id == leases.c.worker_id)
        )
        with self.records.engine.connect() as connection:
            return Counter(name or "gone" for name in connection.scalars(named))

    def wait_until(self, is_so: Callable[[], bool], timeout_s: float) -> None:
        pause, deadline = threading.Event(), time.monotonic() + timeout_s
        while not is_so():
            assert time.monotonic() < deadline, self.report()
            pause.wait(0.2)

    def report(self) -> str:
        """What there is to read where a test fails."""
        with self.records.read() as tx:
            takes = tx.takes.page(None, 10_000)
        failures = [f"{take.id}: {take.failure}" for take in takes if take.failure]
        words = ["".join(machine.said[-60:]) for machine in self.machines]
        return "\n".join([str(self.statuses()), *failures, *words])


def order(server: httpx.Client, prompt: str, **fields: Any) -> str:
    """The id of a new take."""
    asked = {"prompt": prompt, "model": MODEL, "seconds": 1, "size": "720x1280"} | fields
    answer = server.post("/api/takes", json=asked, headers={"Idempotency-Key": new_id()})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])
