"""A whole studio that is killed at random, again and again, while takes are under way.

The provider counts what arrives; the takes that were acknowledged are counted at the end.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from doubles.sora2_double import Sora2Double
from e2e.studio_process import StudioProcess

KEY = "sk-made-up"
_AT_REST = frozenset({"ready", "failed", "cancelled", "uncertain", "stalled"})
_FINAL = frozenset({"ready", "cancelled"})
_LIFE_S = 2.5  # at most, from the first answer to the kill
_SUBMITS = ("ok", "delay:0.3", "delay:1", "drop_after_accept", "503", "429:1")
_POLLS = (["completed"], ["in_progress:50", "500", "completed"], ["404", "queued", "completed"])
_CONTENTS = ("ok", ["502", "ok"], ["truncated", "ok"], "paced:1")
_REST_S = 180
_TWINS = 0.3  # of the orders


@dataclass
class Tally:
    """What is to be zero but the first two."""

    kills: int = 0
    takes: int = 0
    lost: list[str] = field(default_factory=list)  # acknowledged, and not at rest or gone
    doubled: list[str] = field(default_factory=list)  # prompts, made more often than ordered
    shared: list[str] = field(default_factory=list)  # jobs that several takes have
    misbooked: list[str] = field(default_factory=list)  # jobs that the ledger has not just once
    broken: list[str] = field(default_factory=list)  # called ready, and not the whole clip
    left: list[str] = field(default_factory=list)  # ready or cancelled once, and not any more

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.takes} takes: {len(self.lost)} lost, "
            f"{len(self.doubled)} doubled, {len(self.shared)} jobs of several takes, "
            f"{len(self.misbooked)} not booked once, {len(self.broken)} broken, "
            f"{len(self.left)} final states left"
        )


def kill_at_random(folder: Path, kills: int, seed: int, **environment: str) -> Tally:
    """Order, kill, start again, `kills` times; then let everything come to rest, and count."""
    with Sora2Double(api_key=KEY) as double:
        studio = StudioProcess(
            folder,
            SORA2_BASE_URL=double.base_url,
            SORA2_API_KEY=KEY,
            SORA2_MODEL="sora-2",
            **environment,
        )
        run = _Run(studio, double, random.Random(seed))  # noqa: S311 - chance, no secret
        try:
            for _ in range(kills):
                run.live_and_die()
            return run.come_to_rest()
        finally:
            studio.stop()


class _Run:
    def __init__(self, studio: StudioProcess, double: Sora2Double, chance: random.Random) -> None:
        self._studio = studio
        self._double = double
        self._chance = chance
        self._tally = Tally()
        self._prompts: dict[str, str] = {}  # take id → prompt
        self._final: dict[str, str] = {}  # take id → the state it came to rest in

    def live_and_die(self) -> None:
        self._studio.start()
        for _ in range(self._chance.randint(0, 3)):
            self._order()
        time.sleep(self._chance.uniform(0, _LIFE_S))  # the moment of death is the chance itself
        self._look()
        if self._chance.random() < 0.2:
            self._kill_a_child()
        self._studio.kill()
        self._tally.kills += 1

    def come_to_rest(self) -> Tally:
        self._studio.start()
        deadline = time.monotonic() + _REST_S
        while any(take["status"] not in _AT_REST for take in self._takes()):
            assert time.monotonic() < deadline, "not at rest"
            time.sleep(0.5)
        self._look()
        self._count()
        return self._tally

    def _order(self) -> None:
        """Some with the words of an earlier take, which nothing at the provider tells apart."""
        if self._prompts and self._chance.random() < _TWINS:
            self._send(self._chance.choice(list(self._prompts.values())))
            return
        prompt = f"Rain, take {len(self._prompts) + 1}, {self._chance.random():.9f}"
        self._double.script(
            prompt,
            submit=[self._chance.choice(_SUBMITS), "ok"],
            poll=self._chance.choice(_POLLS),
            content=self._chance.choice(_CONTENTS),
        )
        self._send(prompt)

    def _send(self, prompt: str) -> None:
        order = {"prompt": prompt, "model": "sora-2", "connection_id": "environment", "seconds": 4}
        take = httpx.post(f"{self._studio.url}/api/takes", json=order, timeout=30)
        self._prompts[take.raise_for_status().json()["id"]] = prompt

    def _look(self) -> None:
        """Notice a final state that was left."""
        for take in self._takes():
            before = self._final.get(take["id"])
            if before is not None and take["status"] != before:
                self._tally.left.append(take["id"])
            if take["status"] in _FINAL:
                self._final[take["id"]] = take["status"]

    def _takes(self) -> Iterator[dict[str, str]]:
        with httpx.Client(base_url=self._studio.url, timeout=60) as api:
            known = {take["id"]: take for take in api.get("/api/takes?limit=200").json()}
            for take_id in self._prompts:
                yield known.get(take_id) or api.get(f"/api/takes/{take_id}").json()

    def _count(self) -> None:
        self._tally.takes = len(self._prompts)
        found = {take["id"]: take for take in self._takes() if "id" in take}
        for take_id in self._prompts:
            take = found.get(take_id)
            if take is None or take["status"] not in _AT_REST:
                self._tally.lost.append(take_id)
            elif take["status"] == "ready" and not self._is_whole(take["video_url"]):
                self._tally.broken.append(take_id)
        self._count_jobs(found)
        self._count_bookings(found)

    def _count_jobs(self, found: dict[str, dict[str, str]]) -> None:
        """Each job has one take, or some take of its words asks a person about it."""
        holders = Counter(job for take in found.values() if (job := take["provider_job_id"]))
        self._tally.shared += [job for job, takes in holders.items() if takes > 1]
        for prompt, ordered in Counter(self._prompts.values()).items():
            made = self._double.made(prompt)
            unclaimed = [job for job in made if job.id not in holders]
            asking = sum(
                take["status"] == "uncertain" and self._prompts[take_id] == prompt
                for take_id, take in found.items()
            )
            self._tally.doubled += [prompt] if len(made) > ordered else []
            self._tally.lost += [job.id for job in unclaimed[asking:]]

    def _count_bookings(self, found: dict[str, dict[str, str]]) -> None:
        """The job of each take is in the ledger, and once."""
        answer = httpx.get(f"{self._studio.url}/api/spend.csv", timeout=60).raise_for_status()
        rows = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
        booked = Counter(job for row in rows if (job := row["provider_job_id"]))
        held = {job for take in found.values() if (job := take["provider_job_id"])}
        self._tally.misbooked += [job for job in held | set(booked) if booked[job] != 1]

    def _is_whole(self, url: str) -> bool:
        """Its bytes are those it is kept under, and they end as they should."""
        body = httpx.get(f"{self._studio.url}{url}", timeout=30).content
        key = url.split("/")[2]
        return hashlib.sha256(body).hexdigest() == key and b"moov" in body and b"ftyp" in body[:16]

    def _kill_a_child(self) -> None:
        """A worker that looks into files, as the out-of-memory killer would take it."""
        pid = self._studio.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        if children:
            os.kill(int(self._chance.choice(children)), signal.SIGKILL)
            time.sleep(self._chance.uniform(0, 0.5))
