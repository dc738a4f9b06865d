"""Log lines know which take they are about."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from shortdrama.logs import JsonLines, about_take

pytestmark = pytest.mark.anyio


def line() -> dict[str, str]:
    record = logging.LogRecord("shortdrama.x", logging.INFO, "", 0, "took %s", ("4 s",), None)
    found: dict[str, str] = json.loads(JsonLines().format(record))
    return found


async def test_the_take_is_known_in_threads_too() -> None:
    with about_take("t1"):
        assert (await asyncio.to_thread(line))["take_id"] == "t1"
    assert "take_id" not in line()
    assert line()["message"] == "took 4 s"


async def test_takes_side_by_side_keep_their_own_lines() -> None:
    async def work(take_id: str) -> str:
        with about_take(take_id):
            await asyncio.sleep(0)
            return line()["take_id"]

    assert await asyncio.gather(work("a"), work("b")) == ["a", "b"]


def test_an_error_is_told_whole() -> None:
    try:
        raise ValueError("no such thing")
    except ValueError as error:
        trouble = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "broke", (), trouble)
    told = json.loads(JsonLines().format(record))
    assert told["error"] == "ValueError"
    assert "no such thing" in told["trace"]
