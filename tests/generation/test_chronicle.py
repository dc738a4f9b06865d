"""A take's whole life can be read from the log by its id, and the log holds nothing secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import KEY, TakeStudio
from shortdrama.domain.take import TakeStatus
from shortdrama.logs import JsonLines


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))

    def of(self, take_id: str) -> list[dict[str, object]]:
        lines = [json.loads(text) for text in self.texts]
        return [line for line in lines if line.get("take_id") == take_id and "event" in line]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything that anybody logs, from the lowest level on."""
    root, handler = logging.getLogger(), Lines()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.setLevel(level)
    root.removeHandler(handler)


def test_each_change_is_a_line(studio: TakeStudio, lines: Lines) -> None:
    take = studio.wait_for(studio.order("told step by step").id)
    told = lines.of(take.id)
    statuses = [line["event"] for line in told if line["event"] in set(TakeStatus)]
    assert list(dict.fromkeys(statuses)) == [
        *("queued", "submitting", "generating", "downloading", "ready"),
    ]
    (closed,) = [line for line in told if line["event"] == "attempt closed"]
    assert (closed["outcome"], closed["attempt"]) == ("accepted", 1)
    assert closed["job"] == take.provider_job_id == told[-1]["job"]
    assert told[-1]["connection"] == take.request.connection_id
    assert {line["level"] for line in told} == {"info"}


def test_what_goes_wrong_is_a_line(double: Sora2Double, studio: TakeStudio, lines: Lines) -> None:
    double.script("busy at first", submit=["429", "ok"], poll=["500", "queued", "completed"])
    double.script("its clip is cut", content=["truncated", "ok"])
    double.script("its answer is lost", submit="drop_after_accept")
    busy = studio.wait_for(studio.order("busy at first").id)
    cut = studio.wait_for(studio.order("its clip is cut").id)
    lost = studio.wait_for(studio.order("its answer is lost").id)
    refused = next(line for line in lines.of(busy.id) if line["event"] == "not taken")
    assert (refused["kind"], refused["http_status"]) == ("rate_limited", 429)
    missed = next(line for line in lines.of(busy.id) if line["event"] == "no answer about the job")
    assert missed["http_status"] == 500
    broke = next(line for line in lines.of(cut.id) if line["event"] == "download broke")
    assert (broke["level"], broke["tries"]) == ("warning", 1)
    gone = next(line for line in lines.of(lost.id) if line["event"] == "answer lost")
    assert gone["level"] == "warning"


def test_not_even_the_lowest_level_tells_keys_headers_or_prompts(
    double: Sora2Double, studio: TakeStudio, lines: Lines
) -> None:
    prompt = "a prompt that nobody else needs to read"
    double.script(prompt, content="redirect")
    take = studio.wait_for(studio.order(prompt).id)
    assert take.status is TakeStatus.READY
    whole = "\n".join(lines.texts)
    assert lines.of(take.id)
    assert KEY not in whole
    assert prompt not in whole
    assert "httpcore" not in whole
    assert "Location" not in whole
