"""What machines ask."""

from __future__ import annotations

import httpx
import pytest

from shortdrama import metrics
from shortdrama.web.health import MetricsDoor, health_alone, health_routes

pytestmark = pytest.mark.anyio


class Said:
    """A health that says what it is told."""

    def __init__(self, **troubles: str) -> None:
        self._troubles = troubles

    def troubles(self) -> dict[str, str]:
        return self._troubles

    def figures(self) -> str:
        gauge = {("takes", "Takes."): {(("status", 'a"b'),): 2.0}}
        return metrics.exposition(gauge)


def asking(app: object) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


async def test_a_process_that_cannot_work_is_not_ready_and_still_alive() -> None:
    async with asking(health_alone(Said(files="no answer yet"), "")) as client:
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["files"]) == (503, "no answer yet")
        assert (await client.get("/healthz")).text == "ok"


async def test_the_token_opens_the_figures_and_nothing_else() -> None:
    async with asking(health_alone(Said(), "secret")) as client:
        assert (await client.get("/metrics")).status_code == 401
        wrong = await client.get("/metrics", headers={"Authorization": "Bearer other"})
        assert wrong.status_code == 401
        right = await client.get("/metrics", headers={"Authorization": "bearer secret"})
        assert right.status_code == 200
        assert right.headers["content-type"].startswith("text/plain; version=0.0.4")


async def test_a_worker_without_a_secret_keeps_its_figures_to_itself() -> None:
    async with asking(health_alone(Said(), "")) as client:
        for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}):
            refused = await client.get("/metrics", headers=headers)
            assert refused.status_code == 401
        assert "SHORTDRAMA_METRICS_TOKEN" in refused.text
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200


async def test_figures_have_the_form_that_prometheus_reads() -> None:
    waited = metrics.Histogram("test_wait_seconds", "Waiting.", (1, 5))
    for seconds in (0.5, 1.0, 3.0, 9.0):
        waited.observe(seconds)
    metrics._all.remove(waited)
    assert list(waited.lines()) == [
        "# HELP test_wait_seconds Waiting.",
        "# TYPE test_wait_seconds histogram",
        'test_wait_seconds_bucket{le="1"} 2',
        'test_wait_seconds_bucket{le="5"} 3',
        'test_wait_seconds_bucket{le="+Inf"} 4',
        "test_wait_seconds_sum 13.5",
        "test_wait_seconds_count 4",
    ]
    assert r'takes{status="a\"b"} 2' in Said().figures()


async def test_the_door_for_figures_is_for_figures() -> None:
    reached: list[str] = []

    async def usual(scope: object, receive: object, send: object) -> None:
        reached.append("usual")

    async def inner(scope: object, receive: object, send: object) -> None:
        reached.append("inner")

    door = MetricsDoor(usual, inner, "secret")
    headers = [(b"authorization", b"Bearer secret")]
    for path in ("/metrics", "/settings"):
        scope = {"type": "http", "path": path, "headers": headers}
        await door(scope, None, None)  # type: ignore[arg-type]
    assert reached == ["inner", "usual"]
    assert [route.path for route in health_routes(Said())] == ["/healthz", "/readyz", "/metrics"]
