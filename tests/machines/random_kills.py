"""A server, two workers and their PostgreSQL, killed in turn at random while takes are under way.

As `e2e.random_kills`, which kills a studio that is one process. Orders are sent again with the same
key where no answer came, as any client does.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import httpx

from doubles.sora2_double import Sora2Double
from machines.fleet import MODEL, Fleet, Machine
from servers.postgres import PostgresServer
from shortdrama.domain.ids import new_id
from shortdrama.domain.take import Take, TakeStatus

Victim = Literal["worker", "server", "database"]
_AT_REST = frozenset(
    {
        *(TakeStatus.READY, TakeStatus.FAILED, TakeStatus.CANCELLED),
        *(TakeStatus.UNCERTAIN, TakeStatus.STALLED),
    }
)
_FINAL = frozenset({TakeStatus.READY, TakeStatus.CANCELLED})
_LIFE_S = 2.0  # at most, between two kills
_SUBMITS = ("ok", "delay:0.3", "delay:1", "drop_after_accept", "503", "429:1")
_POLLS = (["completed"], ["in_progress:50", "500", "completed"], ["404", "queued", "completed"])
_CONTENTS = ("ok", ["502", "ok"], ["truncated", "ok"], "paced:1")
_REST_S = 240
_ORDER_S = 60


@dataclass
class FleetTally:
    """What is to be zero but kills and takes."""

    kills: Counter[Victim] = field(default_factory=Counter)
    takes: int = 0
    lost: list[str] = field(default_factory=list)  # acknowledged and not at rest, or jobs of nobody
    doubled: list[str] = field(default_factory=list)  # prompts, made more than once
    shared: list[str] = field(default_factory=list)  # jobs that several takes have
    broken: list[str] = field(default_factory=list)  # called ready, and not the whole clip
    left: list[str] = field(default_factory=list)  # ready or cancelled once, and not any more

    @property
    def wrong(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.shared, *self.broken, *self.left]


def kill_machines_at_random(
    fleet: Fleet, database: PostgresServer, double: Sora2Double, victims: list[Victim], seed: int
) -> FleetTally:
    """Each of `victims` killed, in a random order; then all comes to rest."""
    run = _Run(fleet, database, double, random.Random(seed))  # noqa: S311 - chance, no secret
    for victim in run.chance.sample(victims, len(victims)):
        run.live()
        run.kill(victim)
    return run.come_to_rest()


class _Run:
    def __init__(
        self, fleet: Fleet, database: PostgresServer, double: Sora2Double, chance: random.Random
    ) -> None:
        self._fleet = fleet
        self._database = database
        self._double = double
        self.chance = chance
        self._tally = FleetTally()
        self._prompts: dict[str, str] = {}  # take id → prompt
        self._final: dict[str, TakeStatus] = {}
        self._asked = 0
        self._api = fleet.serve("--no-work")
        self._server = fleet.machines[-1]
        self._workers: list[Machine] = [fleet.work(), fleet.work()]

    def live(self) -> None:
        for _ in range(self.chance.randint(0, 3)):
            self._order()
        time.sleep(self.chance.uniform(0, _LIFE_S))  # the moment of death is the chance itself
        self._look(self._takes())

    def kill(self, victim: Victim) -> None:
        if victim == "worker":
            self._workers.pop(self.chance.randrange(len(self._workers))).kill()
            self._workers.append(self._fleet.work())
        elif victim == "server":
            self._server.kill()
            self._api = self._fleet.serve("--no-work")
            self._server = self._fleet.machines[-1]
        else:
            self._database.restart()
        self._tally.kills[victim] += 1

    def come_to_rest(self) -> FleetTally:
        deadline = time.monotonic() + _REST_S
        takes = self._takes()
        while not _AT_REST.issuperset(take.status for take in takes):
            assert time.monotonic() < deadline, f"not at rest: {self._fleet.statuses()}"
            time.sleep(0.5)
            takes = self._takes()
        self._look(takes)
        self._count(takes)
        return self._tally

    def _order(self) -> None:
        self._asked += 1
        prompt = f"Rain, take {self._asked}, {self.chance.random():.9f}"
        self._double.script(
            prompt,
            submit=[self.chance.choice(_SUBMITS), "ok"],
            poll=self.chance.choice(_POLLS),
            content=self.chance.choice(_CONTENTS),
        )
        order = {"prompt": prompt, "model": MODEL, "seconds": 1, "size": "720x1280"}
        headers = {"Idempotency-Key": new_id()}
        deadline = time.monotonic() + _ORDER_S
        while True:
            try:
                answer = self._api.post("/api/takes", json=order, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 202:
                break
            # Nothing else may refuse it but a database that is just coming back.
            assert answer is None or answer.status_code in {423, 500, 503, 507}, answer.text
            assert time.monotonic() < deadline, "no order was taken"
            time.sleep(0.5)
        self._prompts[answer.json()["id"]] = prompt

    def _takes(self) -> list[Take]:
        with self._fleet.records.read() as tx:
            return tx.takes.page(None, 10_000)

    def _look(self, takes: Iterable[Take]) -> None:
        """Notice a final state that was left."""
        for take in takes:
            before = self._final.get(take.id)
            if before is not None and take.status is not before:
                self._tally.left.append(take.id)
            if take.status in _FINAL:
                self._final[take.id] = take.status

    def _count(self, takes: Iterable[Take]) -> None:
        found = {take.id: take for take in takes}
        self._tally.takes = len(self._prompts)
        self._tally.lost += [take_id for take_id in self._prompts if take_id not in found]
        holders = Counter(job for take in found.values() if (job := take.provider_job_id))
        self._tally.shared += [job for job, count in holders.items() if count > 1]
        for take in found.values():
            made = self._double.made(take.request.prompt)
            self._tally.doubled += [take.id] if len(made) > 1 else []
            is_asking = take.status is TakeStatus.UNCERTAIN
            unclaimed = [job.id for job in made if job.id not in holders]
            self._tally.lost += [] if is_asking else unclaimed
            if take.status is TakeStatus.READY and not self._is_whole(take):
                self._tally.broken.append(take.id)

    def _is_whole(self, take: Take) -> bool:
        """Its bytes are those it is kept under, and they end as they should."""
        if take.clip is None:
            return False
        url = self._api.get(f"/api/takes/{take.id}").raise_for_status().json()["video_url"]
        body = self._api.get(url).raise_for_status().content
        is_same = hashlib.sha256(body).hexdigest() == take.clip.video_key
        return is_same and b"moov" in body and b"ftyp" in body[:16]
