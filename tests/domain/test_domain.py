"""Rules that hold without any I/O."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shortdrama.domain.ids import is_id, new_id
from shortdrama.domain.prompt import MAX_CHARS, clean_prompt
from shortdrama.domain.take import ACTIVE, MOVES, TERMINAL, TakeStatus, may_move
from shortdrama.errors import InvalidInput


def test_ids_sort_by_time_and_never_repeat() -> None:
    ids = [new_id() for _ in range(500)]
    assert len(set(ids)) == 500
    assert all(map(is_id, ids))
    assert ids == sorted(ids)
    assert {i[12] for i in ids} == {"7"}
    assert {i[16] for i in ids} <= set("89ab")


def test_no_terminal_state_is_ever_left() -> None:
    for status in TERMINAL:
        assert MOVES[status] == frozenset()


def test_every_active_state_leads_to_an_end() -> None:
    def reach(status: TakeStatus) -> set[TakeStatus]:
        seen: set[TakeStatus] = set()
        todo = [status]
        while todo:
            current = todo.pop()
            if current not in seen:
                seen.add(current)
                todo += MOVES[current]
        return seen

    for status in ACTIVE:
        assert TakeStatus.CANCELLED in reach(status)
        assert TakeStatus.FAILED in reach(status)
        assert TakeStatus.READY in reach(status)


def test_a_submitted_take_is_never_silently_back_in_the_queue() -> None:
    assert not may_move(TakeStatus.GENERATING, TakeStatus.SUBMITTING)
    assert not may_move(TakeStatus.DOWNLOADING, TakeStatus.SUBMITTING)


@given(st.text(max_size=300))
def test_a_cleaned_prompt_is_plain_text(text: str) -> None:
    try:
        cleaned = clean_prompt(text)
    except InvalidInput:
        return
    assert cleaned == cleaned.strip()
    assert not any(ord(c) < 32 and c not in "\n\t" for c in cleaned)
    assert clean_prompt(cleaned) == cleaned
    cleaned.encode()


def test_a_prompt_reads_as_it_is_written() -> None:
    turns = "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
    assert clean_prompt(f"a \u202egnip{turns}\u202c cat") == "a gnip cat"
    # Marks that Hebrew and Arabic are written with stay, and so do joined emoji.
    assert clean_prompt("שלום\u200f! 👩\u200d🚀") == "שלום\u200f! 👩\u200d🚀"
    with pytest.raises(InvalidInput, match="Write a prompt first"):
        clean_prompt(f"  {turns} ")


def test_a_prompt_is_bounded_and_said_so() -> None:
    clean_prompt("x" * MAX_CHARS)
    with pytest.raises(InvalidInput, match="32001 characters; 32000 are allowed"):
        clean_prompt("x" * (MAX_CHARS + 1))
    with pytest.raises(InvalidInput, match="Write a prompt first"):
        clean_prompt(" \x00\x1b\n")
