"""What every provider owes the studio, whoever the vendor is.

A vendor's test module gives a `Rig`, the way to the vendor's own double, and gets every case of
the contract for every mode that the vendor speaks:

    class VeoRig(DoubleRig[VeoDouble]):
        kind = veo.KINDS[0]
        model = "veo-3.1-generate-preview"
        modes = (Mode.TEXT, Mode.FIRST_FRAME)
        refused_modes = (Mode.FIRST_LAST,)          # raised before anything is sent
        absent = {Play.UNREADABLE: "why this cannot happen at this vendor"}
        double_type = VeoDouble                     # made with the key
        scripts = {Play.FINE: {}, Play.LOST: {"submit": "drop"}, ...}  # in the double's words

    class TestVeo(ProviderContract):
        rig_type = VeoRig

The double is a real HTTP server on loopback (`doubles/serving.py`), speaks the vendor's own
shapes, and sleeps for nobody: each poll moves its job on, so that after five it has ended.
What a `Play` means stands beside it. Three rules for doubles: `submits()` counts every paid
request that arrived, refused and lost ones too; a refused key is quoted in the refusal, as
vendors do; `lost` and `server_error` and `unreadable` make the job before they go wrong.

A case that cannot happen at a vendor goes into `absent` with the reason, and is shown as such in
the table of `docs/providers.md`, which `scripts/provider_table` makes of these tests.
Shapes of requests, and traps of one vendor, stay in the vendor's own tests.
"""

from __future__ import annotations

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import pytest
from PIL import Image

from doubles.sora2_double import refused_url
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import Connection, KeySource, Mode
from shortdrama.domain.take import FailureKind
from shortdrama.errors import InvalidInput, ProviderError, SubmissionUncertain
from shortdrama.generation.ports import JobPhase, ProviderJob, Reference, Submission
from shortdrama.providers.kind import Access, OpenProvider, ProviderKind
from shortdrama.sora2.boxes import check_mp4

_MOST_POLLS = 5
_MOST_ID_BYTES = 4096
_PICTURES = {Mode.TEXT: 0, Mode.FIRST_FRAME: 1, Mode.FIRST_LAST: 2, Mode.REFERENCES: 2}
_SMALLER = 4  # than the take: providers decode it for each order
_WAITING = frozenset({JobPhase.QUEUED, JobPhase.RUNNING})


class Play(StrEnum):
    """What the double does with the next job."""

    FINE = "fine"  # waits, runs, is done; a whole clip of the asked length
    LOST = "lost"  # the job is made, the connection is cut in place of an answer
    SERVER_ERROR = "server_error"  # the job is made, the answer is a 500
    UNREADABLE = "unreadable"  # the job is made, the answer is a page with 200
    REFUSED = "refused"  # the submit is refused: a wrong value
    KEY_REFUSED = "key_refused"  # the submit is refused: the key, quoted in the answer
    BUSY = "busy"  # the submit is refused for now, "Retry-After: 7"
    NO_CREDIT = "no_credit"  # the submit is refused: nothing left on the account
    PROMPT_MODERATED = "prompt_moderated"  # refused at submit, or failed, as the vendor does
    RESULT_MODERATED = "result_moderated"  # the job ends with its clip withheld by content rules
    FAILED = "failed"  # the job ends failed, for a reason of the vendor's
    UNKNOWN_WORD = "unknown_word"  # the first poll says "frobnicating"; then fine
    POLL_TROUBLE = "poll_trouble"  # the first poll is answered by a proxy's 502 page; then fine
    GONE = "gone"  # no poll knows the job
    SLOW = "slow"  # the job waits or runs for ever
    CLIP_TROUBLE = "clip_trouble"  # the first request for the clip is answered 502; then fine
    CLIP_AN_ERROR = "clip_an_error"  # JSON with an error in place of the clip, with HTTP 200
    CLIP_CUT = "clip_cut"  # half of the clip under the length of the whole, then a cut


