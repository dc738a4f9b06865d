"""A provider in a package of somebody else: installed, connected, and a take made with it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from doubles.serving import Serving
from doubles.trouble import clip_answer
from e2e.studio_process import StudioProcess
from shortdrama.cli.doctor import provider_packages
from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import Connection, KeySource
from shortdrama.errors import InvalidInput, ProviderError, SubmissionUncertain
from shortdrama.generation.ports import JobPhase, ProviderJob, Submission
from shortdrama.providers.capabilities import CapabilityTable
from shortdrama.providers.guard import open_provider
from shortdrama.providers.kind import Access, OpenProvider, ProviderKind
from shortdrama.providers.kinds import GROUP, ProviderKinds
from web.test_whole_studio import png_bytes, upload, wait_until_over

EXAMPLE = Path(__file__).parents[1] / "samples" / "example_provider"
KEY = "lantern-key-5d1e07"
ORDER: dict[str, Any] = {
    "prompt": "Mei at the window. Hold.",
    "model": "lantern-1",
    "seconds": 1,
    "size": "720x1280",
    "extra": {"seed": 7},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, installed by pip without a network into a folder of its own."""
    folder = tmp_path_factory.mktemp("package")
    source, target = folder / "source", folder / "site"
    shutil.copytree(EXAMPLE, source)  # building writes beside the sources
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"),
            *("--no-build-isolation", "--disable-pip-version-check"),
            *("--target", str(target), str(source)),
        ],
        check=True,
    )
    return target


def add_package(site: Path, name: str, code: str, leads_to: str = "KIND") -> None:
    """What an installed package is to the studio: a module, and a dist-info with an entry point."""
    (site / f"{name}.py").write_text(code)
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {name}:{leads_to}\n")


# The whole way


class LanternDouble:
    """The vendor that the example speaks to: each poll moves a job on."""

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any]] = []
        self.polls = 0
        self.keys: set[str] = set()
        routes = [
            Route("/jobs", self._submit, methods=["POST"]),
            Route("/jobs/{job}", self._poll, methods=["GET"]),
            Route("/account", self._account, methods=["GET"]),
            Route("/clips/{job}", self._clip, methods=["GET"]),
        ]
        self.app = Starlette(routes=routes)

    async def _submit(self, request: Request) -> Response:
        self.keys.add(request.headers["authorization"])
        self.jobs.append(json.loads(await request.body()))
        return JSONResponse({"job": f"l-{len(self.jobs)}", "state": "waiting"}, 201)

    async def _poll(self, request: Request) -> Response:
        self.polls += 1
        job = request.path_params["job"]
        word = ("waiting", "drawing", "lit")[min(self.polls, 3) - 1]
        clip = {"clip": f"/clips/{job}"} if word == "lit" else {}
        return JSONResponse({"job": job, "state": word, "percent": 40 * self.polls, **clip})

    async def _account(self, request: Request) -> Response:
        self.keys.add(request.headers["authorization"])
        return JSONResponse({"name": "studio"})

    async def _clip(self, request: Request) -> Response:
        return await clip_answer(request, 1)


@pytest.fixture
def lantern() -> Iterator[tuple[LanternDouble, str]]:
    double = LanternDouble()
    with Serving(double.app) as server:
        yield double, server.url


