"""The sample episode beside what people make in it."""

from __future__ import annotations

from pathlib import Path

import httpx

from e2e.quick_studio import run_quick_studio
from looks import look_until


def test_stopping_the_sample_leaves_a_paid_take_alone(tmp_path: Path) -> None:
    with (
        run_quick_studio(tmp_path / "data") as studio,
        httpx.Client(base_url=studio.url, timeout=30, trust_env=False) as client,
    ):
        place = client.post("/panels/sample").headers["location"]
        shot = place.partition("shot=")[2]
        paid = studio.take(shot, "Mei, and it costs", "generating", takes_s=600)

        client.post(f"/panels/sample/stop?shot={shot}").raise_for_status()
        drawn = next(take for take in studio.takes(shot) if take["id"] != paid["id"])
        assert drawn["status"] in {"cancelled", "cancelling", "ready"}
        assert client.get(f"/api/takes/{paid['id']}").json()["status"] == "generating"
        strip = f"/panels/filmstrip?shot={shot}"
        look_until(lambda: client.get(strip).text, lambda text: "of 8 shots" not in text)