_REFUSALS = {
    Play.REFUSED: FailureKind.INVALID_REQUEST,
    Play.KEY_REFUSED: FailureKind.AUTH,
    Play.BUSY: FailureKind.RATE_LIMITED,
    Play.NO_CREDIT: FailureKind.QUOTA,
}
_FAILURES = {
    Play.FAILED: FailureKind.PROVIDER_FAILURE,
    Play.RESULT_MODERATED: FailureKind.MODERATION_OUTPUT,
}


def _stops(rig: type[Rig]) -> str:
    if not rig.can_cancel:
        return "nothing"
    return "all" if rig.stops_running else "waiting"


class Rig(ABC):
    """One vendor's double, as the contract sees it. Made anew for every case."""

    kind: ClassVar[ProviderKind]
    model: ClassVar[str]
    modes: ClassVar[tuple[Mode, ...]] = (Mode.TEXT,)
    refused_modes: ClassVar[tuple[Mode, ...]] = ()
    absent: ClassVar[Mapping[Play, str]] = {}
    name: ClassVar[str] = ""  # in the table; the kind's label where empty
    seconds: ClassVar[int] = 4
    size: ClassVar[str] = "720x1280"
    options: ClassVar[Mapping[str, str]] = {}
    auth_header: ClassVar[str] = ""  # the kind's where empty
    key: ClassVar[str] = "sk-contract-4f9a27c1d0"
    secrets: ClassVar[tuple[str, ...]] = ()  # parts of the key that are secret by themselves
    can_cancel: ClassVar[bool] = False  # a job that waits can be stopped
    stops_running: ClassVar[bool] = True  # one that runs as well, where any can
    has_list: ClassVar[bool] = False  # `find` has something to look into

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    @property
    @abstractmethod
    def base_url(self) -> str: ...

    @abstractmethod
    def play(self, play: Play) -> None:
        """What happens to jobs from now on."""

    @abstractmethod
    def submits(self) -> int:
        """Paid requests that arrived at the double so far."""

    def connection(self, base_url: str = "") -> Connection:
        return Connection(
            id=ConnectionId("contract"),
            name="Contract",
            base_url=base_url or self.base_url,
            protocol=self.kind.name,
            models=(self.model,),
            auth_header=self.auth_header or self.kind.auth_header,
            key_source=KeySource.KEYRING,
            created_at=datetime.now(UTC),
            has_key=True,
            options=dict(self.options),
        )

    @asynccontextmanager
    async def opened(self, base_url: str = "") -> AsyncIterator[OpenProvider]:
        """The provider as the studio opens it; closed when the block ends."""
        provider = self.kind.open(Access(self.connection(base_url), self.key))
        try:
            yield provider
        finally:
            await provider.close()

    def submission(self, mode: Mode, folder: Path) -> Submission:
        """One order in that mode, its pictures written to `folder`."""
        return Submission(
            prompt="A cat on a wet roof, at night",
            model=self.model,
            seconds=self.seconds,
            size=self.size,
            references=tuple(
                picture(folder / f"picture-{number}.png", number, self.size)
                for number in range(_PICTURES[mode])
            ),
            idempotency_key="01hfa8e5q7c2",
            mode=mode,
        )


