"""Jobs as files: what a kill, a second process and a bad disk leave behind."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shortdrama.errors import Conflict
from shortdrama.sora2.service.expiry import Expiry
from shortdrama.sora2.service.files import FileContent, FileJobs
from shortdrama.sora2.service.ownership import FolderLock
from shortdrama.sora2.service.ports import ServiceJob
from shortdrama.sora2.wire import JobStatus

NOW = datetime(2026, 11, 1, tzinfo=UTC)
WRITER = """
import sys
from pathlib import Path
from shortdrama.sora2.service.files import FileJobs
from sora2.service.test_files import a_job, churn
print("ready", flush=True)
churn(FileJobs(Path(sys.argv[1])), int(sys.argv[2]))
"""
TESTS = Path(__file__).parents[2]


def a_job(number: int) -> ServiceJob:
    return ServiceJob(
        f"video_{number:08x}", "previz-1", "p" * 5000, 4, "720x1280", JobStatus.QUEUED, NOW
    )


def churn(jobs: FileJobs, first: int) -> None:
    """Add, start, complete and delete, without an end."""
    for number in range(first, sys.maxsize):
        job = a_job(number)
        jobs.add(job)
        jobs.update(job.id, status=JobStatus.IN_PROGRESS)
        jobs.update(job.id, status=JobStatus.COMPLETED, completed_at=NOW)
        if number % 3 == 0:
            jobs.delete(job.id)


def test_killed_between_any_two_writes(tmp_path: Path) -> None:
    """Each row is there whole or not at all, and only the newest may be unfinished."""
    for life, seconds in enumerate((0.05, 0.11, 0.17, 0.21, 0.26, 0.3)):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(life * 1_000_000)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, env={"PYTHONPATH": str(TESTS)}
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                FileJobs(tmp_path).list(None, 3, "desc")  # another process looks meanwhile
            writer.kill()
        jobs = FileJobs(tmp_path)
        unfinished = jobs.unfinished()
        assert len(unfinished) <= 1
        assert {path.suffix for path in (tmp_path / "jobs").iterdir()} <= {".json"}
        for job in unfinished:
            assert jobs.update(job.id, status=JobStatus.FAILED) is not None
    assert len(jobs.list(None, 1_000_000, "asc")) == len(list((tmp_path / "jobs").iterdir()))


def test_opening_the_folder_leaves_anothers_half_written_file(tmp_path: Path) -> None:
    """A second service is refused at its start; until then it may break nothing."""
    FileJobs(tmp_path)
    part = tmp_path / "jobs" / "video_1.part"
    part.write_text("{")
    jobs = FileJobs(tmp_path)
    assert part.exists()
    assert jobs.unfinished() == ()
    assert not part.exists()


@pytest.mark.parametrize("content", ["", "\0" * 900, '{"id": "video_', "[]", "{}", '"x"', "12"])
def test_a_damaged_file_is_set_aside_and_shortens_no_page(tmp_path: Path, content: str) -> None:
    jobs = FileJobs(tmp_path)
    for number in range(6):
        jobs.add(a_job(number))
    for number in (2, 3):
        (tmp_path / "jobs" / f"video_{number:08x}.json").write_text(content)
    assert [job.id[-1] for job in jobs.list(None, 3, "asc")] == ["0", "1", "4"]
    assert [job.id[-1] for job in jobs.list(None, 3, "desc")] == ["5", "4", "1"]
    assert jobs.get("video_00000002") is None
    assert (tmp_path / "jobs" / "video_00000002.damaged").read_text() == content
    assert len(jobs.unfinished()) == 4


def test_expired_jobs_behind_a_page_of_damaged_ones_go(tmp_path: Path) -> None:
    jobs, content = FileJobs(tmp_path), FileContent(tmp_path)
    for number in range(120):
        jobs.add(a_job(number))
        (tmp_path / "jobs" / f"video_{number:08x}.json").write_text("")
    jobs.add(replace(a_job(500), status=JobStatus.COMPLETED, expires_at=NOW))
    assert Expiry(jobs, content, tmp_path).sweep(datetime(2027, 1, 1, tzinfo=UTC)) == 1


def test_a_deleted_lock_file_lets_no_second_service_in(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.take()
    (tmp_path / "lock").unlink()
    with pytest.raises(Conflict):
        second.take()
    first.release()
    second.take()
    second.release()


def test_a_page_of_five_thousand_jobs_reads_just_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = FileJobs(tmp_path)
    jobs.add(a_job(0))
    text = (tmp_path / "jobs" / "video_00000000.json").read_text()
    for number in range(1, 5000):
        job_id = f"video_{number:08x}"
        (tmp_path / "jobs" / f"{job_id}.json").write_text(text.replace("video_00000000", job_id))
    read: list[str] = []
    get = FileJobs.get

    def noted(self: FileJobs, job_id: str) -> ServiceJob | None:
        read.append(job_id)
        return get(self, job_id)

    monkeypatch.setattr(FileJobs, "get", noted)
    assert len(jobs.list("video_00000800", 21, "desc")) == 21
    assert len(read) == 21
