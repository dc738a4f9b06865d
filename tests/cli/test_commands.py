"""The command line as a user meets it: real processes, real exit codes, whole sentences."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import httpx
import pytest

from doubles.sora2_double import Sora2Double
from e2e.studio_process import StudioProcess
from servers.loaded import LoadedCommand


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        command = LoadedCommand(
            list(arguments), _environment(**environment), errors=errors.fileno()
        )
        with command.stdout as output:
            told = output.read()
        code = command.wait(180)
        assert code is not None, f"{arguments} does not end"
        errors.seek(0)
        return subprocess.CompletedProcess(arguments, code, told, errors.read())


def _environment(**more: str) -> dict[str, str]:
    own = ("SHORTDRAMA", "SORA2", "LANG", "LC_")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(own)}
    return {**inherited, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", **more}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A studio in which one take was made by the command line."""
    folder = tmp_path_factory.mktemp("cli") / "data"
    made = run("generate", "A tram at night", "--seconds", "1", "--data", str(folder))
    assert made.returncode == 0, made.stderr
    return folder


def frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.parametrize("command", ["serve", "generate", "sora2", "backup", "doctor"])
def test_every_command_explains_itself(command: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "shortdrama", command, "--help"],
        env=_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert command in told.stdout


def test_generate_makes_a_clip_and_keeps_it(data: Path, tmp_path: Path) -> None:
    clip = tmp_path / "tram.mp4"
    made = run(
        *("generate", "A bus in the rain", "--seconds", "1", "--size", "720x1280"),
        *("--data", str(data), "--output", str(clip)),
    )
    assert made.returncode == 0, made.stderr
    assert frames(clip) == 30
    assert [path.name for path in tmp_path.iterdir()] == ["tram.mp4"]


def test_generate_works_through_a_running_studio(data: Path, tmp_path: Path) -> None:
    studio = StudioProcess(data)
    studio.start()
    try:
        clip = tmp_path / "rain.mp4"
        made = run("generate", "Rain", "--seconds", "1", "--data", str(data), "-o", str(clip))
        assert made.returncode == 0, made.stderr
        takes = httpx.get(f"{studio.url}/api/takes", trust_env=False).json()
        assert (takes[0]["prompt"], takes[-1]["prompt"]) == ("Rain", "A tram at night")
    finally:
        studio.stop()
    assert frames(clip) == 30


def test_a_second_studio_on_the_same_data_refuses(data: Path) -> None:
    studio = StudioProcess(data)
    studio.start()
    try:
        second = run("serve", "--data", str(data), "--port", "0")
    finally:
        studio.stop()
    assert second.returncode == 1
    assert "is already using" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_taken_port_is_said(data: Path) -> None:
    studio = StudioProcess(data)
    studio.start()
    try:
        second = run("serve", "--data", f"{data}-2", "--port", str(studio.port))
    finally:
        studio.stop()
    assert (second.returncode, "cannot be used" in second.stderr) == (1, True)


def test_beyond_loopback_a_password_is_demanded(tmp_path: Path) -> None:
    refused = run("serve", "--data", str(tmp_path), "--host", "0.0.0.0", "--port", "0")
    assert refused.returncode == 1
    assert "SHORTDRAMA_PASSWORD" in refused.stderr
    refused = run("sora2", "--host", "0.0.0.0", "--port", "0", "--data", str(tmp_path))
    assert (refused.returncode, "--key" in refused.stderr) == (1, True)


def test_what_cannot_be_made_is_a_sentence_and_no_file(data: Path, tmp_path: Path) -> None:
    clip = tmp_path / "no.mp4"
    for arguments in (
        ("A tram", "--seconds", "7000"),
        ("A tram", "--size", "big"),
        ("A tram", "--model", "nothing-there"),
        ("A tram", "--reference", str(tmp_path / "none.png")),
        ("A tram", "--shot", "77"),
        ("A tram", "--project", "Nothing of that name"),
        (" ",),
    ):
        refused = run("generate", *arguments, "--data", str(data), "--output", str(clip))
        assert refused.returncode == 2
        assert refused.stderr.startswith("shortdrama: ")
        assert "Traceback" not in refused.stderr
    assert not clip.exists()


def test_a_backup_is_a_studio_that_opens(data: Path, tmp_path: Path) -> None:
    made = run("backup", str(tmp_path / "copy"), "--data", str(data))
    assert made.returncode == 0, made.stderr
    studio = StudioProcess(tmp_path / "copy")
    studio.start()
    try:
        takes = httpx.get(f"{studio.url}/api/takes", trust_env=False).json()
        clip = httpx.get(studio.url + takes[0]["video_url"], trust_env=False)
    finally:
        studio.stop()
    assert clip.status_code == 200
    assert clip.content[4:8] == b"ftyp"


def test_the_doctor_finds_a_sound_machine(data: Path) -> None:
    told = run("doctor", "--data", str(data))
    assert told.returncode == 0, told.stdout
    assert "ffmpeg" in told.stdout


def test_the_doctor_says_what_is_wrong_and_no_key(data: Path) -> None:
    told = run(
        *("doctor", "--data", str(data)),
        SORA2_BASE_URL="http://127.0.0.1:9/v1",
        SORA2_API_KEY="sk-made-up-for-this-test",
    )
    assert told.returncode == 1
    assert "does not answer at port" in told.stdout
    assert "made-up" not in told.stdout + told.stderr


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("colour = 1", encoding="utf-8")
    refused = run("serve", "--data", str(tmp_path))
    assert refused.returncode == 1
    assert "colour" in refused.stderr


def test_damaged_files_are_said_or_set_aside(tmp_path: Path) -> None:
    (tmp_path / "studio.db").write_bytes(b"no database at all" * 500)
    refused = run("serve", "--data", str(tmp_path), "--port", "0")
    assert refused.returncode == 1
    assert "damaged" in refused.stderr
    assert "Traceback" not in refused.stderr
    (tmp_path / "studio.db").unlink()
    studio = StudioProcess(tmp_path)
    studio.start()
    studio.stop()
    (tmp_path / "workflows.db").write_bytes(b"no database at all" * 500)
    studio.start()
    studio.stop()
    assert (tmp_path / "workflows.damaged").exists()


def test_the_doctor_s_report_tells_requests_without_the_key(data: Path) -> None:
    key = "sk-made-up-for-this-test"
    with Sora2Double(api_key=key) as double:
        told = run(
            *("doctor", "--data", str(data), "--report"),
            SORA2_BASE_URL=double.base_url,
            SORA2_API_KEY=key,
            SORA2_MODEL="double-1",
        )
        wrong = run(
            *("doctor", "--data", str(data)),
            SORA2_BASE_URL=f"{double.base_url}/foo",
            SORA2_API_KEY=key,
            SORA2_MODEL="double-1",
        )
    assert told.returncode == 0, told.stdout
    assert "GET /v1/models\n" in told.stdout
    assert "authorization: [key]" in told.stdout
    assert "< HTTP 200" in told.stdout
    assert "made-up" not in told.stdout + told.stderr
    assert (wrong.returncode, "< HTTP" in wrong.stdout) == (1, False)
    assert "The path of the base URL is wrong" in wrong.stdout