class ScriptedDouble(Protocol):
    """A server in this process that does as it is told."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    @property
    def base_url(self) -> str: ...

    def submits(self) -> int: ...


D = TypeVar("D", bound=ScriptedDouble)


class DoubleRig(Rig, Generic[D]):
    """The rig of a double that is made with the key and told by `script`, in its own words.

    A subclass sets `double_type` and `scripts`, a play's words for each play that is not absent.
    """

    double_type: Callable[[str], D]
    scripts: ClassVar[Mapping[Play, Mapping[str, Any]]]
    double: D

    def __enter__(self) -> Self:
        self.double = type(self).double_type(self.key).__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.double.__exit__(exc_type, exc, traceback)

    @property
    def base_url(self) -> str:
        return self.double.base_url

    def play(self, play: Play) -> None:
        self.double.script(**self.scripts[play])  # type: ignore[attr-defined]  # its own words

    def submits(self) -> int:
        return self.double.submits()


class ProviderContract:
    """The cases. A subclass named `Test…` sets `rig_type`."""

    rig_type: ClassVar[type[Rig]]
    pytestmark: ClassVar = [pytest.mark.anyio]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "mode" in metafunc.fixturenames:
            modes = list(self.rig_type.modes)
            metafunc.parametrize("mode", modes, ids=[mode.value for mode in modes])
        if "refused_mode" in metafunc.fixturenames:
            modes = list(self.rig_type.refused_modes)
            metafunc.parametrize("refused_mode", modes, ids=[mode.value for mode in modes])

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        with self.rig_type() as rig:
            yield rig

    @pytest.fixture
    async def provider(self, rig: Rig) -> AsyncIterator[OpenProvider]:
        async with rig.opened() as provider:
            yield provider

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Empty."""
        folder = tmp_path / "clips"
        folder.mkdir()
        return folder

    @pytest.fixture
    def asked(self, rig: Rig, mode: Mode, tmp_path: Path) -> Submission:
        return rig.submission(mode, tmp_path)

    @pytest.fixture(autouse=True)
    def told(
        self, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
    ) -> None:
        """What the table is made of."""
        values = getattr(request.node, "callspec", None)
        params = values.params if values else {}
        rig, mode, play = self.rig_type, params.get("mode"), params.get("play")
        record_property("provider", rig.name or rig.kind.label)
        record_property("mode", mode.value if mode else "")
        record_property("case", play.value if play else request.node.originalname)
        record_property("stops", _stops(rig))
        record_property("finds", str(rig.has_list))

    # The whole way

    async def test_whole_way(
        self, rig: Rig, provider: OpenProvider, asked: Submission, tmp_path: Path
    ) -> None:
        """From order to whole clip, with one paid request."""
        rig.play(Play.FINE)
        job = await provider.submit(asked)
        assert job.phase in {*_WAITING, JobPhase.SUCCEEDED}
        need_storable(job)
        seen = [await provider.poll(job.id)]
        while seen[-1].phase in _WAITING and len(seen) < _MOST_POLLS:
            seen.append(await provider.poll(job.id))
        assert seen[-1].phase is JobPhase.SUCCEEDED, [(j.phase, j.raw_status) for j in seen]
        assert {poll.id for poll in seen} == {job.id}, "the id changed on its way"
        told: list[int] = []
        clip = tmp_path / "clip.mp4"
        await provider.fetch(seen[-1], clip, lambda done, _total: told.append(done))
        check_mp4(clip)
        assert told[-1] == clip.stat().st_size
        assert rig.submits() == 1
        for poll in seen:
            need_no_key(rig, repr(poll))

    async def test_clip_by_id_alone(
        self, rig: Rig, provider: OpenProvider, asked: Submission, tmp_path: Path
    ) -> None:
        """After a restart only the id is there: the clip comes, or the studio may try again."""
        rig.play(Play.FINE)
        job = await finished(provider, asked)
        bare = ProviderJob(job.id, JobPhase.SUCCEEDED)
        clip = tmp_path / "clip.mp4"
        try:
            await provider.fetch(bare, clip, lambda _done, _total: None)
        except ProviderError as error:
            assert error.is_transient, "a clip that was paid for would be given up"  # noqa: PT017
            assert not clip.exists()
        else:
            check_mp4(clip)

    # Submit: what costs money

    @pytest.mark.parametrize("play", [Play.LOST, Play.SERVER_ERROR, Play.UNREADABLE])
    async def test_submit_unclear(
        self, rig: Rig, provider: OpenProvider, asked: Submission, play: Play
    ) -> None:
        """A paid request without a clear answer is uncertain, and never sent again."""
        need_present(rig, play)
        rig.play(play)
        with pytest.raises(SubmissionUncertain) as caught:
            await provider.submit(asked)
        assert rig.submits() == 1
        need_no_key(rig, caught.value)

    @pytest.mark.parametrize("play", list(_REFUSALS))
    async def test_submit_refused(
        self, rig: Rig, provider: OpenProvider, asked: Submission, play: Play
    ) -> None:
        """A clear no is no uncertainty; only a busy vendor is to be asked again, when it said."""
        need_present(rig, play)
        rig.play(play)
        with pytest.raises(ProviderError) as caught:
            await provider.submit(asked)
        error = caught.value
        assert not isinstance(error, SubmissionUncertain)
        assert error.kind == _REFUSALS[play]
        assert error.is_transient == (play is Play.BUSY)
        assert error.retry_after_s == (7 if play is Play.BUSY else None)
        assert rig.submits() <= 1
        need_no_key(rig, error)

    async def test_never_reached(self, rig: Rig, asked: Submission) -> None:
        """Where nobody listens nothing was sent, and that is said."""
        async with rig.opened(refused_url()) as provider:
            with pytest.raises(ProviderError) as caught:
                await provider.submit(asked)
        error = caught.value
        assert not isinstance(error, SubmissionUncertain)
        assert error.kind == FailureKind.NETWORK
        assert error.is_transient
        assert error.details.get("not_sent")
        assert rig.submits() == 0

    @pytest.mark.parametrize(
        "odd", [float("nan"), object(), "\ud800"], ids=["NaN", "object", "half"]
    )
    async def test_what_cannot_be_written(
        self, rig: Rig, provider: OpenProvider, tmp_path: Path, odd: object
    ) -> None:
        """A request that cannot be put into words was surely not sent, and costs nothing."""
        order = rig.submission(rig.modes[0], tmp_path)
        prompt = {"prompt": f"A cat {odd}"} if isinstance(odd, str) else {}
        with pytest.raises((ProviderError, InvalidInput)) as caught:
            await provider.submit(replace(order, extra={"some_word": odd}, **prompt))
        assert not isinstance(caught.value, SubmissionUncertain)
        if isinstance(caught.value, ProviderError):
            assert caught.value.details["not_sent"]
        assert rig.submits() == 0

    async def test_mode_refused_before_sending(
        self, rig: Rig, provider: OpenProvider, refused_mode: Mode, tmp_path: Path
    ) -> None:
        """What the protocol cannot say is refused before anything is paid, and never left out."""
        rig.play(Play.FINE)
        with pytest.raises((ProviderError, InvalidInput)) as caught:
            await provider.submit(rig.submission(refused_mode, tmp_path))
        assert not isinstance(caught.value, SubmissionUncertain)
        assert getattr(caught.value, "kind", FailureKind.UNSUPPORTED) == FailureKind.UNSUPPORTED
        assert rig.submits() == 0

    async def test_prompt_moderated(
        self, rig: Rig, provider: OpenProvider, asked: Submission
    ) -> None:
        """Said at once or by the job: it is the prompt or the picture, not the vendor's trouble."""
        need_present(rig, Play.PROMPT_MODERATED)
        rig.play(Play.PROMPT_MODERATED)
        try:
            job = await ended(provider, await provider.submit(asked))
        except SubmissionUncertain:
            raise
        except ProviderError as error:
            assert error.kind == FailureKind.MODERATION_INPUT  # noqa: PT017
            assert not error.is_transient  # noqa: PT017
        else:
            assert job.phase is JobPhase.FAILED
            assert job.failure_kind is FailureKind.MODERATION_INPUT
        assert rig.submits() == 1

    # Poll

    @pytest.mark.parametrize("play", list(_FAILURES))
    async def test_job_failed(
        self, rig: Rig, provider: OpenProvider, asked: Submission, play: Play, tmp_path: Path
    ) -> None:
        """A failed job says why; a withheld clip is never taken for a success."""
        need_present(rig, play)
        kind = _FAILURES[play]
        rig.play(play)
        job = await ended(provider, await provider.submit(asked))
        if job.phase is JobPhase.SUCCEEDED and play is Play.RESULT_MODERATED:
            # Some tell it only where the clip is asked for.
            with pytest.raises(ProviderError) as caught:
                await provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None)
            assert caught.value.kind == kind
            return
        assert job.phase is JobPhase.FAILED
        assert job.failure_kind is kind
        assert job.error_message or job.error_code
        need_no_key(rig, repr(job))

    async def test_unknown_word(self, rig: Rig, provider: OpenProvider, asked: Submission) -> None:
        """A status nobody knows is neither success nor failure."""
        need_present(rig, Play.UNKNOWN_WORD)
        rig.play(Play.UNKNOWN_WORD)
        job = await provider.submit(asked)
        poll = await provider.poll(job.id)
        assert poll.phase is JobPhase.UNKNOWN
        assert "frobnicating" in poll.raw_status.lower()
        assert (await ended(provider, poll)).phase is JobPhase.SUCCEEDED

    async def test_poll_trouble(self, rig: Rig, provider: OpenProvider, asked: Submission) -> None:
        """A failed poll is transient and says nothing of the job."""
        need_present(rig, Play.POLL_TROUBLE)
        rig.play(Play.POLL_TROUBLE)
        job = await provider.submit(asked)
        with pytest.raises(ProviderError) as caught:
            await provider.poll(job.id)
        assert caught.value.is_transient
        assert (await ended(provider, job)).phase is JobPhase.SUCCEEDED

    async def test_job_gone(self, rig: Rig, provider: OpenProvider, asked: Submission) -> None:
        """A job that the vendor does not know (yet, or any more) has not failed."""
        need_present(rig, Play.GONE)
        rig.play(Play.GONE)
        job = await provider.submit(asked)
        try:
            poll = await provider.poll(job.id)
        except ProviderError as error:
            assert error.kind == FailureKind.NOT_FOUND  # noqa: PT017
        else:
            assert poll.phase in {JobPhase.EXPIRED, JobPhase.UNKNOWN}

    # Fetch

    async def test_clip_trouble(
        self, rig: Rig, provider: OpenProvider, asked: Submission, tmp_path: Path
    ) -> None:
        """A clip that does not come is asked for again, not made again."""
        need_present(rig, Play.CLIP_TROUBLE)
        rig.play(Play.CLIP_TROUBLE)
        job = await finished(provider, asked)
        clip = tmp_path / "clip.mp4"
        with pytest.raises(ProviderError) as caught:
            await provider.fetch(job, clip, lambda _done, _total: None)
        assert caught.value.is_transient
        await provider.fetch(job, clip, lambda _done, _total: None)
        check_mp4(clip)
        assert rig.submits() == 1

    @pytest.mark.parametrize("play", [Play.CLIP_AN_ERROR, Play.CLIP_CUT])
    async def test_clip_broken(
        self,
        rig: Rig,
        provider: OpenProvider,
        asked: Submission,
        play: Play,
        folder: Path,
    ) -> None:
        """What is no whole clip never gets the clip's name."""
        need_present(rig, play)
        rig.play(play)
        job = await finished(provider, asked)
        with pytest.raises(ProviderError) as caught:
            await provider.fetch(job, folder / "clip.mp4", lambda _done, _total: None)
        assert await asyncio.to_thread(os.listdir, folder) == []
        assert rig.submits() == 1
        need_no_key(rig, caught.value)

    # Cancel, find, check

    async def test_cancel(self, rig: Rig, provider: OpenProvider, asked: Submission) -> None:
        """True only where the vendor stops the job; afterwards it is no success."""
        rig.play(Play.SLOW)
        job = await provider.submit(asked)
        assert await provider.cancel(job.id) is rig.can_cancel
        assert rig.submits() == 1
        if rig.can_cancel:
            try:
                after = await provider.poll(job.id)
            except ProviderError as error:
                assert error.kind == FailureKind.NOT_FOUND  # noqa: PT017
            else:
                assert after.phase in {JobPhase.CANCELLED, JobPhase.FAILED, JobPhase.EXPIRED}

    async def test_lost_job_is_found(
        self, rig: Rig, provider: OpenProvider, asked: Submission
    ) -> None:
        """The list shows the job whose answer was lost; without a list that is said."""
        rig.play(Play.LOST)
        since = datetime.now(UTC) - timedelta(seconds=10)
        with pytest.raises(SubmissionUncertain):
            await provider.submit(asked)
        if not rig.has_list:
            with pytest.raises(ProviderError) as caught:
                await provider.find(asked, since)
            assert caught.value.kind in {FailureKind.UNSUPPORTED, FailureKind.NOT_FOUND}
            assert not caught.value.is_transient
            return
        found = await provider.find(asked, since)
        assert len(found) == 1
        rig.play(Play.FINE)
        assert (await provider.poll(found[0].id)).id == found[0].id
        assert await provider.find(replace(asked, prompt="Something else"), since) == []
        assert await provider.find(asked, datetime.now(UTC) + timedelta(seconds=60)) == []

    async def test_check_costs_nothing(self, rig: Rig, provider: OpenProvider) -> None:
        """The test button asks what is free, and reports what is wrong in place of raising."""
        rig.play(Play.FINE)
        rows = await provider.check()
        assert rows
        assert rows[0][1], rows
        assert rig.submits() == 0
        for what, _passed, says in rows:
            need_no_key(rig, f"{what} {says}")
        async with rig.opened(refused_url()) as unreachable:
            rows = await unreachable.check()
        assert rows
        assert not rows[-1][1]

    async def test_many_at_once(self, rig: Rig, provider: OpenProvider, asked: Submission) -> None:
        """Jobs of one provider do not get into each other's way."""
        rig.play(Play.FINE)
        orders = [replace(asked, idempotency_key=f"take-{number}") for number in range(8)]
        jobs = await asyncio.gather(*(provider.submit(order) for order in orders))
        assert len({job.id for job in jobs}) == len(orders) == rig.submits()
        over = await asyncio.gather(*(ended(provider, job) for job in jobs))
        assert {job.phase for job in over} == {JobPhase.SUCCEEDED}
        assert [job.id for job in over] == [job.id for job in jobs]


