"""`shortdrama generate`: where its take goes, what it tells, how it ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.test_commands import frames, run
from doubles.sora2_double import Sora2Double
from e2e.quick_studio import QuickStudio, run_quick_studio
from e2e.studio_process import StudioProcess

SHORT = ("--seconds", "1")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    made = StudioProcess(tmp_path_factory.mktemp("generate") / "data")
    made.start()
    yield made
    made.stop()


def generate(studio: StudioProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run("generate", *arguments, "--data", str(studio.data))


def ask(studio: StudioProcess, path: str) -> Any:
    return httpx.get(studio.url + path, trust_env=False).raise_for_status().json()


def test_each_take_is_a_new_shot_and_the_empty_first_one_is_used(studio: StudioProcess) -> None:
    for words in ("A tram", "A bus"):
        made = generate(studio, words, *SHORT)
        assert made.returncode == 0, made.stderr
    shots = ask(studio, "/api/shots")
    assert [(s["number"], s["prompt_text"], s["take_count"]) for s in shots] == [
        (1, "A tram", 1),
        (2, "A bus", 1),
    ]
    assert "Untitled project / 1 · Untitled episode / Shot 02" in made.stderr
    assert "Take 1: Ready" in made.stderr
    assert made.stdout.startswith(f"{studio.url}/media/")


def test_a_named_shot_gets_another_take_and_keeps_its_text(studio: StudioProcess) -> None:
    before = ask(studio, "/api/shots")
    made = generate(studio, "A tram at dawn", *SHORT, "--shot", "01", "--json")
    assert made.returncode == 0, made.stderr
    take = json.loads(made.stdout)
    assert (take["shot_id"], take["status"]) == (before[0]["id"], "ready")
    assert take["number"] == before[0]["take_count"] + 1
    assert f"Take {take['number']}: Queued" in made.stderr
    assert take == ask(studio, f"/api/takes/{take['id']}")
    after = ask(studio, "/api/shots")
    assert [s["prompt_text"] for s in after] == [s["prompt_text"] for s in before]


def test_a_project_is_found_by_its_title(studio: StudioProcess) -> None:
    project = ask(studio, "/api/projects")[0]
    title = f"/api/projects/{project['id']}/title"
    httpx.put(studio.url + title, json={"title": "The Lighthouse"}, trust_env=False)
    count = len(ask(studio, "/api/shots"))
    made = generate(studio, "Waves", *SHORT, "--project", "the lighthouse")
    assert made.returncode == 0, made.stderr
    assert "The Lighthouse / 1" in made.stderr
    assert len(ask(studio, "/api/shots")) == count + 1
    refused = generate(studio, "Waves", *SHORT, "--project", "The Mill")
    assert refused.returncode == 2
    assert "There is no project The Mill. There are: The Lighthouse." in refused.stderr


def test_cost_and_time_are_told_before_it_begins(studio: StudioProcess) -> None:
    made = generate(studio, "A lamp", *SHORT)
    lines = made.stderr.splitlines()
    begins = next(i for i, line in enumerate(lines) if line.startswith("Take"))
    plan = lines[begins - 1]
    assert plan.startswith("previz-1 · 1 s · 720 × 1280 · free · about ")


def test_a_wrong_call_leaves_no_shot_behind(studio: StudioProcess) -> None:
    before = ask(studio, "/api/shots")
    refused = generate(studio, "A tram", "--seconds", "7000")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert ask(studio, "/api/shots") == before
    assert run("generate", "A tram", "--colour").returncode == 2


def test_the_studio_s_own_file_is_named_where_no_studio_runs(tmp_path: Path) -> None:
    made = run("generate", "A tram", *SHORT, "--data", str(tmp_path / "data"))
    assert made.returncode == 0, made.stderr
    path = Path(made.stdout.strip())
    assert path.is_relative_to(tmp_path / "data" / "blobs")
    assert frames(path) == 30


def test_a_folder_gets_a_speaking_name(studio: StudioProcess, tmp_path: Path) -> None:
    made = generate(studio, "A tram", *SHORT, "--shot", "1", "-o", str(tmp_path))
    assert made.returncode == 0, made.stderr
    assert [path.name.partition("-take-")[0] for path in tmp_path.iterdir()] == ["shot-01"]
    assert made.stdout.strip() == str(next(tmp_path.iterdir()))


def provided(double: Sora2Double) -> dict[str, str]:
    return {
        "SORA2_BASE_URL": double.base_url,
        "SORA2_API_KEY": "made-up-for-this-test",
        "SORA2_MODEL": "double-1",
    }


def test_a_failed_take_ends_with_1_and_an_unknown_end_with_3(tmp_path: Path) -> None:
    call = ("generate", "--model", "double-1", "--data", str(tmp_path / "data"))
    with Sora2Double(has_list=False) as double:
        double.script("Refused", submit="400")
        failed = run(*call, "Refused", **provided(double))
        double.script("Lost", submit="drop_after_accept")
        lost = run(*call, "Lost", "--json", **provided(double))
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "Traceback" not in failed.stderr
    assert lost.returncode == 3, lost.stderr
    assert json.loads(lost.stdout)["status"] == "uncertain"
    assert "Nothing is sent again by itself" in lost.stderr


def test_of_several_connections_one_has_to_be_named(studio: StudioProcess) -> None:
    """Each is paid by somebody."""
    with Sora2Double(api_key="sk-a") as first, Sora2Double(api_key="sk-b") as second:
        homes = {}
        for name, double, key in (("First", first, "sk-a"), ("Second", second, "sk-b")):
            form = {"name": name, "base_url": double.base_url, "models": ["wan-3.0"], "key": key}
            answer = httpx.post(f"{studio.url}/api/connections", json=form, trust_env=False)
            homes[name] = answer.raise_for_status().json()["id"]
        before = ask(studio, "/api/shots")
        refused = generate(studio, "A ship", "--model", "wan-3.0", "--json")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "wan-3.0. Say which one with --connection: First, Second." in refused.stderr
        assert ask(studio, "/api/shots") == before
        made = generate(studio, "A ship", "--model", "wan-3.0", "--connection", "second", "--json")
        for home in homes.values():
            httpx.delete(f"{studio.url}/api/connections/{home}", trust_env=False)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["connection_id"] == homes["Second"]
    assert "wan-3.0 (Second) · 4 s" in made.stderr
    assert (first.submits(), second.submits()) == (0, 1)


def test_ctrl_c_says_what_happens_to_the_take(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    command = [sys.executable, "-m", "shortdrama", "generate", "A tram", "--seconds", "60"]
    child = subprocess.Popen(
        [*command, "--data", data], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert child.stderr is not None
    for line in child.stderr:
        if "Generating" in line:
            break
    os.killpg(child.pid, signal.SIGINT)
    _out, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert said.startswith("Stopped. The take is kept: it goes on when the studio is opened again")
    studio = StudioProcess(Path(data))
    studio.start()
    try:
        take = ask(studio, "/api/takes")[0]
        assert take["status"] in {"queued", "submitting", "generating"}
    finally:
        studio.stop()


def test_a_terminal_gets_a_bar(studio: StudioProcess) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "shortdrama", "generate", "A tram", *SHORT]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LC_ALL": "C.UTF-8"}
    child = subprocess.Popen(
        [*command, "--data", str(studio.data)],
        stderr=theirs,
        stdout=subprocess.DEVNULL,
        env=environment,
    )
    os.close(theirs)
    told = _read_all(ours).decode()
    assert child.wait(timeout=60) == 0
    assert "━" in told
    assert "100 %" in told


def _read_all(descriptor: int) -> bytes:
    got = b""
    try:
        while part := os.read(descriptor, 4096):
            got += part
    except OSError:  # Linux says so at the end of a terminal
        pass
    os.close(descriptor)
    return got


def test_it_speaks_the_language_of_the_terminal(studio: StudioProcess) -> None:
    call = ("generate", "A tram", "--data", str(studio.data))
    refused = run(*call, "--seconds", "7000", LANG="zh_CN.UTF-8")
    assert refused.stderr == "shortdrama: 一条的时长为 1 到 600 秒。\n"
    refused = run(*call, "--reference", "/nowhere", LANG="zh_CN.UTF-8", LC_ALL="C.UTF-8")
    assert refused.stderr == "shortdrama: There is no file /nowhere.\n"
    made = run(*call, *SHORT, LANG="zh_CN.UTF-8")
    assert "生成中" in made.stderr or "排队中" in made.stderr


def test_a_studio_that_asks_who_you_are_says_how_to_tell_it(tmp_path: Path) -> None:
    studio = StudioProcess(tmp_path / "data", SHORTDRAMA_PASSWORD="a long sentence")
    studio.start()
    call = ("generate", "A tram", *SHORT, "--data", str(studio.data))
    try:
        stranger = run(*call)
        wrong = run(*call, SHORTDRAMA_PASSWORD="another one")
        known = run(*call, SHORTDRAMA_PASSWORD="a long sentence")
    finally:
        studio.stop()
    assert (stranger.returncode, wrong.returncode) == (2, 2)
    assert "Set SHORTDRAMA_USER and SHORTDRAMA_PASSWORD to your name" in stranger.stderr
    assert "Check SHORTDRAMA_PASSWORD and SHORTDRAMA_USER" in wrong.stderr
    assert known.returncode == 0, known.stderr


@pytest.fixture(scope="module")
def dear_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickStudio]:
    """Asks above ten cents; its provider's takes cost forty."""
    with run_quick_studio(tmp_path_factory.mktemp("dear") / "data") as studio:
        rules = {"ask_above_micro_usd": 100_000, "allows_unknown_prices": False}
        httpx.put(f"{studio.url}/api/caps/rules", json=rules).raise_for_status()
        yield studio


def test_a_dear_take_needs_a_yes(dear_studio: QuickStudio) -> None:
    refused = generate(dear_studio.process, "A dear tram", "--model", "sora-2")
    assert refused.returncode == 2
    assert "This may cost $0.40, more than the $0.10 above which the studio" in refused.stderr
    assert "Say --yes to agree." in refused.stderr
    made = generate(dear_studio.process, "A dear tram", "--model", "sora-2", "--yes", "--json")
    assert made.returncode == 0, made.stderr
    cost = json.loads(made.stdout)["cost"]
    assert (cost["micro_usd"], cost["money"]) == (400_000, "charged")
    assert len(ask(dear_studio.process, "/api/takes")) == 1


def test_a_cap_is_a_plain_sentence(dear_studio: QuickStudio) -> None:
    cap = {"scope": "day", "micro_usd": 500_000}
    httpx.put(f"{dear_studio.url}/api/caps", json=cap).raise_for_status()
    refused = generate(dear_studio.process, "One more", "--model", "sora-2", "--yes")
    assert refused.returncode == 2
    assert "This would pass today’s cap of $0.50: $0.40 is spent or reserved" in refused.stderr
