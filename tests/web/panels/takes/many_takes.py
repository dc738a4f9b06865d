"""A shot of many takes without the time to make them: copies of one, in a stopped studio's rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from looks import look_until
from shortdrama.domain.ids import new_id

WAIT_S = 60


def a_ready_take(client: httpx.Client) -> dict[str, Any]:
    """A clip of the built-in engine."""
    order = {"prompt": "A tram", "model": "previz-1", "seconds": 2, "size": "720x1280"}
    take = client.post("/api/takes", json=order | {"references": []}).raise_for_status().json()
    ask = partial(client.get, f"/api/takes/{take['id']}")
    told = look_until(ask, lambda told: told.json()["status"] == "ready", WAIT_S)
    return dict(told.json())


def clone_takes(data: Path, take_id: str, total: int) -> None:
    """So that its shot has `total` of them, numbered from 1; the given one stays the first."""
    with closing(sqlite3.connect(data / "studio.db")) as rows, rows:
        columns = [row[1] for row in rows.execute("PRAGMA table_info(takes)")]
        own = {"id", "number", "idempotency_key"}
        kept = ", ".join(f'"{name}"' for name in columns if name not in own)
        statement = (
            f"INSERT INTO takes (id, number, idempotency_key, {kept}) "  # noqa: S608 - names of columns
            f"SELECT ?1, ?2, ?1, {kept} FROM takes WHERE id = ?3"
        )
        rows.executemany(statement, [(new_id(), n, take_id) for n in range(2, total + 1)])