# What cases are made of; for a vendor's own tests too


def picture(path: Path, number: int = 0, size: str = "720x1280") -> Reference:
    """A real PNG of that shape, another colour for another number."""
    path.write_bytes(_png(number, size))
    return Reference(path, "image/png", path.name)


@cache
def _png(number: int, size: str) -> bytes:
    width, height = (int(side) // _SMALLER for side in size.split("x"))
    out = BytesIO()
    Image.new("RGB", (width, height), (40 + 60 * number % 200, 90, 160)).save(out, "PNG")
    return out.getvalue()


async def ended(provider: OpenProvider, job: ProviderJob) -> ProviderJob:
    """The job as the poll tells it at which it is over."""
    for _ in range(_MOST_POLLS):
        job = await provider.poll(job.id)
        if job.phase not in {*_WAITING, JobPhase.UNKNOWN}:
            return job
    raise AssertionError(f"still {job.phase} ({job.raw_status}) after {_MOST_POLLS} polls")


async def finished(provider: OpenProvider, asked: Submission) -> ProviderJob:
    """A job that has succeeded, with what its last poll told of the clip."""
    job = await ended(provider, await provider.submit(asked))
    assert job.phase is JobPhase.SUCCEEDED, (job.phase, job.raw_status)
    return job


def need_storable(job: ProviderJob) -> None:
    assert job.id
    assert job.id.isprintable()
    assert len(job.id.encode()) <= _MOST_ID_BYTES


def need_no_key(rig: Rig, told: ProviderError | str) -> None:
    """Neither the key nor a part of it that is secret is in what a person or a log may see."""
    seen = told if isinstance(told, str) else f"{told} {told.details!r} {told!r}"
    for secret in (rig.key, *rig.secrets):
        assert secret not in seen


def need_present(rig: Rig, play: Play) -> None:
    if (reason := rig.absent.get(play)) is not None:
        pytest.skip(f"not at this vendor: {reason}")
