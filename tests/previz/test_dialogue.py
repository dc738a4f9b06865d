"""What counts as speech."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortdrama.previz.dialogue import find_lines, strip_lines


@pytest.mark.parametrize(
    ("prompt", "lines"),
    [
        ('Mei: "You came back."', ["You came back."]),
        ("Mei: “You came back.” Li: “Always.”", ["You came back.", "Always."]),
        ("她说「你回来了」,他答『嗯』", ["你回来了", "嗯"]),
        ("She says ‘I know.’ and leaves", ["I know."]),
        ("She says 'I don't know you.' and leaves", ["I don't know you."]),
        ("Mei's hat and the boys' game, rock 'n' roll", []),
        ('a 6" pipe and an 8" pipe', []),
        ('She says "', []),
        ('"" and “ ” and "..."', []),
        ('"two\n  lines"', ["two lines"]),
        ("nothing said", []),
    ],
)
def test_lines(prompt: str, lines: list[str]) -> None:
    assert find_lines(prompt) == lines


def test_stage_directions_lose_the_lines() -> None:
    assert "sea" not in strip_lines("Kitchen. “I miss the sea.” Push in.")
    assert "Push in" in strip_lines("Kitchen. “I miss the sea.” Push in.")
    assert strip_lines("“Only words.”") == "“Only words.”"


@given(st.text(max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_text_is_taken(text: str) -> None:
    find_lines(text)
    strip_lines(text)


@pytest.mark.parametrize("text", ['"' * 32_000, "'" * 32_000, "“" * 32_000, "a 'b" * 8_000])
def test_hostile_text_takes_no_time(text: str) -> None:
    import time

    start = time.perf_counter()
    find_lines(text)
    assert time.perf_counter() - start < 2