def test_an_installed_package_makes_a_take(
    site: Path,
    lantern: tuple[LanternDouble, str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    double, url = lantern
    broken = tmp_path / "broken"
    broken.mkdir()
    add_package(broken, "dim_provider", "raise RuntimeError('out of oil')")
    studio = StudioProcess(tmp_path / "data", PYTHONPATH=f"{site}:{broken}")
    studio.start()  # in spite of the one that cannot be loaded
    try:
        with httpx.Client(base_url=studio.url, trust_env=False, timeout=60) as api:
            connection = connect(api, url)
            model = next(m for m in api.get("/api/models").json() if m["model"] == "lantern-1")
            assert model["label"] == "Lantern 1"
            assert model["connection_id"] == connection["id"]
            rows = api.post(f"/api/connections/{connection['id']}/check").json()
            assert all(row["passed"] is not False for row in rows), rows
            take = make_take(api)
        assert take["status"] == "ready", take["error"]
        assert (take["estimate_micro_usd"], take["duration_ms"]) == (20_000, 1000)
        assert len(double.jobs) == 1
        sent = double.jobs[0]
        assert sent.pop("begins_with").startswith("data:image/png;base64,")
        assert sent == {
            "model": "lantern-1",
            "text": ORDER["prompt"],
            "length": 1,
            "shape": "9:16",
            "seed": 7,
        }
        assert double.keys == {f"Bearer {KEY}"}
    finally:
        studio.stop()
    written = "".join(capfd.readouterr())
    assert "dim_provider" in written
    assert "out of oil" in written
    need_told_of_removal(studio, take)


def connect(api: httpx.Client, url: str) -> dict[str, Any]:
    wish = {
        "name": "Lantern",
        "base_url": url,
        "protocol": "lantern",
        "models": ["lantern-1"],
        "key": KEY,
    }
    answer = api.post("/api/connections", json=wish)
    assert answer.status_code == 201, answer.text
    assert KEY not in answer.text
    made: dict[str, Any] = answer.json()
    return made


def make_take(api: httpx.Client) -> dict[str, Any]:
    picture = upload(api, png_bytes(720, 1280), "Mei.png")
    answer = api.post("/api/takes", json={**ORDER, "references": [picture["id"]]})
    assert answer.status_code == 202, answer.text
    return wait_until_over(api, answer.json()["id"])


def need_told_of_removal(studio: StudioProcess, take: dict[str, Any]) -> None:
    """Without its package the studio starts, shows its takes, and says what is missing."""
    studio.start(PYTHONPATH="")
    try:
        with httpx.Client(base_url=studio.url, trust_env=False, timeout=60) as api:
            assert api.get(take["video_url"]).status_code == 200
            connection = api.get("/api/connections").json()[0]
            rows = api.post(f"/api/connections/{connection['id']}/check").json()
        assert "Was its package removed?" in rows[-1]["says"]
    finally:
        studio.stop()


# What is left out, and why


@pytest.fixture
def strange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "strange"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


_USES = "from shortdrama.providers.kind import ProviderKind\n"


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        ("strange_missing", "import a_module_that_is_not_there", "a_module_that_is_not_there"),
        ("strange_exit", "import sys; sys.exit(3)", "SystemExit: 3"),
        ("strange_nothing", "OTHER = 1", "KIND"),
        ("strange_type", "KIND = 'lantern'", "str, not to a ProviderKind"),
        (
            "strange_taken",
            f"{_USES}KIND = ProviderKind('videos', 'Mine', print)",
            "'videos' is there already",
        ),
        (
            "strange_table",
            f"{_USES}import pathlib\n"
            "KIND = ProviderKind('strange', 'S', print, capabilities=pathlib.Path('/no/where'))",
            "/no/where cannot be read",
        ),
    ],
)
def test_a_package_that_cannot_be_used_is_told_of_and_stops_nothing(
    strange: Path, caplog: pytest.LogCaptureFixture, name: str, code: str, reason: str
) -> None:
    add_package(strange, name, code)
    kinds = ProviderKinds()
    names = [kind.name for kind in kinds.all()]
    assert "videos" in names
    assert "strange" not in names
    assert [kind for kind in kinds.all() if kind.is_installed] == []
    broken = kinds.broken()
    assert [told.package for told in broken] == [f"{name} 1.0: {name}:KIND"]
    assert reason in broken[0].reason
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert name in caplog.text


def test_the_doctor_tells_of_packages(strange: Path) -> None:
    assert provider_packages() == []
    add_package(strange, "strange_exit", "import sys; sys.exit(3)")
    add_package(strange, "strange_good", f"{_USES}KIND = ProviderKind('good', 'Good', print)")
    assert provider_packages() == [
        ("Provider package", True, "Good"),
        ("Provider package", False, "strange_exit 1.0: strange_exit:KIND – SystemExit: 3"),
    ]


def test_a_package_may_bring_several_protocols(strange: Path) -> None:
    table = strange / "table.toml"
    table.write_text('[[model]]\nid = "b-1"\nlabel = "B One"\n')
    code = (
        f"{_USES}import pathlib\nKIND = (\n ProviderKind('strange-a', 'A', print),\n"
        f" ProviderKind('strange-b', 'B', print, capabilities=pathlib.Path({str(table)!r})),\n)"
    )
    add_package(strange, "strange_two", code)
    kinds = ProviderKinds()
    assert [kind.name for kind in kinds.all()][-2:] == ["strange-a", "strange-b"]
    assert kinds.get("strange-b").is_installed
    assert kinds.broken() == []
    known = CapabilityTable(None, kinds.capability_files()).capability_of("b-1")
    assert known.label == "B One"
    with pytest.raises(InvalidInput):
        kinds.get("strange-c")


# What breaks in it while it runs


class Clumsy:
    """Every call runs into a bug; the text of its error holds what no log may."""

    async def submit(self, submission: Any) -> Any:
        raise KeyError(KEY)

    async def poll(self, job_id: str) -> Any:
        return None

    async def fetch(self, job: Any, destination: Path, on_progress: Any) -> None:
        raise ZeroDivisionError

    async def cancel(self, job_id: str) -> Any:
        return "perhaps"

    async def find(self, submission: Any, since: Any) -> Any:
        return 7

    async def check(self) -> Any:
        raise RuntimeError(KEY)

    async def close(self) -> None:
        raise RuntimeError(KEY)


def opened(opens: Any, *, is_installed: bool = True) -> OpenProvider:
    kind = ProviderKind("clumsy", "Clumsy", opens, is_installed=is_installed)
    connection = Connection(
        id=ConnectionId("one"),
        name="One",
        base_url="http://127.0.0.1:9",
        protocol="clumsy",
        models=("m",),
        auth_header="Authorization",
        key_source=KeySource.KEYRING,
        created_at=datetime.now(UTC),
    )
    return open_provider(kind, Access(connection, KEY))


@pytest.mark.anyio
async def test_a_bug_in_a_package_costs_neither_a_take_nor_money(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = opened(lambda _access: Clumsy())
    asked = Submission("a cat", "m", 4, "720x1280")
    with pytest.raises(SubmissionUncertain, match="KeyError") as uncertain:
        await provider.submit(asked)
    job = ProviderJob("1", JobPhase.SUCCEEDED)
    for call in (
        lambda: provider.poll("1"),
        lambda: provider.fetch(job, tmp_path / "clip.mp4", lambda _done, _total: None),
        lambda: provider.find(asked, datetime.now(UTC)),
    ):
        with pytest.raises(ProviderError) as caught:
            await call()
        assert caught.value.is_transient
        assert not isinstance(caught.value, SubmissionUncertain)
    assert await provider.cancel("1") is False
    rows = await provider.check()
    assert not rows[0][1]
    await provider.close()
    assert KEY not in f"{uncertain.value} {uncertain.value.details} {rows} {caplog.text}"
    assert "in submit" in caplog.text


def test_a_package_that_cannot_open_says_so() -> None:
    def opens(_access: Access) -> OpenProvider:
        raise ZeroDivisionError

    with pytest.raises(ProviderError, match="Clumsy broke down") as caught:
        opened(opens)
    assert caught.value.details["not_sent"]


def test_what_is_shipped_goes_without_a_guard() -> None:
    assert isinstance(opened(lambda _access: Clumsy(), is_installed=False), Clumsy)
